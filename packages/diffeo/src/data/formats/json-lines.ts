/** @file JSON lines: a JSON value on each line. */
import { checkOptions } from '../../util/options.ts'
import { decodeUtf8, FormatError, Skips, type OnError } from './error.ts'

export interface JsonLinesOptions extends OnError {
  /** What the file is called in messages. */
  file?: string
}
export interface JsonLines<T> {
  readonly rows: T[]
  readonly skipped: readonly FormatError[]
  readonly skippedCount: number
}

/**
 * The values of the lines; empty lines are none.
 * @throws FormatError naming line and byte, unless `onError` is 'skip'
 * @example data.parseJsonLines('{"text": "hi", "label": 0}\n{"text": "no", "label": 1}\n').rows.length   // 2
 */
export function parseJsonLines<T = any>(source: string | Uint8Array, options: JsonLinesOptions = {}): JsonLines<T> {
  checkOptions('parseJsonLines', options, { file: true, onError: true })
  const { file = 'JSON lines' } = options
  const bytes = typeof source === 'string' ? new TextEncoder().encode(source) : source
  const skips = new Skips(options.onError)
  const rows: T[] = []
  let line = 0
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(10, from)
    const to = end < 0 ? bytes.length : end
    line++
    try {
      const text = decodeUtf8(bytes.subarray(from, to), file).trim()
      if (text !== '') rows.push(JSON.parse(text) as T)
    } catch (error) {
      const offset = from + (error instanceof FormatError ? error.offset : jsonOffset(error as Error))
      const message = error instanceof FormatError ? 'this is not UTF-8' : `no JSON: ${(error as Error).message}`
      skips.add(new FormatError(file, offset, message, { where: `line ${line} (byte ${offset})`, cause: error }))
    }
    from = to + 1
  }
  return { rows, skipped: skips.errors, skippedCount: skips.count }
}

/** Where the engine says that it is wrong; the beginning of the line, if it does not say. */
const jsonOffset = ({ message }: Error): number => Number(/position (\d+)/.exec(message)?.[1] ?? 0)
