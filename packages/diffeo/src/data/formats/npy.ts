/** @file NumPy's .npy files: a header in Python's syntax that says dtype, order and shape, and the elements. */
import type { DType, TypedArray } from '../../tensor/index.ts'
import { DataError } from '../../util/errors.ts'
import { half } from '../../util/half.ts'
import { checkNdArray, sizeOf, type NdArray } from '../ndarray.ts'
import { ByteReader } from './error.ts'

/** How an element is read: of which type, how many bytes, and by what. */
interface Kind {
  readonly bytes: number
  readonly make: (n: number) => TypedArray
  readonly get: (view: DataView, at: number, little: boolean) => number
  readonly dtype?: DType
}
const float32 = (n: number): TypedArray => new Float32Array(n)
const int32 = (n: number): TypedArray => new Int32Array(n)
const kinds: Readonly<Record<string, Kind>> = {
  f8: { bytes: 8, make: n => new Float64Array(n), get: (v, at, e) => v.getFloat64(at, e) },
  f4: { bytes: 4, make: float32, get: (v, at, e) => v.getFloat32(at, e) },
  f2: { bytes: 2, make: float32, get: (v, at, e) => half.decode(v.getUint16(at, e)), dtype: 'float16' },
  i8: { bytes: 8, make: int32, get: (v, at, e) => Number(v.getBigInt64(at, e)) },
  i4: { bytes: 4, make: int32, get: (v, at, e) => v.getInt32(at, e) },
  i2: { bytes: 2, make: int32, get: (v, at, e) => v.getInt16(at, e) },
  i1: { bytes: 1, make: n => new Int8Array(n), get: (v, at) => v.getInt8(at) },
  u8: { bytes: 8, make: n => new Uint32Array(n), get: (v, at, e) => Number(v.getBigUint64(at, e)) },
  u4: { bytes: 4, make: n => new Uint32Array(n), get: (v, at, e) => v.getUint32(at, e) },
  u2: { bytes: 2, make: int32, get: (v, at, e) => v.getUint16(at, e) },
  u1: { bytes: 1, make: n => new Uint8Array(n), get: (v, at) => v.getUint8(at) },
  b1: { bytes: 1, make: n => new Uint8Array(n), get: (v, at) => v.getUint8(at), dtype: 'bool' },
}

interface Header {
  readonly kind: Kind
  readonly little: boolean
  readonly fortran: boolean
  readonly shape: number[]
  readonly at: number
}

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]

function headerOf(reader: ByteReader): Header {
  const { bytes } = reader
  if (magic.some((b, i) => bytes[i] !== b)) {
    const found =
      bytes.length === 0
        ? 'the file is empty'
        : `found ${[...bytes.subarray(0, 6)].map(b => b.toString(16).padStart(2, '0')).join(' ')}`
    reader.fail(0, `${found}; a .npy file begins with 93 4e 55 4d 50 59`)
  }
  reader.need(0, 10, 'the header')
  const version = bytes[6]
  if (version < 1 || version > 3) reader.fail(6, `the format's version is ${version}: 1 to 3 are known`)
  const start = version === 1 ? 10 : 12
  const length = version === 1 ? reader.u16(8, 'the header') : reader.u32(8, 'the header')
  // a header is some hundred bytes long: no more is read of one that lies
  if (length > 65536) reader.fail(8, `the header is said to have ${length} bytes`)
  const text = reader.text(start, length, 'the header')
  const descr = /'descr'\s*:\s*'([<>|=])([a-zA-Z])(\d+)'/.exec(text)
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)
  const shape = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(text)
  if (!descr || !order || !shape)
    return reader.fail(
      start,
      `the header ${JSON.stringify(text.trim().slice(0, 120))} names no dtype of numbers, order and shape`,
    )
  const kind = kinds[`${descr[2]}${descr[3]}`]
  if (!kind)
    return reader.fail(
      start,
      `elements are '${descr[1]}${descr[2]}${descr[3]}': numbers and booleans are read; use astype and save it again`,
    )
  const sizes = shape[1]
    .split(',')
    .map(s => s.trim().replace('L', ''))
    .filter(s => s !== '')
    .map(Number)
  if (sizes.length > 64) reader.fail(start, `the shape has ${sizes.length} axes: NumPy has at most 64`)
  return { kind, little: descr[1] !== '>', fortran: order[1] === 'True', at: start + length, shape: sizes }
}

