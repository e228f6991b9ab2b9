/** @file Pooling to as many places as asked for: place i of m has the elements ⌊i·n/m⌋ … ⌈(i+1)·n/m⌉ − 1 of n. */
import { arange, concat, tensor, type Tensor } from '../../tensor/index.ts'
import { sizes } from '../sizes.ts'
import { sliceAxis } from './pad.ts'
import type { WithIndices } from './pool-indices.ts'
import { checkPooled } from './pool.ts'

/** One size for all axes, or one an axis, where null keeps the input's. */
export type AdaptiveSize = number | readonly (number | null)[]

const places = (n: number, m: number): [number, number][] =>
  Array.from({ length: m }, (_, i) => [Math.floor((i * n) / m), Math.ceil(((i + 1) * n) / m)])

/** Rows of means: row i averages the elements of place i. */
function averaging(n: number, m: number): Float64Array {
  const matrix = new Float64Array(m * n)
  places(n, m).forEach(([from, to], i) => matrix.fill(1 / (to - from), i * n + from, i * n + to))
  return matrix
}

/** The last axis averaged to `size` places. */
function averageLast(x: Tensor, size: number): Tensor {
  const n = x.shape.at(-1) as number
  if (size === n) return x
  if (size === 1) return x.mean(-1, { keepdims: true })
  if (n % size === 0) return x.unflatten(-1, [size, n / size]).mean(-1)
  const matrix = tensor(averaging(n, size), { shape: [size, n], dtype: x.dtype, device: x.device })
  return x.matmul(matrix.transpose(0, 1))
}

/** The greatest of each of `size` places of the last axis. */
function greatestLast(x: Tensor, size: number): Tensor {
  const n = x.shape.at(-1) as number
  if (size === n) return x
  if (n % size === 0) return x.unflatten(-1, [size, n / size]).max(-1)
  const parts = places(n, size).map(([from, to]) => sliceAxis(x, x.rank - 1, from, to).max(-1, { keepdims: true }))
  return concat(parts, -1)
}

/** Of the last axis, the greatest of each of `size` places, and from `at` what stands beside it. */
function greatestWithPlace(x: Tensor, at: Tensor, size: number): [Tensor, Tensor] {
  const parts = places(x.shape.at(-1) as number, size).map(([from, to]) => {
    const [values, beside] = [x, at].map(t => sliceAxis(t, x.rank - 1, from, to))
    const which = values.argmax(-1, { keepdims: true })
    return [values.gather(-1, which), beside.gather(-1, which)]
  })
  return [concat(parts.map(([v]) => v), -1), concat(parts.map(([, p]) => p), -1)]
}

/** The sizes of the output's last axes. */
function outputSizes(op: string, n: number, x: Tensor, outputSize: AdaptiveSize): readonly number[] {
  checkPooled(op, n, x)
  const space = x.shape.slice(-n)
  const wanted = typeof outputSize === 'number' ? outputSize : outputSize.map((d, i) => d ?? space[i])
  return sizes(`${op}: the output size`, wanted, n)
}

/** Axis by axis from the last one on, so that of several greatest elements the first in row-major order counts. */
function overAxes<T>(x: T, size: readonly number[], along: (x: T, axis: number, size: number) => T): T {
  return size.reduceRight((out, d, i) => along(out, i - size.length, d), x)
}

type Along = (x: Tensor, size: number) => Tensor
const onAxis = (axis: number, along: Along) => (x: Tensor, size: number): Tensor =>
  axis === -1 ? along(x, size) : along(x.transpose(axis, -1), size).transpose(axis, -1)

function adaptive(op: string, n: number, x: Tensor, outputSize: AdaptiveSize, along: Along): Tensor {
  const size = outputSizes(op, n, x, outputSize)
  if (along === averageLast && size.every(d => d === 1)) return x.mean(size.map((_, i) => i - n), { keepdims: true })
  return overAxes(x, size, (out, axis, d) => onAxis(axis, along)(out, d))
}

function adaptiveMaxWithIndices(n: number, x: Tensor, outputSize: AdaptiveSize): WithIndices {
  const size = outputSizes(`adaptiveMaxPool${n}dWithIndices`, n, x, outputSize)
  const space = x.shape.slice(-n)
  const count = space.reduce((a, b) => a * b, 1)
  const all = arange(count, { dtype: 'int32', device: x.device }).reshape(space).expand(x.shape)
  return overAxes<WithIndices>([x, all], size, (pair, axis, d) => {
    const [values, at] = pair.map(t => t.transpose(axis, -1))
    const [v, p] = greatestWithPlace(values, at, d).map(t => t.transpose(axis, -1))
    return [v, p]
  })
}

/** The mean of as many even windows as `outputSize` says. `[..., length]` → `[..., ol]` */
export const adaptiveAvgPool1d = (x: Tensor, outputSize: AdaptiveSize): Tensor =>
  adaptive('adaptiveAvgPool1d', 1, x, outputSize, averageLast)
/** The mean of as many even windows as `outputSize` says (null keeps an axis). `[..., h, w]` → `[..., oh, ow]` */
export const adaptiveAvgPool2d = (x: Tensor, outputSize: AdaptiveSize): Tensor =>
  adaptive('adaptiveAvgPool2d', 2, x, outputSize, averageLast)
/**
 * The mean of as many even windows as `outputSize` says (null keeps an axis). `[..., d, h, w]` → `[..., od, oh, ow]`
 */
export const adaptiveAvgPool3d = (x: Tensor, outputSize: AdaptiveSize): Tensor =>
  adaptive('adaptiveAvgPool3d', 3, x, outputSize, averageLast)

/** The greatest of each of as many even windows as `outputSize` says. `[..., length]` → `[..., ol]` */
export const adaptiveMaxPool1d = (x: Tensor, outputSize: AdaptiveSize): Tensor =>
  adaptive('adaptiveMaxPool1d', 1, x, outputSize, greatestLast)
/** The greatest of each of as many even windows as `outputSize` says (null keeps an axis). */
export const adaptiveMaxPool2d = (x: Tensor, outputSize: AdaptiveSize): Tensor =>
  adaptive('adaptiveMaxPool2d', 2, x, outputSize, greatestLast)
/** The greatest of each of as many even windows as `outputSize` says (null keeps an axis). */
export const adaptiveMaxPool3d = (x: Tensor, outputSize: AdaptiveSize): Tensor =>
  adaptive('adaptiveMaxPool3d', 3, x, outputSize, greatestLast)

/** adaptiveMaxPool1d, and where each maximum stood. `[..., length]` → two of `[..., ol]` */
export const adaptiveMaxPool1dWithIndices = (x: Tensor, outputSize: AdaptiveSize): WithIndices =>
  adaptiveMaxWithIndices(1, x, outputSize)
/** adaptiveMaxPool2d, and where each maximum stood: row · width + column. `[..., h, w]` → two of `[..., oh, ow]` */
export const adaptiveMaxPool2dWithIndices = (x: Tensor, outputSize: AdaptiveSize): WithIndices =>
  adaptiveMaxWithIndices(2, x, outputSize)
/** adaptiveMaxPool3d, and where each maximum stood. `[..., d, h, w]` → two of `[..., od, oh, ow]` */
export const adaptiveMaxPool3dWithIndices = (x: Tensor, outputSize: AdaptiveSize): WithIndices =>
  adaptiveMaxWithIndices(3, x, outputSize)
