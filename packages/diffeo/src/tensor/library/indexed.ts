/** @file Reading and writing by positions and masks: what is met less often than the methods that index. */
import { DTypeError, ShapeError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import { arange, asTensor, full, stack, where } from '../create.ts'
import { slice } from '../functions/indexing.ts'
import { axisOf, broadcastShape, shapeText } from '../functions/promote.ts'
import type { Tensor, TensorLike } from '../tensor.ts'
import { scatterReduce, type Reduction } from './running.ts'

/** Positions as int32, negative ones counted from the end. */
function positions(index: TensorLike, n: number, like: Tensor): Tensor {
  const given = asTensor(index, like.device)
  const whole = given.dtype === 'int32' ? given : given.cast('int32')
  return where(whole.lt(0), whole.add(n), whole)
}

/**
 * The elements at positions of the flattened tensor, in the shape of the index.
 * @example await take([[1, 2], [3, 4]], [3, 0, -2]).array() // [4, 1, 3]
 */
export function take(x: TensorLike, index: TensorLike): Tensor {
  const t = asTensor(x)
  const at = positions(index, t.size, t)
  return t.reshape(-1).indexSelect(0, at.reshape(-1)).reshape(at.shape)
}
/**
 * What `gather` gives, with all axes but one broadcast: takes back the order that `argsort` gave.
 * @example await takeAlongAxis([3, 1, 2], tensor([3, 1, 2]).argsort(0), 0).array() // [1, 2, 3]
 */
export function takeAlongAxis(x: TensorLike, index: TensorLike, axis: number): Tensor {
  const t = asTensor(x)
  const i = axisOf('takeAlongAxis', axis, t.rank)
  const at = positions(index, t.shape[i], t)
  if (at.rank !== t.rank)
    throw new ShapeError(`takeAlongAxis: the tensor has ${t.rank} axes, the index ${at.rank}: they must have as many`)
  const others = (shape: readonly number[]): number[] => shape.map((d, k) => (k === i ? 1 : d))
  const shape = broadcastShape('takeAlongAxis', [others(t.shape), others(at.shape)])
  const wide = (from: Tensor): Tensor => from.expand(shape.map((d, k) => (k === i ? from.shape[i] : d)))
  return wide(t).gather(i, wide(at))
}
/**
 * A new tensor with `values` at positions of the flattened one, or added there.
 * @example await put([1, 2, 3], [0, 0], [10, 20], { accumulate: true }).array() // [31, 2, 3]
 */
export function put(
  x: TensorLike,
  index: TensorLike,
  values: TensorLike,
  options: { accumulate?: boolean } = {},
): Tensor {
  checkOptions('put', options, { accumulate: true })
  const t = asTensor(x)
  const at = positions(index, t.size, t).reshape(-1)
  const v = asTensor(values, t.device).cast(t.dtype).reshape(-1)
  const line = t.reshape(-1)
  return (options.accumulate ? line.scatterAdd(0, at, v) : line.scatter(0, at, v)).reshape(t.shape)
}

/** An index along an axis for whole slices: [n], spread to the shape of the values. */
function spread(op: string, t: Tensor, axis: number, index: TensorLike, values: Tensor): Tensor {
  const at = positions(index, t.shape[axis], t)
  if (at.rank > 1) throw new ShapeError(`${op}: the index must be a vector, and has shape ${shapeText(at.shape)}`)
  const n = at.size
  const wanted = t.shape.map((d, i) => (i === axis ? n : d))
  if (values.rank !== t.rank || values.shape.some((d, i) => d !== wanted[i]))
    throw new ShapeError(`${op}: the values have shape ${shapeText(values.shape)}, and must have ${shapeText(wanted)}`)
  return at.reshape(t.shape.map((_, i) => (i === axis ? n : 1))).expand(wanted)
}
/**
 * A new tensor with alpha · values added to the slices at these positions of the axis; positions may repeat.
 * @example await indexAdd([1, 1, 1], 0, [0, 2, 2], [1, 2, 3]).array() // [2, 1, 6]
 */
export function indexAdd(x: TensorLike, axis: number, index: TensorLike, values: TensorLike, alpha = 1): Tensor {
  const t = asTensor(x)
  const i = axisOf('indexAdd', axis, t.rank)
  const v = asTensor(values, t.device)
  return t.scatterAdd(i, spread('indexAdd', t, i, index, v), alpha === 1 ? v : v.mul(alpha))
}
/**
 * A new tensor with the slices at these positions of the axis reduced with `values`; positions may repeat.
 * @param options `includeSelf: false` leaves out what was there
 * @example await indexReduce([1, 1, 1], 0, [0, 2, 2], [4, 2, 3], 'amax').array() // [4, 1, 3]
 */
export function indexReduce(
  x: TensorLike,
  axis: number,
  index: TensorLike,
  values: TensorLike,
  reduction: Exclude<Reduction, 'sum'>,
  options: { includeSelf?: boolean } = {},
): Tensor {
  const t = asTensor(x)
  const i = axisOf('indexReduce', axis, t.rank)
  const v = asTensor(values, t.device)
  return scatterReduce(t, i, spread('indexReduce', t, i, index, v), v, reduction, options)
}
/**
 * A new tensor with `values` as the slices at these positions of the axis.
 * @example await indexCopy([1, 1, 1], 0, [2, 0], [8, 9]).array() // [9, 1, 8]
 */
export function indexCopy(x: TensorLike, axis: number, index: TensorLike, values: TensorLike): Tensor {
  const t = asTensor(x)
  const i = axisOf('indexCopy', axis, t.rank)
  const v = asTensor(values, t.device)
  return t.scatter(i, spread('indexCopy', t, i, index, v), v)
}
/**
 * A new tensor with one number in the slices at these positions of the axis.
 * @example await indexFill([1, 1, 1], 0, [0, 2], -1).array() // [-1, 1, -1]
 */
export function indexFill(x: TensorLike, axis: number, index: TensorLike, value: number | boolean): Tensor {
  const t = asTensor(x)
  const i = axisOf('indexFill', axis, t.rank)
  const n = asTensor(index, t.device).size
  const v = asTensor(Number(value), t.device).cast(t.dtype).expand(t.shape.map((d, k) => (k === i ? n : d)))
  return indexCopy(t, i, index, v)
}

/** The mask, as bool. */
function booleans(op: string, mask: TensorLike, like: Tensor): Tensor {
  const m = asTensor(mask, like.device)
  if (m.dtype !== 'bool') throw new DTypeError(`${op}: the mask is ${m.dtype}, and must be bool`)
  return m
}
/**
 * The elements where the mask (which broadcasts) holds, as a vector. Its size is data, so not inside compile.
 * @example await maskedSelect([1, 2, 3], [true, false, true]).array() // [1, 3]
 */
export function maskedSelect(x: TensorLike, mask: TensorLike): Tensor {
  const t = asTensor(x)
  const m = booleans('maskedSelect', mask, t)
  const shape = broadcastShape('maskedSelect', [t.shape, m.shape])
  return t.expand(shape).index(m.expand(shape))
}
/**
 * A new tensor with the elements of `values`, in order, where the mask (which broadcasts) holds.
 * @example await maskedScatter([0, 0, 0], [true, false, true], [8, 9]).array() // [8, 0, 9]
 */
export function maskedScatter(x: TensorLike, mask: TensorLike, values: TensorLike): Tensor {
  const t = asTensor(x)
  const m = booleans('maskedScatter', mask, t)
  const shape = broadcastShape('maskedScatter', [t.shape, m.shape])
  const on = m.expand(shape)
  const source = asTensor(values, t.device).cast(t.dtype).reshape(-1)
  const place = on.reshape(-1).cast('int32').cumsum(0).sub(1).clamp({ min: 0 })
  return where(on, source.indexSelect(0, where(on.reshape(-1), place, 0)).reshape(shape), t)
}

/**
 * int32 [size, rank]: the first `size` places where the elements are not zero, and rows of `fill` (−1) behind them.
 * Inside compile too: its size is no data, as that of `nonzero` is.
 * @example await nonzeroStatic([0, 3, 0, 2], 3).array() // [[1], [3], [-1]]
 */
export function nonzeroStatic(x: TensorLike, size: number, fill = -1): Tensor {
  const t = asTensor(x)
  if (!Number.isInteger(size) || size < 0) throw new ShapeError(`nonzeroStatic: ${size} is no number of places`)
  const options = { dtype: 'int32', device: t.device } as const
  const on = t.reshape(-1).ne(0)
  const rank = on.cast('int32').cumsum(0).sub(1)
  // one place more takes what is too much, or zero
  const at = where(on.and(rank.lt(size)), rank, size)
  const found = full([size + 1], -1, options).scatter(0, at, arange(t.size, options)).index(slice(0, size))
  let rest = found
  const columns = [...t.shape].reverse().map(d => {
    const column = rest.mod(d)
    rest = rest.floorDiv(d)
    return where(found.lt(0), fill, column)
  })
  return columns.length > 0 ? stack(columns.reverse(), 1) : full([size, 0], fill, options)
}
