/** @file Parquet files as tables, through hyparquet, which is loaded when it is needed. */
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { data, DataError } from 'diffeo'
import { readBytes } from './read.ts'
import { Thrift, type Struct, type Value } from './thrift.ts'

/** Where hyparquet lies. @throws DataError where it is not installed */
function reader(): string {
  try {
    return pathToFileURL(createRequire(import.meta.url).resolve('hyparquet')).href
  } catch (error) {
    throw new DataError(
      'Parquet files are read by the package hyparquet, which is not installed: npm install hyparquet',
      {
        cause: error,
      },
    )
  }
}

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

type Found = { readonly names: string[] } | { readonly name: string; readonly column: Float64Array | (string | null)[] }
  | { readonly error: string; readonly name?: string; readonly at: number }

/**
 * What the thread runs: it reads column after column and sends each. The reader believes what stands in the pages, so
 * in a damaged file it may ask for any memory or time: a thread can be ended.
 */
function serve(
  hyparquet: any,
  zlib: any,
  port: any,
  { bytes, columns }: { bytes: Uint8Array; columns?: string[] },
): void {
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
  const file = { byteLength: bytes.length, slice: (from: number, to?: number) => buffer.slice(from, to) }
  const bounded = (f: any) => (packed: Uint8Array, size: number) => f(packed, { maxOutputLength: Math.max(1, size) })
  const compressors = {
    GZIP: bounded(zlib.gunzipSync),
    BROTLI: bounded(zlib.brotliDecompressSync),
    ZSTD: zlib.zstdDecompressSync
      ? bounded(zlib.zstdDecompressSync)
      : () => {
          throw new Error(
            `Zstandard is unpacked from Node 22.15 on, this is ${process.version}: write the file with Snappy or gzip`,
          )
        },
  }
  const plain = (v: any): any => {
    if (v instanceof Date) return v.getTime()
    if (v instanceof Uint8Array) return Buffer.from(v).toString('base64')
    if (typeof v !== 'object' || v === null) return v ?? null
    return JSON.stringify(v, (_, x) => (typeof x === 'bigint' ? Number(x) : x))
  }
  const read = async (metadata: any, name: string): Promise<void> => {
    const values: any[] = []
    await hyparquet.parquetRead({
      file,
      metadata,
      columns: [name],
      compressors,
      onChunk: ({ columnData }: any) => {
        for (let i = 0; i < columnData.length; i++) values.push(plain(columnData[i]))
      },
    })
    if (values.length !== Number(metadata.num_rows))
      throw new Error(`of ${metadata.num_rows} rows it has ${values.length} values`)
    const isNumeric = values.every(v => v === null || ['number', 'boolean', 'bigint'].includes(typeof v))
    const column = isNumeric
      ? Float64Array.from(values, v => (v === null ? NaN : Number(v)))
      : values.map(v => (v === null ? null : String(v)))
    port.postMessage({ name, column })
  }
  const all = async (): Promise<void> => {
    const size = new DataView(buffer).getUint32(bytes.length - 8, true)
    let [name, at]: [string | undefined, number] = [undefined, bytes.length - 8 - size]
    try {
      const metadata = hyparquet.parquetMetadata(buffer)
      const chunks = metadata.row_groups[0]?.columns ?? []
      const names = [...new Set(chunks.map((c: any) => c.meta_data.path_in_schema[0]))] as string[]
      port.postMessage({ names })
      for (name of columns ?? names) {
        at = Number(chunks.find((c: any) => c.meta_data.path_in_schema[0] === name)?.meta_data.data_page_offset ?? 0)
        if (names.includes(name)) await read(metadata, name)
      }
    } catch (error) {
      port.postMessage({ error: (error as Error).message, name, at })
    }
  }
  void all()
}

/** Milliseconds that a file may take: far more than it needs. */
const patience = (bytes: number): number => 3000 + bytes / 200

/**
 * A table of a Parquet file: numbers, booleans and times (in milliseconds) as numbers, texts as such, what is nested as
 * JSON. Packed by nothing, Snappy, gzip or Brotli; by Zstandard from Node 22.15 on.
 * @throws FormatError naming file and byte; DataError where hyparquet is not installed
 * @example const table = await datasets.parquet('trips.parquet', { columns: ['distance', 'fare'] })
 */
export async function parquet(path: string, options: ParquetOptions = {}): Promise<data.Table> {
  const module = reader()
  const bytes = await readBytes(path)
  check(bytes, path)
  const { length } = bytes
  const source = `${String(serve)}
const { parentPort, workerData } = require('node:worker_threads')
import(${JSON.stringify(module)}).then(h => ${serve.name}(h, require('node:zlib'), parentPort, workerData))`
  const worker = new Worker(source, {
    eval: true,
    workerData: { bytes, columns: options.columns },
    resourceLimits: { maxOldGenerationSizeMb: 512 + length / 1e4 },
  })
  const columns = new Map<string, data.Column>()
  let names: readonly string[] = []
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (at: number, message: string): void => reject(new data.FormatError(path, at, message))
      const timer = setTimeout(
        () => fail(0, `it is damaged: to read it takes more than ${patience(length)} ms`),
        patience(length),
      )
      worker.on('message', (found: Found) => {
        if ('names' in found) names = found.names
        else if ('column' in found) columns.set(found.name, found.column)
        else fail(found.at, found.name === undefined ? `the file's description cannot be read: ${found.error}`
          : `column '${found.name}' cannot be read: ${found.error}`)
      })
      worker.on('error', error => fail(0, `it is damaged: ${error.message}`))
      worker.on('exit', () => {
        clearTimeout(timer)
        resolve()
      })
    })
  } finally {
    void worker.terminate()
  }
  const missing = options.columns?.find(name => !names.includes(name))
  if (missing !== undefined)
    throw new DataError(`${path}: there is no column '${missing}'; there are ${names.join(', ')}`)
  return new data.Table(columns)
}
