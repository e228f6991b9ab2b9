/** @file Statistics that are met less often than methods: without NaN, of several variables, of neighbours. */
import { ShapeError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import { arange, asTensor, concat, stack, where } from '../create.ts'
import { inFloat32 } from '../functions/nn.ts'
import { axisOf } from '../functions/promote.ts'
import type { Axes, Keep } from '../functions/reduction.ts'
import { checkInterpolation, checkQ, type Interpolation, type QuantileOptions } from '../functions/sort.ts'
import type { Tensor, TensorLike } from '../tensor.ts'
import { narrow } from './parts.ts'

/**
 * The least and the greatest, NaN if one is.
 * @example await aminmax([3, 1, 2]).max.item() // 3
 */
export function aminmax(x: TensorLike, axis?: number, keep: Keep = {}): { min: Tensor; max: Tensor } {
  const t = asTensor(x)
  return { min: t.amin(axis, keep), max: t.amax(axis, keep) }
}
/**
 * The sum of what is not NaN.
 * @example await nansum([1, NaN, 3]).item() // 4
 */
export function nansum(x: TensorLike, axes?: Axes, keep: Keep = {}): Tensor {
  const t = asTensor(x)
  return where(t.isNaN(), 0, t).sum(axes, keep)
}
/**
 * The mean of what is not NaN; NaN where nothing is.
 * @example await nanmean([[1, NaN], [3, 5]], 0).array() // [2, 5]
 */
export function nanmean(x: TensorLike, axes?: Axes, keep: Keep = {}): Tensor {
  const t = asTensor(x)
  return inFloat32(t, w => nansum(w, axes, keep).div(w.isNaN().not().sum(axes, keep)))
}

/** The rows in order (NaN last, without gradient), and how many numbers each has. */
function ordered(op: string, x: TensorLike, axis: number | undefined): { rows: Tensor; count: Tensor; axis: number } {
  const t = asTensor(x)
  const line = axis === undefined ? t.reshape(-1) : t
  const at = axisOf(op, axis ?? 0, line.rank)
  if (line.shape[at] === 0) throw new ShapeError(`${op} of nothing: the axis is empty`)
  return { rows: line.sort(at).values, count: line.isNaN().not().sum(at, { keepdims: true }), axis: at }
}
/** The rows at a place, which then has size 1, in the form that the options ask for. */
function placed(t: Tensor, x: TensorLike, axis: number | undefined, at: number, keep: Keep): Tensor {
  if (axis === undefined) return t.reshape(keep.keepdims ? asTensor(x).shape.map(() => 1) : [])
  return keep.keepdims ? t : t.squeeze(at)
}
/**
 * The lower of the two middle values of what is not NaN; NaN where nothing is.
 * @example await nanmedian([4, NaN, 1, 2]).item() // 2
 */
export function nanmedian(x: TensorLike, axis?: number, keep: Keep = {}): Tensor {
  checkOptions('nanmedian', keep, { keepdims: true })
  const { rows, count, axis: at } = ordered('nanmedian', x, axis)
  const middle = count.sub(1).clamp({ min: 0 }).floorDiv(2)
  const found = rows.gather(at, middle)
  if (axis !== undefined) return placed(found, x, axis, at, keep)
  // over the whole tensor PyTorch shares the gradient among the equals
  const equals = rows.eq(found.detach())
  const shared = where(equals, rows, 0).sum().div(equals.sum())
  return placed(where(count.eq(0).reshape(), found.reshape(), shared), x, axis, at, keep)
}
/** The place of one or two elements that stand for one between two. */
const placeOf: Readonly<Record<Interpolation, (place: Tensor) => Tensor>> = {
  linear: place => place, lower: place => place.floor(), higher: place => place.ceil(),
  nearest: place => place.round(), midpoint: place => place.floor().add(place.ceil()).mul(0.5),
}
/**
 * Between the nearest in order of what is not NaN, by `interpolation` ('linear', 'lower', 'higher', 'midpoint',
 * 'nearest'); NaN where nothing is. Several q make a new first axis.
 * @example await nanquantile([1, NaN, 3, 5], [0, 0.5, 1]).array() // [1, 3, 5]
 */
export function nanquantile(
  x: TensorLike,
  q: number | readonly number[],
  axis?: number,
  keep: QuantileOptions = {},
): Tensor {
  checkOptions('nanquantile', keep, { keepdims: true, interpolation: true })
  checkQ('nanquantile', q)
  const { interpolation = 'linear' } = keep
  checkInterpolation('nanquantile', interpolation)
  if (typeof q !== 'number') return stack(q.map(p => nanquantile(x, p, axis, keep)))
  if (!(q >= 0 && q <= 1)) throw new ShapeError(`nanquantile: q is ${q}, and goes from 0 to 1`)
  const { rows, count, axis: at } = ordered('nanquantile', x, axis)
  const last = count.sub(1).clamp({ min: 0 })
  const place = placeOf[interpolation](last.cast(rows.dtype).mul(q))
  const below = place.floor()
  const low = rows.gather(at, below.cast('int32'))
  const high = rows.gather(at, below.cast('int32').add(1).minimum(last))
  return placed(low.add(high.sub(low).mul(place.sub(below))), x, axis, at, keep)
}

/**
 * The k-th least along the axis (the last), k from 1 up, and where it is; NaN counts as the greatest.
 * @example await kthvalue([5, 1, 3], 2).values.item() // 3
 */
export function kthvalue(x: TensorLike, k: number, axis = -1, keep: Keep = {}): { values: Tensor; indices: Tensor } {
  checkOptions('kthvalue', keep, { keepdims: true })
  const t = asTensor(x)
  const at = axisOf('kthvalue', axis, t.rank)
  if (!Number.isInteger(k) || k < 1 || k > t.shape[at])
    throw new ShapeError(`kthvalue: k is ${k}, and goes from 1 to ${t.shape[at]}, the size of axis ${axis}`)
  const index = narrow(t.argsort(at), at, k - 1, 1)
  const [values, indices] = [t.gather(at, index), index].map(r => (keep.keepdims ? r : r.squeeze(at)))
  return { values, indices }
}
/**
 * What occurs most often along the axis (the last), the least of equals, and a place where it is.
 * @example await mode([[2, 1, 1], [3, 0, 3]]).values.array() // [1, 3]
 */
export function mode(x: TensorLike, axis = -1, keep: Keep = {}): { values: Tensor; indices: Tensor } {
  checkOptions('mode', keep, { keepdims: true })
  const t = asTensor(x)
  const at = axisOf('mode', axis, t.rank)
  if (t.shape[at] === 0) throw new ShapeError('mode of nothing: the axis is empty')
  const order = t.argsort(at)
  const rows = t.gather(at, order).detach()
  // in order equals stand side by side: how many end here is how far back the first of them is
  const places = arange(t.shape[at], { dtype: 'int32', device: t.device }).reshape(
    t.shape.map((d, i) => (i === at ? d : 1)),
  )
  const before = rows.roll(1, at)
  const starts = where(rows.ne(before).or(places.eq(0)), places, 0).cummax(at)
  const index = order.gather(at, places.sub(starts).argmax(at, { keepdims: true }))
  const [values, indices] = [t.gather(at, index), index].map(r => (keep.keepdims ? r : r.squeeze(at)))
  return { values, indices }
}

export interface Covariance {
  /** Taken off the number of observations: 1 unless given. */
  correction?: number
  /** How often each observation was made: whole numbers. */
  frequencies?: TensorLike
  /** How much each observation counts. */
  weights?: TensorLike
}
/**
 * Covariances of variables (rows) over observations (columns): NumPy's and PyTorch's `cov`. A vector is one variable,
 * and gives its variance.
 * @example await cov([[1, 2, 3], [3, 1, 2]]).array() // [[1, -0.5], [-0.5, 1]]
 */
export function cov(x: TensorLike, options: Covariance = {}): Tensor {
  checkOptions('cov', options, { correction: true, frequencies: true, weights: true })
  const { correction = 1, frequencies, weights } = options
  const t = asTensor(x)
  if (t.rank > 2) throw new ShapeError(`cov takes variables × observations, got shape [${t.shape.join(',')}]`)
  const rows = t.reshape(t.rank === 2 ? t.shape[0] : 1, -1)
  const values = rows.mean().dtype === rows.dtype ? rows : rows.cast('float32')
  const given = [frequencies, weights].flatMap(w => (w === undefined ? [] : [asTensor(w, t.device).cast(values.dtype)]))
  const w = given.length === 0 ? undefined : given.reduce((a, b) => a.mul(b))
  const total = w ? w.sum() : values.shape[1]
  const centred = values.sub((w ? values.mul(w) : values).sum(1, { keepdims: true }).div(total))
  const products = (w ? centred.mul(w) : centred).matmul(centred.T)
  // the sum of the weights less what reliability weights take off of it
  const off = weights === undefined || !w
    ? correction
    : w.mul(asTensor(weights, t.device).cast(values.dtype)).sum().div(total).mul(correction)
  const norm = typeof total === 'number' ? Math.max(0, total - (off as number)) : total.sub(off).clamp({ min: 0 })
  return products.div(norm).squeeze()
}
/**
 * Correlations of variables (rows) over observations (columns), between −1 and 1.
 * @example await corrcoef([[1, 2, 3], [6, 4, 2]]).array() // [[1, -1], [-1, 1]]
 */
export function corrcoef(x: TensorLike): Tensor {
  const c = cov(x)
  if (c.rank === 0) return c.div(c)
  const deviations = c.diagonal().sqrt()
  return c.div(deviations.unsqueeze(1)).div(deviations).clamp(-1, 1)
}

/**
 * What each element along the axis (the last) has more than its neighbour before it, `n` times over; of bool: whether
 * they differ.
 * @example await diff([1, 4, 9, 16], { n: 2 }).array() // [2, 2]
 */
export function diff(
  x: TensorLike,
  options: { n?: number; axis?: number; prepend?: TensorLike; append?: TensorLike } = {},
): Tensor {
  checkOptions('diff', options, { n: true, axis: true, prepend: true, append: true })
  const { n = 1, axis = -1, prepend, append } = options
  const t = asTensor(x)
  if (!Number.isInteger(n) || n < 0) throw new ShapeError(`diff: n is ${n}, and must be a whole number from 0 up`)
  const at = axisOf('diff', axis, t.rank)
  const parts = [prepend, t, append].filter(p => p !== undefined)
  let out = parts.length > 1 ? concat(parts, at) : t
  for (let i = 0; i < n; i++) {
    const size = out.shape[at]
    if (size < 2) return out.split([Math.max(0, size - 1), size - Math.max(0, size - 1)], at)[0]
    const [later, earlier] = [out.split([1, size - 1], at)[1], out.split([size - 1, 1], at)[0]]
    out = out.dtype === 'bool' ? later.xor(earlier) : later.sub(earlier)
  }
  return out
}
/**
 * The p-norm of a − b, p = 2 unless given.
 * @example await dist([0, 0], [3, 4]).item() // 5
 */
export const dist = (a: TensorLike, b: TensorLike, p = 2): Tensor => asTensor(a).sub(b).norm(undefined, { p })

/**
 * Each slice along the axis, made shorter where its p-norm is above `most`.
 * @example await renorm(tensor([[3, 4], [0.3, 0.4]], { dtype: 'float64' }), 1, 0, 3.5).sum(1).round().array() // [3, 1]
 */
export function renorm(x: TensorLike, p: number, axis: number, most: number): Tensor {
  const t = asTensor(x)
  const at = axisOf('renorm', axis, t.rank)
  const norm = t.norm(t.shape.map((_, i) => i).filter(i => i !== at), { p, keepdims: true })
  return t.mul(where(norm.gt(most), norm.add(1e-7).reciprocal().mul(most), 1))
}
