/** @file CSV and TSV as RFC 4180 describes them: quoted fields may hold delimiters, line ends and doubled quotes. */
import { DataError } from '../../util/errors.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { Table, type ColumnType } from '../table.ts'
import { decodeUtf8, FormatError, Skips, type OnError } from './error.ts'

export interface CsvOptions extends OnError {
  /** Between fields; a comma. */
  delimiter?: string
  /** What stands before the decimals of a number: a point, or a comma as in '3,5'. */
  decimal?: '.' | ','
  /** Whether the first line names the columns (true), or the names. Without, columns are called '0', '1', … */
  header?: boolean | readonly string[]
  /** What stands for a missing value: '', NA, N/A, NaN, nan, null and ? unless it is given. */
  missing?: readonly string[]
  /** Types of columns that are not to be found out: a post code of digits is a 'string'. */
  types?: Readonly<Record<string, ColumnType>>
  /** What the file is called in messages. */
  file?: string
}
export const csvOptions: Names<CsvOptions> = {
  delimiter: true, decimal: true, header: true, missing: true, types: true, file: true, onError: true,
}

interface Row { readonly fields: string[]; readonly at: number; readonly line: number }

/** Records of a text, one after the other. */
class Records {
  readonly #text: string
  readonly #delimiter: string
  readonly #file: string
  readonly #skips: Skips
  /** Bytes of a byte order mark. */
  readonly #mark: number
  #counted = { at: 0, bytes: 0 }
  #at = 0
  #line = 1

  constructor(text: string, delimiter: string, file: string, skips: Skips) {
    this.#mark = text.startsWith('\uFEFF') ? 3 : 0
    this.#text = this.#mark ? text.slice(1) : text
    this.#delimiter = delimiter
    this.#file = file
    this.#skips = skips
  }

