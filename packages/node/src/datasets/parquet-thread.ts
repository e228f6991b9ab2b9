/**
 * @file The thread in which hyparquet reads. It believes what stands in a file's pages, so a damaged one may make it
 * ask for any memory or time: a thread has bounds, and can be ended.
 */
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { data, DataError } from 'diffeo'

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

type Found = { readonly names: string[] } | { readonly name: string; readonly column: Float64Array | (string | null)[] }
  | { readonly error: string; readonly name?: string; readonly at: number } | { readonly done: true }

/** What the thread runs for a file: it reads column after column and sends each. */
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
    port.postMessage({ done: true })
  }
  void all()
}

/** Files up to this size share threads, which stay; a larger one has its own, with more memory. */
const small = 2 ** 20
const idle: Worker[] = []

function start(bytes: number): Worker {
  const source = `${String(serve)}
const { parentPort } = require('node:worker_threads')
const library = import(${JSON.stringify(reader())})
parentPort.on('message', job => library.then(h => ${serve.name}(h, require('node:zlib'), parentPort, job)))`
  return new Worker(source, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 512 + bytes / 1e4 } })
}

/** Milliseconds that a file may take, once it is begun: far more than it needs. */
const patience = (bytes: number): number => 10_000 + bytes / 200

export interface Columns { readonly names: readonly string[]; readonly columns: Map<string, data.Column> }

/** The columns of a file: all, or those that are wanted. @throws FormatError where they cannot be read */
export async function readColumns(path: string, bytes: Uint8Array, wanted?: readonly string[]): Promise<Columns> {
  const { length } = bytes
  const worker = (length <= small ? idle.pop() : undefined) ?? start(length)
  worker.ref()
  const columns = new Map<string, data.Column>()
  let names: readonly string[] = []
  let timer: NodeJS.Timeout | undefined
  /** Whether the thread came through, and can read another file. */
  let whole = false
  try {
    await new Promise<void>((resolve, reject) => {
      let failure: Error | null = null
      const fail = (at: number, message: string): Error => (failure ??= new data.FormatError(path, at, message))
      worker.on('message', (found: Found) => {
        if ('names' in found) {
          names = found.names
          const most = patience(length)
          timer = setTimeout(() => reject(fail(0, `it is damaged: to read it takes more than ${most} ms`)), most)
        } else if ('column' in found) {
          columns.set(found.name, found.column)
        } else if ('error' in found) {
          fail(found.at, found.name === undefined ? `the file's description cannot be read: ${found.error}`
            : `column '${found.name}' cannot be read: ${found.error}`)
        } else {
          whole = true
          if (failure) reject(failure)
          else resolve()
        }
      })
      worker.on('error', error => reject(fail(0, `it is damaged: ${error.message}`)))
      worker.on('exit', () => reject(fail(0, 'it is damaged: the thread that read it ended')))
      worker.postMessage({ bytes, columns: wanted })
    })
  } finally {
    clearTimeout(timer)
    // by name: the worker has listeners of its own
    for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event)
    // what it still says is nobody's
    worker.on('error', () => {})
    if (whole && length <= small && idle.length < 4) {
      worker.unref()
      worker.on('exit', () => { if (idle.includes(worker)) idle.splice(idle.indexOf(worker), 1) })
      idle.push(worker)
    } else {
      void worker.terminate()
    }
  }
  return { names, columns }
}
