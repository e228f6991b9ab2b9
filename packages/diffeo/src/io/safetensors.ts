/**
 * @file The safetensors format: eight bytes of header length, a JSON header (name → dtype, shape, offsets), the data.
 * Whatever a file says is checked before anything is allocated for it.
 */
import type { TypedArray } from '../graph/executor.ts'
import { DataError, DTypeError } from '../util/errors.ts'
import { brain, half } from '../util/half.ts'
import { elementBytes, isLittleEndian, readElements, storedNames, type HostTensor } from './elements.ts'

export type { HostTensor } from './elements.ts'
export interface Decoded { readonly tensors: Record<string, HostTensor>; readonly metadata: Record<string, string> }

/** The same bound as in the reference implementation. */
const longestHeader = 100_000_000

/** Keys that PyTorch keeps as int64. */
const wide = /(^|\.)num_batches_tracked$/

export interface EncodeOptions {
  /** Texts kept in the header. */
  metadata?: Readonly<Record<string, string>>
}

interface Entry {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  readonly data: TypedArray
  readonly bytes: number
}

/**
 * The file's bytes, in parts to be written one after the other.
 * @example encode({ w: { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) } }, { metadata: { by: 'me' } })
 */
export function encode(tensors: Readonly<Record<string, HostTensor>>, options: EncodeOptions = {}): Uint8Array[] {
  const entries = Object.entries(tensors).map(([name, t]) => entryOf(name, t))
  // wide elements first, so that each lies at a multiple of its size
  entries.sort((a, b) => elementBytes[b.dtype] - elementBytes[a.dtype] || (a.name < b.name ? -1 : 1))
  const header: [string, unknown][] = []
  if (options.metadata && Object.keys(options.metadata).length > 0) header.push(['__metadata__', options.metadata])
  let at = 0
  for (const e of entries) header.push([e.name, { dtype: e.dtype, shape: e.shape, data_offsets: [at, at += e.bytes] }])
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)))
  const padded = Math.ceil(text.length / 8) * 8
  const head = new Uint8Array(8 + padded).fill(0x20)
  new DataView(head.buffer).setBigUint64(0, BigInt(padded), true)
  head.set(text, 8)
  return [head, ...entries.map(bytesOf)]
}

function entryOf(name: string, { dtype, shape, data }: HostTensor): Entry {
  if (name === '__metadata__')
    throw new DataError(`safetensors: a tensor cannot be named '__metadata__': the format keeps its texts there`)
  const stored = dtype === 'int32' && wide.test(name) ? 'I64' : storedNames[dtype]
  if (!stored) throw new DTypeError(`safetensors: '${name}' is ${dtype}, which the format does not have`)
  return { name, dtype: stored, shape, data, bytes: data.length * elementBytes[stored] }
}

function bytesOf({ dtype, data, bytes }: Entry): Uint8Array {
  const coder = dtype === 'F16' ? half : dtype === 'BF16' ? brain : null
  if (!coder && dtype !== 'I64' && isLittleEndian) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const out = new Uint8Array(bytes)
  const view = new DataView(out.buffer)
  const put = coder ? (i: number) => view.setUint16(i * 2, coder.encode(data[i]), true) : writer(view, dtype, data)
  for (let i = 0; i < data.length; i++) put(i)
  return out
}

function writer(view: DataView, dtype: string, data: TypedArray): (i: number) => void {
  switch (dtype) {
    case 'I64': return i => view.setBigInt64(i * 8, BigInt(data[i]), true)
    case 'F64': return i => view.setFloat64(i * 8, data[i], true)
    case 'F32': return i => view.setFloat32(i * 4, data[i], true)
    case 'I32': case 'U32': return i => view.setInt32(i * 4, data[i], true)
    default: return i => view.setUint8(i, data[i])
  }
}

/**
 * Reads a file's bytes. int64, int16 and uint16 become int32 (uint64: uint32) if every value fits.
 * @param source how messages call the file
 * @param keys the tensors that are wanted, if not all are: only they are read
 * @throws DataError, naming what is wrong and at which byte; DTypeError for a value or dtype that has no place here
 */
export function decode(bytes: Uint8Array, source = 'safetensors', keys?: readonly string[]): Decoded {
  const { header, start } = readHeader(bytes, source)
  const metadata = readMetadata(header['__metadata__'], source)
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => checkEntry(name, entry, bytes.length - start, source))
  checkCover(entries, bytes.length - start, start, source)
  const unknown = keys?.find(k => !entries.some(e => e.name === k))
  if (unknown !== undefined)
    throw new DataError(`${source}: there is no tensor '${unknown}': there are ${entries.map(e => e.name).join(', ')}`)
  const wanted = keys ? entries.filter(e => keys.includes(e.name)) : entries
  const tensors = wanted.map(e => [e.name, read(bytes, start, e, source)] as const)
  return { tensors: Object.fromEntries(tensors), metadata }
}

