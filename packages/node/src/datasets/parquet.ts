/** @file Parquet files as tables, through hyparquet, which is loaded when it is needed. */
import { data, DataError } from 'diffeo'
import { readColumns } from './parquet-thread.ts'
import { readBytes } from './read.ts'
import { Thrift, type Struct, type Value } from './thrift.ts'

export interface ParquetOptions {
  /** The columns to be read; all. */
  columns?: readonly string[]
}

/**
 * How many bytes one can become, by the number of the packing: none, Snappy, gzip, LZO, Brotli, LZ4, Zstandard, LZ4.
 */
const growth = [1, 32, 1032, 256, 2 ** 16, 256, 2 ** 16, 256]
const names = ['none', 'Snappy', 'gzip', 'LZO', 'Brotli', 'LZ4', 'Zstandard', 'LZ4 (raw)']
/** More values than this are not held in memory as a column. */
const mostValues = 2 ** 28

const numberOf = (s: Struct, id: number): number => {
  const v = s.get(id)
  return typeof v === 'number' ? v : NaN
}
const structOf = (v: Value | undefined): Struct => (v instanceof Map ? v : new Map())
const listOf = (v: Value | undefined): Value[] => (Array.isArray(v) ? v : [])

/**
 * Sizes and counts of all headers, before any of them is believed. @throws FormatError where they contradict the file
 */
function check(bytes: Uint8Array, file: string): void {
  const fail = (at: number, message: string): never => { throw new data.FormatError(file, at, message) }
  const n = bytes.length
  const mark = (at: number): boolean => String.fromCharCode(...bytes.subarray(at, at + 4)) === 'PAR1'
  if (n === 0) fail(0, 'the file is empty')
  if (!mark(0)) fail(0, 'a Parquet file begins with PAR1')
  if (n < 12 || !mark(n - 4)) fail(n, 'a Parquet file ends with PAR1: it is truncated')
  const size = new DataView(bytes.buffer, bytes.byteOffset, n).getUint32(n - 8, true)
  if (size > n - 12) fail(n - 8, `its description is said to have ${size} bytes`)
  const footer = new Thrift(bytes, file, n - 8 - size, n - 8).struct()
  const rows = numberOf(footer, 3)
  const groups = listOf(footer.get(4)).map(structOf)
  if (!(rows >= 0 && rows <= mostValues) || groups.reduce((s, g) => s + numberOf(g, 3), 0) !== rows)
    fail(n - 8 - size, `the file is said to have ${rows} rows, which is too many or not what its parts have`)
  for (const column of groups.flatMap(g => listOf(g.get(1))))
    checkPages(bytes, file, structOf(structOf(column).get(3)), n - 8 - size)
}

/** The pages of a part of a column. */
function checkPages(bytes: Uint8Array, file: string, column: Struct, footer: number): void {
  const fail = (at: number, message: string): never => { throw new data.FormatError(file, at, message) }
  const [codec, values, packed] = [4, 5, 7].map(id => numberOf(column, id))
  const [first, dictionary] = [numberOf(column, 9), numberOf(column, 11)]
  const start = dictionary > 0 && dictionary < first ? dictionary : first
  if (!(start >= 4 && packed >= 0 && start + packed <= footer && values >= 0 && values <= mostValues))
    fail(footer, `a column is said to have ${values} values in ${packed} bytes from byte ${start} on`)
  let found = 0
  for (let at = start; at < start + packed && found < values;) {
    const reader = new Thrift(bytes, file, at, footer)
    const header = reader.struct()
    const [kind, size, stored] = [1, 2, 3].map(id => numberOf(header, id))
    if (
      !(
        stored >= 0 &&
        reader.at + stored <= start + packed &&
        size >= 0 &&
        size <= stored * (growth[codec] ?? 1) + 1024
      )
    )
      fail(at, `a page is said to have ${size} bytes, ${stored} as packed by ${names[codec] ?? codec}`)
    const count = numberOf(structOf(header.get(kind === 3 ? 8 : kind === 2 ? 7 : 5)), 1)
    // of nothing but one value a page needs hardly a byte; otherwise a value takes a bit at least
    if (!(count >= 0 && count <= values)) fail(at, `a page is said to have ${count} of the column's ${values} values`)
    if (kind !== 2) found += count
    at = reader.at + stored
  }
  if (found !== values) fail(start, `a column has ${found} values in its pages, ${values} by the file's description`)
}

/**
 * A table of a Parquet file: numbers, booleans and times (in milliseconds) as numbers, texts as such, what is nested as
 * JSON. Packed by nothing, Snappy, gzip or Brotli; by Zstandard from Node 22.15 on.
 * @throws FormatError naming file and byte; DataError where hyparquet is not installed
 * @example const table = await datasets.parquet('trips.parquet', { columns: ['distance', 'fare'] })
 */
export async function parquet(path: string, options: ParquetOptions = {}): Promise<data.Table> {
  const bytes = await readBytes(path)
  check(bytes, path)
  const { names, columns } = await readColumns(path, bytes, options.columns)
  const missing = options.columns?.find(name => !names.includes(name))
  if (missing !== undefined)
    throw new DataError(`${path}: there is no column '${missing}'; there are ${names.join(', ')}`)
  return new data.Table(columns)
}
