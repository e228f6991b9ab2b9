import { fileSystem } from '../../io/file-system.ts'
import type { Callback, Training } from '../callback.ts'
import type { EpochRecord } from '../history.ts'

const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/**
 * Writes a line of comma-separated values an epoch; a resumed run goes on with its file. @example new
 * CSVLogger('log.csv')
 */
export class CSVLogger implements Callback {
  readonly path: string
  #columns: string[] | null = null
  constructor(path: string) { this.path = path }

  async onEpochEnd(_: Training, record: EpochRecord): Promise<void> {
    const files = fileSystem('CSVLogger')
    if (!this.#columns) {
      this.#columns = Object.keys(record)
      await files.writeWhole(this.path, [new TextEncoder().encode(`${this.#columns.map(quoted).join(',')}\n`)])
    }
    await files.append(this.path, `${this.#columns.map(c => record[c] ?? '').join(',')}\n`)
  }

  stateDict(): unknown { return this.#columns }
  loadStateDict(columns: string[]): void { this.#columns = columns }
}
