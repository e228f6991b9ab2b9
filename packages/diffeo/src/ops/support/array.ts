/** @file Dense row-major arrays of the reference evaluator, and how one walks over them. */
import { sizeOf, type Shape } from '../../graph/node.ts'
import type { DType } from '../../graph/dtype.ts'
import type { NDArray } from '../record.ts'

export const ndarray = (shape: Shape, dtype: DType, data: Float64Array = new Float64Array(sizeOf(shape))): NDArray =>
  ({ shape, dtype, data })

export const filled = (shape: Shape, dtype: DType, value: number): NDArray =>
  ndarray(shape, dtype, new Float64Array(sizeOf(shape)).fill(value))

/** Row-major strides. */
export function stridesOf(shape: Shape): number[] {
  const out = new Array<number>(shape.length)
  let stride = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    out[i] = stride
    stride *= shape[i]
  }
  return out
}

/** Calls `visit(position, offset + Σ index · strides)` for every index of `shape`, in row-major order. */
export function forEachOffset(
  shape: Shape, strides: readonly number[], offset: number, visit: (position: number, offset: number) => void,
): void {
  const size = sizeOf(shape)
  const index = new Array<number>(shape.length).fill(0)
  for (let position = 0; position < size; position++) {
    visit(position, offset)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offset += strides[axis]
      if (++index[axis] < shape[axis]) break
      offset -= strides[axis] * shape[axis]
      index[axis] = 0
    }
  }
}

/** Calls `visit(index, position)` for every index of `shape`, in row-major order; `index` is reused. */
export function forEachIndex(shape: Shape, visit: (index: readonly number[], position: number) => void): void {
  const size = sizeOf(shape)
  const index = new Array<number>(shape.length).fill(0)
  for (let position = 0; position < size; position++) {
    visit(index, position)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++index[axis] < shape[axis]) break
      index[axis] = 0
    }
  }
}

/** out[index] = x[offset + Σ index · strides] */
export function strided(x: NDArray, shape: Shape, strides: readonly number[], offset = 0): NDArray {
  const out = ndarray(shape, x.dtype)
  forEachOffset(shape, strides, offset, (position, from) => { out.data[position] = x.data[from] })
  return out
}

export function permuted(x: NDArray, perm: readonly number[]): NDArray {
  const strides = stridesOf(x.shape)
  return strided(x, perm.map(p => x.shape[p]), perm.map(p => strides[p]))
}

/** The row-major position of `index`. */
export function positionOf(index: readonly number[], strides: readonly number[]): number {
  let p = 0
  for (let i = 0; i < index.length; i++) p += index[i] * strides[i]
  return p
}

export const mapArray = (x: NDArray, dtype: DType, f: (v: number) => number): NDArray =>
  ndarray(x.shape, dtype, x.data.map(f))

/** `shape` seen as [outer, n, inner] around `axis`. */
export function around(shape: Shape, axis: number): { outer: number; n: number; inner: number } {
  return { outer: sizeOf(shape.slice(0, axis)), n: shape[axis], inner: sizeOf(shape.slice(axis + 1)) }
}
