import { fileSystem, makeFolderOf } from '../../io/file-system.ts'
import type { Callback, Training } from '../callback.ts'

const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/**
 * Writes comma-separated values, a line an epoch: of the run as a whole, also where it was resumed. The file is
 * replaced after each epoch, so that it never ends in the middle of a line.
 * @example new CSVLogger('log.csv')
 */
export class CSVLogger implements Callback {
  readonly path: string
  constructor(path: string) { this.path = path }

  onTrainBegin(): Promise<void> { return makeFolderOf('CSVLogger', this.path) }
  async onEpochEnd({ history }: Training): Promise<void> {
    const columns = [...new Set(history.epochs.flatMap(record => Object.keys(record)))]
    const lines = history.epochs.map(record => columns.map(name => record[name] ?? '').join(','))
    const text = [columns.map(quoted).join(','), ...lines].map(line => `${line}\n`).join('')
    await fileSystem('CSVLogger').writeWhole(this.path, [new TextEncoder().encode(text)])
  }
}
