/** @file What an initializer fills: a parameter that is there, or a new tensor of a shape. */
import { type Buffer, type Parameter, Tensor, type Device, type DType } from '../../tensor/index.ts'
import type { Names } from '../../util/options.ts'

/** A parameter, which takes the values, or a shape, of which a tensor is made. */
export type Target = Parameter | Buffer | readonly number[]
export interface Made { dtype?: DType; device?: Device }
export const madeNames: Names<Made> = { dtype: true, device: true }
export type Filled<T extends Target> = T extends readonly number[] ? Tensor : T

/** Makes the values and gives the parameter that took them, or the tensor. */
export function fill<T extends Target>(
  target: T, options: Made, make: (shape: readonly number[], options: Required<Pick<Made, 'dtype'>> & Made) => Tensor,
): Filled<T> {
  if (target instanceof Tensor) {
    const { shape, dtype, device } = target
    return target.assign(make(shape, { dtype, device })) as Filled<T>
  }
  return make(target as readonly number[], { ...options, dtype: options.dtype ?? 'float32' }) as Filled<T>
}
