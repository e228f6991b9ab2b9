/** @file The numbers of a tensor out of a file's bytes, of every dtype that files have; as safetensors calls them. */
import type { DType } from '../graph/dtype.ts'
import type { TypedArray } from '../graph/executor.ts'
import { DataError, DTypeError } from '../util/errors.ts'
import { brain, half } from '../util/half.ts'

/** A tensor's value outside of any device. */
export interface HostTensor { readonly dtype: DType; readonly shape: readonly number[]; readonly data: TypedArray }

/** Bytes an element, of every dtype of the format. */
export const elementBytes: Readonly<Record<string, number>> = {
  BOOL: 1, U8: 1, I8: 1, F8_E5M2: 1, F8_E4M3: 1, F8_E8M0: 1, I16: 2, U16: 2, F16: 2, BF16: 2,
  I32: 4, U32: 4, F32: 4, F64: 8, I64: 8, U64: 8, C64: 8,
}
/** What our dtypes are called there. */
export const storedNames: Readonly<Record<DType, string>> = {
  float32: 'F32', float64: 'F64', float16: 'F16', bfloat16: 'BF16',
  int32: 'I32', uint32: 'U32', int8: 'I8', uint8: 'U8', bool: 'BOOL',
}
const ours = /* @__PURE__ */ (() =>
  Object.fromEntries(Object.entries(storedNames).map(([name, stored]) => [stored, name as DType])))()
const plain = {
  F32: Float32Array, F64: Float64Array, I32: Int32Array, U32: Uint32Array, I8: Int8Array, U8: Uint8Array,
  BOOL: Uint8Array,
}
export const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** Where a run of elements lies, and how messages speak of it. */
export interface Run {
  readonly name: string
  readonly source: string
  readonly dtype: string
  readonly from: number
  readonly count: number
}

/**
 * The elements, copied and aligned. int64, int16 and uint16 become int32 (uint64: uint32) if every value fits. That
 * they lie within the bytes is the caller's to know.
 * @throws DTypeError for a value or dtype that has no place here; DataError for a bool that is none
 */
export function readElements(bytes: Uint8Array, run: Run): { dtype: DType; data: TypedArray } {
  const { dtype, from, count } = run
  const to = from + count * elementBytes[dtype]
  const Type = plain[dtype as keyof typeof plain]
  if (Type && isLittleEndian) {
    // slice of Node's Buffer would be a view
    const data = new Type(Uint8Array.prototype.slice.call(bytes, from, to).buffer)
    if (dtype === 'BOOL') checkBools(data, run)
    return { dtype: ours[dtype], data }
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + from, to - from)
  const [Target, found, get] = reader(view, run)
  const data = new Target(count)
  for (let i = 0; i < count; i++) data[i] = get(i)
  if (dtype === 'BOOL') checkBools(data, run)
  return { dtype: found, data }
}

function checkBools(data: TypedArray, { from, name, source }: Run): void {
  const wrong = data.findIndex((v: number) => v > 1)
  if (wrong >= 0)
    throw new DataError(`${source}: tensor '${name}': byte ${from + wrong} is ${data[wrong]}, a bool is 0 or 1`)
}

type Reader = [new (n: number) => TypedArray, DType, (i: number) => number]

function reader(view: DataView, { dtype, name, source }: Run): Reader {
  const whole = (value: bigint, low: bigint, high: bigint, to: DType, i: number): number => {
    if (value < low || value > high)
      throw new DTypeError(`${source}: tensor '${name}' is ${dtype}, and element ${i}, ${value}, does not fit ${to}`)
    return Number(value)
  }
  switch (dtype) {
    case 'F16':
      return [Float32Array, 'float16', i => half.decode(view.getUint16(i * 2, true))]
    case 'BF16':
      return [Float32Array, 'bfloat16', i => brain.decode(view.getUint16(i * 2, true))]
    case 'I16':
      return [Int32Array, 'int32', i => view.getInt16(i * 2, true)]
    case 'U16':
      return [Int32Array, 'int32', i => view.getUint16(i * 2, true)]
    case 'I64':
      return [Int32Array, 'int32', i => whole(view.getBigInt64(i * 8, true), -(2n ** 31n), 2n ** 31n - 1n, 'int32', i)]
    case 'U64':
      return [Uint32Array, 'uint32', i => whole(view.getBigUint64(i * 8, true), 0n, 2n ** 32n - 1n, 'uint32', i)]
    case 'F64':
      return [Float64Array, 'float64', i => view.getFloat64(i * 8, true)]
    case 'F32':
      return [Float32Array, 'float32', i => view.getFloat32(i * 4, true)]
    case 'I32':
      return [Int32Array, 'int32', i => view.getInt32(i * 4, true)]
    case 'U32':
      return [Uint32Array, 'uint32', i => view.getUint32(i * 4, true)]
    case 'I8':
      return [Int8Array, 'int8', i => view.getInt8(i)]
    case 'U8':
    case 'BOOL':
      return [Uint8Array, ours[dtype], i => view.getUint8(i)]
    default:
      throw new DTypeError(`${source}: tensor '${name}' is ${dtype}, which diffeo has no dtype for yet`)
  }
}