function readHeader(bytes: Uint8Array, source: string): { header: Record<string, unknown>; start: number } {
  if (bytes.length < 8)
    throw new DataError(`${source}: truncated at byte ${bytes.length}: the header's length alone takes 8 bytes`)
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true)
  if (length > BigInt(longestHeader))
    throw new DataError(
      `${source}: byte 0: the header claims ${length} bytes, more than the ${longestHeader} allowed: not a safetensors file?`,
    )
  const start = 8 + Number(length)
  if (start > bytes.length)
    throw new DataError(
      `${source}: byte 0: the header claims ${length} bytes, the file has ${bytes.length - 8} after its length: truncated?`,
    )
  if (bytes[8] !== 0x7b)
    throw new DataError(`${source}: byte 8: the header must begin with '{', found byte ${bytes[8] ?? 'nothing'}`)
  let header: unknown
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, start)))
  } catch (error) {
    throw new DataError(`${source}: the header (bytes 8 to ${start}) is no valid JSON: ${(error as Error).message}`, {
      cause: error,
    })
  }
  return { header: header as Record<string, unknown>, start }
}

function readMetadata(found: unknown, source: string): Record<string, string> {
  if (found === undefined) return {}
  const ok =
    typeof found === 'object' &&
    found !== null &&
    !Array.isArray(found) &&
    Object.values(found).every(v => typeof v === 'string')
  if (!ok) throw new DataError(`${source}: __metadata__ must map names to texts`)
  return found as Record<string, string>
}

interface Place {
  readonly name: string
  readonly dtype: string
  readonly shape: number[]
  readonly from: number
  readonly to: number
}

const isCount = (x: unknown): x is number => typeof x === 'number' && Number.isSafeInteger(x) && x >= 0

function checkEntry(name: string, entry: unknown, room: number, source: string): Place {
  const wrong = (why: string): DataError => new DataError(`${source}: tensor '${name}': ${why}`)
  if (typeof entry !== 'object' || entry === null) throw wrong('its entry in the header is no object')
  const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>
  if (typeof dtype !== 'string' || !Object.hasOwn(elementBytes, dtype))
    throw wrong(`unknown dtype ${JSON.stringify(dtype)}: ${Object.keys(elementBytes).join(', ')} are known`)
  if (!Array.isArray(shape) || !shape.every(isCount))
    throw wrong(`its shape ${JSON.stringify(shape)} is no list of sizes`)
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    throw wrong(`its data_offsets ${JSON.stringify(offsets)} are no pair of offsets`)
  const [from, to] = offsets as [number, number]
  if (from > to || to > room)
    throw wrong(`its data_offsets [${from},${to}] lie outside of the data, which has ${room} bytes: truncated?`)
  const size = shape.includes(0) ? 0 : shape.reduce((a, b) => a * b, 1)
  if (size * elementBytes[dtype] !== to - from)
    throw wrong(
      `shape [${shape.join(',')}] of ${dtype} takes ${size * elementBytes[dtype]} bytes, its data_offsets [${from},${to}] have ${to - from}`,
    )
  return { name, dtype, shape, from, to }
}

/** Each byte of the data belongs to one tensor. */
function checkCover(entries: readonly Place[], room: number, start: number, source: string): void {
  let at = 0
  let before = 'the header'
  for (const e of [...entries].sort((a, b) => a.from - b.from || a.to - b.to)) {
    if (e.from < at)
      throw new DataError(`${source}: tensors '${before}' and '${e.name}' overlap at byte ${start + e.from}`)
    if (e.from > at)
      throw new DataError(
        `${source}: bytes ${start + at} to ${start + e.from} belong to no tensor: a hole between ${before} and '${e.name}'`,
      )
    at = e.to
    before = e.name
  }
  if (at !== room)
    throw new DataError(`${source}: bytes ${start + at} to ${start + room}, after the last tensor, belong to none`)
}

function read(bytes: Uint8Array, start: number, { name, dtype, shape, from, to }: Place, source: string): HostTensor {
  const count = (to - from) / elementBytes[dtype]
  return { shape, ...readElements(bytes, { name, source, dtype, from: start + from, count }) }
}