/**
 * The array of a .npy file. 16-bit integers become int32; 64-bit ones too, if every value fits.
 * @throws FormatError naming the byte where the file is wrong
 * @example const { data, shape } = data.parseNpy(bytes)
 */
export function parseNpy(bytes: Uint8Array, file = 'npy'): NdArray {
  const reader = new ByteReader(bytes, file)
  const { kind, little, fortran, shape, at } = headerOf(reader)
  const count = sizeOf(shape)
  if (!Number.isSafeInteger(count * kind.bytes)) reader.fail(at, `shape (${shape.join(', ')}) is too large`)
  reader.need(at, count * kind.bytes, `the elements of shape (${shape.join(', ')})`)
  const data = kind.make(count)
  for (let i = 0; i < count; i++) {
    const value = kind.get(reader.view, at + i * kind.bytes, little)
    data[i] = value
    if (kind.bytes === 8 && data[i] !== value && !Number.isNaN(value))
      reader.fail(at + i * 8, `element ${i} is ${value}: 64-bit integers are read if they fit 32 bits`)
  }
  const dtype = kind.dtype ? { dtype: kind.dtype } : {}
  return { data: fortran ? transposed(data, shape, kind.make) : data, shape, ...dtype }
}

/** Elements whose first axis runs fastest, in the order where the last does. */
function transposed(data: TypedArray, shape: readonly number[], make: (n: number) => TypedArray): TypedArray {
  const out = make(data.length)
  const index = shape.map(() => 0)
  const strides = shape.map((_, k) => sizeOf(shape.slice(0, k)))
  for (let i = 0; i < out.length; i++) {
    out[i] = data[index.reduce((sum, x, k) => sum + x * strides[k], 0)]
    for (let k = shape.length - 1; k >= 0 && ++index[k] === shape[k]; k--) index[k] = 0
  }
  return out
}

function descrOf({ data, dtype }: NdArray): string {
  if (dtype === 'bool') return '|b1'
  const names: [unknown, string][] = [
    [Float32Array, '<f4'], [Float64Array, '<f8'], [Int32Array, '<i4'], [Uint32Array, '<u4'], [Int8Array, '|i1'],
    [Uint8Array, '|u1'],
  ]
  const found = names.find(([Type]) => data instanceof (Type as typeof Float32Array))
  if (!found) throw new DataError(`encodeNpy: there is no dtype for ${(data as object).constructor.name}`)
  return found[1]
}

/** A .npy file of an array. @example await writeFile('x.npy', data.encodeNpy({ data: values, shape: [2, 3] })) */
export function encodeNpy(array: NdArray): Uint8Array {
  checkNdArray('encodeNpy', array)
  const shape = array.shape.length === 1 ? `${array.shape[0]},` : array.shape.join(', ')
  const dict = `{'descr': '${descrOf(array)}', 'fortran_order': False, 'shape': (${shape}), }`
  // elements begin at a multiple of 64 bytes
  const header = dict.padEnd(Math.ceil((10 + dict.length + 1) / 64) * 64 - 11) + '\n'
  const out = new Uint8Array(10 + header.length + array.data.byteLength)
  out.set([...magic, 1, 0, header.length & 255, header.length >> 8])
  for (let i = 0; i < header.length; i++) out[10 + i] = header.charCodeAt(i)
  out.set(new Uint8Array(array.data.buffer, array.data.byteOffset, array.data.byteLength), 10 + header.length)
  return out
}
