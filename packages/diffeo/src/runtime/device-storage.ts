/** @file A value on a compiled backend. */
import type { Storage } from '../backend/program.ts'
import { isHalf, type DType, type Half } from '../graph/dtype.ts'
import type { Device, TypedArray } from '../graph/executor.ts'
import type { Aval, NodeStorage } from '../graph/node.ts'
import { DeviceError } from '../util/errors.ts'
import { brain, half } from '../util/half.ts'

export class DeviceStorage implements NodeStorage {
  readonly device: Device
  readonly storage: Storage
  readonly dtype: DType
  /** Whether the memory was given back: whatever still refers to it must not use it. */
  released = false
  constructor(device: Device, storage: Storage, dtype: DType) {
    this.device = device
    this.storage = storage
    this.dtype = dtype
  }
}

type ArrayType = new (buffer: ArrayBuffer, at: number, length: number) => TypedArray
const arrays: Record<Exclude<DType, Half>, ArrayType> = {
  float32: Float32Array, float64: Float64Array, int32: Int32Array, uint32: Uint32Array, int8: Int8Array,
  uint8: Uint8Array, bool: Uint8Array,
}
/** There is no array of these: they come and go as float32, and lie in memory as 16 bits. */
const halves: Record<Half, typeof half> = { float16: half, bfloat16: brain }

/** The values as memory holds them. */
export function packed(data: TypedArray, dtype: DType): Uint8Array<ArrayBuffer> {
  const bits = isHalf(dtype) ? Uint16Array.from(data as Float32Array, halves[dtype].encode) : data
  return new Uint8Array(bits.buffer as ArrayBuffer, bits.byteOffset, bits.byteLength)
}

/** `size` values that memory holds, in an array of their own. */
export function unpacked(bytes: Uint8Array<ArrayBuffer>, dtype: DType, size: number): TypedArray {
  if (isHalf(dtype)) return halves[dtype].decodeAll(new Uint16Array(bytes.buffer, 0, size))
  const all = new arrays[dtype](bytes.buffer, 0, size)
  return all.byteLength === bytes.buffer.byteLength ? all : all.slice() as TypedArray
}

/** One value as memory holds it. */
export const packedNumber = (value: number, dtype: DType): Uint8Array<ArrayBuffer> =>
  packed(isHalf(dtype) ? Float32Array.of(value) : new arrays[dtype](new ArrayBuffer(8), 0, 1).fill(value), dtype)

/** `tensor [2,3] float32` */
export const describe = ({ shape, dtype }: Aval): string => `tensor [${shape.join(',')}] ${dtype}`

/** The memory of a value of this device, or null: `notHere` says why. */
export const memoryIn = (device: Device, value: NodeStorage | null): Storage | null =>
  value instanceof DeviceStorage && value.device === device && !value.released ? value.storage : null

/** `what`: the value, and who asks for it. */
export function notHere(device: Device, value: NodeStorage | null, what: string): DeviceError {
  return value instanceof DeviceStorage && value.device === device
    ? new DeviceError(
      `${what} was disposed before it was needed here: dispose of it later, or realize what is made of it first`,
    )
    : new DeviceError(
      `${what} is on '${value?.device ?? 'no device'}', not on '${device}': move it with to('${device}')`,
    )
}
