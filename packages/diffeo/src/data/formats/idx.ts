/** @file IDX, the format of MNIST's files: a magic number, sizes, elements, the most significant byte first. */
import type { TypedArray } from '../../tensor/index.ts'
import type { NdArray } from '../ndarray.ts'
import { ByteReader } from './error.ts'

const types: Readonly<
  Record<number, { bytes: number; make(n: number): TypedArray; get(v: DataView, at: number): number }>
> = {
  8: { bytes: 1, make: n => new Uint8Array(n), get: (v, at) => v.getUint8(at) },
  9: { bytes: 1, make: n => new Int8Array(n), get: (v, at) => v.getInt8(at) },
  11: { bytes: 2, make: n => new Int32Array(n), get: (v, at) => v.getInt16(at) },
  12: { bytes: 4, make: n => new Int32Array(n), get: (v, at) => v.getInt32(at) },
  13: { bytes: 4, make: n => new Float32Array(n), get: (v, at) => v.getFloat32(at) },
  14: { bytes: 8, make: n => new Float64Array(n), get: (v, at) => v.getFloat64(at) },
}

/**
 * The array of an IDX file.
 * @throws FormatError naming the byte where the file is wrong
 * @example const { data, shape } = data.parseIdx(bytes)   // [60000, 28, 28]
 */
export function parseIdx(bytes: Uint8Array, file = 'IDX'): NdArray {
  const reader = new ByteReader(bytes, file)
  reader.need(0, 4, 'the magic number')
  const [zero, also, code, rank] = bytes
  const type = types[code]
  if (zero !== 0 || also !== 0 || !type || rank === 0) {
    const found = [...bytes.subarray(0, 4)].map(b => b.toString(16).padStart(2, '0')).join(' ')
    reader.fail(0, `found ${found}, an IDX file of bytes begins with 00 00 08`)
  }
  const start = 4 + 4 * rank
  reader.need(4, 4 * rank, `${rank} sizes`)
  const shape = Array.from({ length: rank }, (_, i) => reader.view.getUint32(4 + 4 * i))
  const count = shape.reduce((a, b) => a * b, 1)
  if (bytes.length - start !== count * type.bytes)
    reader.fail(4, `sizes ${shape.join(' × ')} take ${count * type.bytes} bytes, the file has ${bytes.length - start}`)
  if (code === 8) return { data: bytes.subarray(start), shape }
  const data = type.make(count)
  for (let i = 0; i < count; i++) data[i] = type.get(reader.view, start + i * type.bytes)
  return { data, shape }
}
