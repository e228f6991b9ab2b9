/** @file Arrays on the host, outside of the library's graph: what files hold, what workers send, what is collated. */
import type { DType, TypedArray } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'

/** A typed array with its shape. `dtype` says what the array's kind does not: 'bool' for bytes of 0 and 1. */
export interface NdArray<A extends TypedArray = TypedArray> {
  readonly data: A
  readonly shape: readonly number[]
  readonly dtype?: DType
}

export const isNdArray = (x: unknown): x is NdArray => {
  const { data, shape } = (x ?? {}) as Partial<NdArray>
  return ArrayBuffer.isView(data) && Array.isArray(shape)
}

/** How many elements a shape has. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** @throws DataError unless the array fills its shape */
export function checkNdArray(what: string, { data, shape }: NdArray): void {
  if (data.length !== sizeOf(shape))
    throw new DataError(`${what}: there are ${data.length} values for shape [${shape.join(',')}]`)
}
