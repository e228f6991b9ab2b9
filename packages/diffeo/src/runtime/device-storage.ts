/** @file A value on a compiled backend. */
import type { Storage } from '../backend/program.ts'
import type { DType } from '../graph/dtype.ts'
import type { Device, TypedArray } from '../graph/executor.ts'
import type { Aval, NodeStorage } from '../graph/node.ts'
import { DeviceError, DTypeError } from '../util/errors.ts'

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
const arrays: Partial<Record<DType, ArrayType>> = {
  float32: Float32Array, int32: Int32Array, uint32: Uint32Array, int8: Int8Array, uint8: Uint8Array, bool: Uint8Array,
}

/** The array that holds a dtype. @throws DTypeError where the compiled backends do not have it */
export function arrayOf(dtype: DType, device: Device): ArrayType {
  const Type = arrays[dtype]
  if (Type) return Type
  throw new DTypeError(`${dtype} is not supported on '${device}' yet: cast to float32, or compute on 'interp'`)
}

/** `tensor [2,3] float32` */
export const describe = ({ shape, dtype }: Aval): string => `tensor [${shape.join(',')}] ${dtype}`

/** The memory of a value of this device. `what`: the value, and who asks for it, for errors. */
export function memoryOf(value: NodeStorage | null, device: Device, what: () => string): Storage {
  if (!(value instanceof DeviceStorage) || value.device !== device) {
    throw new DeviceError(
      `${what()} is on '${value?.device ?? 'no device'}', not on '${device}': move it with to('${device}')`,
    )
  }
  if (value.released)
    throw new DeviceError(
      `${what()} was disposed before it was needed here: dispose of it later, or realize what is made of it first`,
    )
  return value.storage
}