  /** The next record that can be read; null at the end. */
  next(): Row | null {
    while (this.#at < this.#text.length) {
      const [at, line] = [this.#at, this.#line]
      const fields = this.#record()
      // an empty line is no record
      if (fields && (fields.length > 1 || fields[0] !== '')) return { fields, at, line }
    }
    return null
  }
  error(at: number, line: number, message: string): FormatError {
    const offset = this.#mark + this.#bytesBefore(at)
    return new FormatError(this.#file, offset, message, { where: `line ${line} (byte ${offset})` })
  }

  /** The bytes of the text before a place; what was counted for an earlier one is not counted again. */
  #bytesBefore(at: number): number {
    if (at < this.#counted.at) this.#counted = { at: 0, bytes: 0 }
    const more = new TextEncoder().encode(this.#text.slice(this.#counted.at, at)).length
    this.#counted = { at, bytes: this.#counted.bytes + more }
    return this.#counted.bytes
  }

  /** Fields up to the end of the line; null: they were wrong and are skipped. */
  #record(): string[] | null {
    const [text, start, line] = [this.#text, this.#at, this.#line]
    const fields: string[] = []
    for (;;) {
      let field = ''
      if (text[this.#at] === '"') {
        const quoted = this.#quoted()
        if (quoted === null) return this.#skipLine(start, line, this.#at, 'a quoted field that begins here has no end')
        field = quoted
        const next = text[this.#at]
        if (next !== undefined && next !== this.#delimiter && next !== '\n' && next !== '\r')
          return this.#skipLine(
            start,
            line,
            this.#at,
            `after a closing quote stands ${JSON.stringify(next)}; quotes in a quoted field are doubled`,
          )
      } else {
        field = this.#bare()
      }
      fields.push(field)
      if (text[this.#at] !== this.#delimiter) break
      this.#at++
    }
    this.#endLine()
    return fields
  }
  #bare(): string {
    const [text, from] = [this.#text, this.#at]
    let to = from
    for (; to < text.length; to++) {
      const c = text[to]
      if (c === this.#delimiter || c === '\n' || c === '\r') break
    }
    this.#at = to
    return text.slice(from, to)
  }
  /** The text between quotes; null, and stays where it is, if they do not close. */
  #quoted(): string | null {
    const text = this.#text
    let [out, from] = ['', this.#at + 1]
    for (;;) {
      const quote = text.indexOf('"', from)
      if (quote < 0) return null
      out += text.slice(from, quote)
      if (text[quote + 1] !== '"') {
        for (let i = text.indexOf('\n', this.#at); i >= 0 && i < quote; i = text.indexOf('\n', i + 1)) this.#line++
        this.#at = quote + 1
        return out
      }
      out += '"'
      from = quote + 2
    }
  }
  #endLine(): void {
    if (this.#text[this.#at] === '\r') this.#at++
    if (this.#text[this.#at] === '\n') this.#at++
    this.#line++
  }
  /** Goes on at the line after the one where a record began. */
  #skipLine(start: number, line: number, at: number, message: string): null {
    this.#skips.add(this.error(at, this.#line, message))
    const end = /[\r\n]/g
    end.lastIndex = start
    const found = end.exec(this.#text)
    this.#at = found ? found.index : this.#text.length
    this.#line = line
    this.#endLine()
    return null
  }
}

/**
 * A table of a CSV text. A column whose values are all numbers, true or false (or missing) is one of numbers, with 1
 * for true, 0 for false and NaN where they are missing; any other is of strings, with null.
 * @throws FormatError naming line and byte, unless `onError` is 'skip'
 * @throws DataError where each line has one field, and the same number of semicolons, tabs or bars
 * @example data.parseCsv('height,kind\n1.7,cat\n,dog').numbers('height')   // [1.7, NaN]
 */
export function parseCsv(source: string | Uint8Array, options: CsvOptions = {}): Table {
  checkOptions('parseCsv', options, csvOptions)
  const { delimiter = ',', decimal = '.', header = true, missing, types = {}, file = 'CSV' } = options
  if (decimal !== '.' && decimal !== ',')
    throw new DataError(`parseCsv: decimal is ${JSON.stringify(decimal)}: expected '.' or ','`)
  if (decimal === delimiter)
    throw new DataError(
      `parseCsv: ${JSON.stringify(decimal)} cannot stand between fields and before decimals: give delimiter too, as ';'`,
    )
  if (delimiter.length !== 1 || /["\r\n]/.test(delimiter))
    throw new DataError(
      `parseCsv: the delimiter is ${JSON.stringify(delimiter)}: expected one character, no quote or line end`,
    )
  const skips = new Skips(options.onError)
  const { text, damaged } = textOf(source, file, options.onError)
  const records = new Records(text, delimiter, file, skips)
  const first = header === true ? records.next() : null
  if (header === true && !first)
    throw new FormatError(file, 0, 'the file is empty: there is no line with the names of columns')
  let names = first?.fields ?? (Array.isArray(header) ? (header as readonly string[]) : null)
  const cells: string[][] = []
  for (let row = records.next(); row; row = records.next()) {
    names ??= row.fields.map((_, i) => String(i))
    if (row.fields.length !== names.length) {
      const other = options.delimiter === undefined ? otherDelimiter(names) : null
      const hint = other ? `; they hold ${JSON.stringify(other)}: if it is between fields, set delimiter` : ''
      skips.add(
        records.error(row.at, row.line, `${row.fields.length} fields, ${names.length} columns are named${hint}`),
      )
    } else if (damaged && row.fields.some(f => f.includes('\uFFFD'))) {
      skips.add(records.error(row.at, row.line, 'this is not UTF-8'))
    } else {
      cells.push(row.fields)
    }
  }
  if (!names) throw new FormatError(file, 0, 'the file is empty')
  if (options.delimiter === undefined && header === true) checkDelimiter(names, cells, file)
  return Table.fromCells(names, cells, { missing, types, decimal, file, skips })
}

/** What is usual between fields and stands in the names of the columns; null: none. */
const otherDelimiter = (names: readonly string[]): string | null =>
  [';', '\t', '|'].find(d => names.some(n => n.includes(d))) ?? null

/** @throws DataError where the one column holds as many of another delimiter in each line */
function checkDelimiter(
  [name, ...others]: readonly string[],
  cells: readonly (readonly string[])[],
  file: string,
): void {
  const other = others.length === 0 ? otherDelimiter([name]) : null
  if (other === null || cells.length === 0) return
  const count = name.split(other).length
  if (cells.some(([field]) => field.split(other).length !== count)) return
  throw new DataError(
    `${file}: with a comma between fields there is one column, '${name}', and each line holds ${JSON.stringify(other)}: ` +
      `set delimiter: ${JSON.stringify(other)}, or ',' if it is one column`,
  )
}

/** In a damaged text that is to be read nevertheless, U+FFFD stands for what is no UTF-8. */
function textOf(source: string | Uint8Array, file: string, onError?: string): { text: string; damaged: boolean } {
  if (typeof source === 'string') return { text: source, damaged: false }
  try {
    return { text: decodeUtf8(source, file), damaged: false }
  } catch (error) {
    if (onError !== 'skip') throw error
    return { text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(source), damaged: true }
  }
}
