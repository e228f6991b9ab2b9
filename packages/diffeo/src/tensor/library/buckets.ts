/** @file Places in sorted rows, and counts: searchsorted, bucketize, histograms, bincount, unique. */
import { isInteger } from '../../graph/dtype.ts'
import { DTypeError, ShapeError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import { arange, asTensor, full, onesLike, tensor, where, zeros, zerosLike } from '../create.ts'
import type { Tensor, TensorLike } from '../tensor.ts'

export interface SearchOptions {
  /** The place behind equal elements, not before them. */
  right?: boolean
}

/** How many of the row's elements are below v (with `right` not above): by halving, all values at once. */
function placesIn(rows: Tensor, values: Tensor, right: boolean): Tensor {
  const n = rows.shape.at(-1)!
  const axis = rows.rank - 1
  let place = zerosLike(values, { dtype: 'int32' })
  for (let step = 2 ** Math.floor(Math.log2(Math.max(1, n))); step >= 1; step /= 2) {
    const next = place.add(step)
    const element = n === 0 ? values : rows.gather(axis, next.sub(1).clamp(0, n - 1))
    // so written, NaN is above all
    const goes = next.le(n).and((right ? element.gt(values) : element.ge(values)).not())
    place = where(goes, next, place)
  }
  return place
}

/**
 * Where values `[..., m]` stand in rows `[..., n]` that are sorted: int32, how many elements are less (with `right` not
 * greater). The rows may be one vector for values of any shape.
 *
 * @throws ShapeError where the leading axes differ
 * @example await searchsorted(tensor([1, 3, 5]), tensor([3, 4])).array() // [1, 2]
 */
export function searchsorted(sorted: TensorLike, values: TensorLike, options: SearchOptions = {}): Tensor {
  checkOptions('searchsorted', options, { right: true })
  const rows = asTensor(sorted, (values as Partial<Tensor>).device)
  const v = asTensor(values, rows.device)
  if (rows.rank === 0) throw new ShapeError('searchsorted: the sorted tensor is 0-d, and must be a vector or rows')
  if (rows.rank === 1) return placesIn(rows, v.flatten().cast(rows.dtype), options.right ?? false).reshape(v.shape)
  if (v.rank !== rows.rank || v.shape.slice(0, -1).join() !== rows.shape.slice(0, -1).join()) {
    throw new ShapeError(
      `searchsorted: rows of shape [${rows.shape.join(', ')}] and values of [${v.shape.join(', ')}] differ in front`,
    )
  }
  return placesIn(rows, v.cast(rows.dtype), options.right ?? false)
}

/**
 * The bucket of each value between sorted boundaries: `searchsorted` with the arguments the other way round.
 *
 * @example await bucketize(tensor([0.5, 2]), tensor([0, 1, 3])).array() // [1, 2]
 */
export const bucketize = (values: TensorLike, boundaries: TensorLike, options: SearchOptions = {}): Tensor =>
  searchsorted(boundaries, values, options)

/** Sums of weights by bin; −1 is no bin. */
function countBy(bins: Tensor, weights: Tensor, count: number): Tensor {
  const counts = weights.mul(where(bins.lt(0), 0, 1).cast(weights.dtype))
  return zeros([count], { dtype: weights.dtype, device: bins.device }).scatterAdd(0, where(bins.lt(0), 0, bins), counts)
}

function checkBins(op: string, bins: number): void {
  if (!Number.isInteger(bins) || bins < 1) throw new ShapeError(`${op}: bins is ${bins}, and must be from 1 up`)
}

export interface HistogramOptions {
  /** From the least to the greatest element unless given. */
  range?: readonly [number, number]
  weights?: Tensor
  /** Divided by the sum and the bins' widths. */
  density?: boolean
}

/**
 * `{ hist, binEdges }`: how many elements lie in each of `bins` equal bins, or between the edges of a vector. The last
 * bin has both its edges; what lies outside is not counted.
 *
 * @example
 * const { hist } = histogram(tensor([1, 2, 1]), 4, { range: [0, 3] })
 * await hist.array() // [0, 2, 1, 0]
 */
export function histogram(
  x: Tensor, bins: number | Tensor, options: HistogramOptions = {},
): { hist: Tensor; binEdges: Tensor } {
  checkOptions('histogram', options, { range: true, weights: true, density: true })
  const flat = x.flatten()
  const weights = options.weights?.flatten() ?? onesLike(flat)
  const binEdges = typeof bins === 'number' ? equalEdges('histogram', flat, bins, options.range) : bins
  const count = binEdges.shape[0] - 1
  const edge = (i: number): Tensor => binEdges.split([i, 1, count - i])[1].reshape([])
  const place = placesIn(binEdges, flat.cast(binEdges.dtype), true).sub(1)
  const isIn = flat.ge(edge(0)).and(flat.le(edge(count)))
  const hist = countBy(where(isIn, place.minimum(count - 1), -1), weights, count)
  if (!options.density) return { hist, binEdges }
  const [low, high] = [binEdges.split([count, 1])[0], binEdges.split([1, count])[1]]
  return { hist: hist.div(hist.sum()).div(high.sub(low)), binEdges }
}

function equalEdges(op: string, flat: Tensor, bins: number, range?: readonly [number, number]): Tensor {
  checkBins(op, bins)
  const [low, high] = range
    ? range.map(r => full([], r, { dtype: flat.dtype, device: flat.device }))
    : [flat.min(), flat.max()]
  // of equal ends a bin is made around them
  const same = low.eq(high)
  const [from, to] = [where(same, low.sub(0.5), low), where(same, high.add(0.5), high)]
  const t = arange(bins + 1, { dtype: flat.dtype, device: flat.device }).div(bins)
  return from.mul(t.neg().add(1)).add(to.mul(t))
}

/**
 * How many elements lie in each of `bins` (100) equal bins from `min` to `max` (x's own least and greatest where both
 * are equal), in x's dtype. The same as `histogram(x, bins).hist`, under PyTorch's other name.
 */
export function histc(x: Tensor, options: { bins?: number; min?: number; max?: number } = {}): Tensor {
  checkOptions('histc', options, { bins: true, min: true, max: true })
  const { bins = 100, min = 0, max = 0 } = options
  return histogram(x, bins, min === max ? {} : { range: [min, max] }).hist
}

export interface BincountOptions {
  weights?: Tensor
  minLength?: number
  /** How many counts there are: then no value is read, and it may stand in compile. */
  length?: number
}

/**
 * How often each number from 0 to the greatest stands in x, a vector of integers: int32, or sums of the weights in
 * their dtype. The greatest is data: inside compile say `length` (greater numbers are an error at run time).
 *
 * @throws DTypeError of floats
 * @example await bincount(tensor([1, 1, 3], { dtype: 'int32' })).array() // [0, 2, 0, 1]
 */
export function bincount(x: Tensor, options: BincountOptions = {}): Tensor {
  checkOptions('bincount', options, { weights: true, minLength: true, length: true })
  if (!isInteger(x.dtype)) throw new DTypeError(`bincount: takes integers, got ${x.dtype}`)
  if (x.rank !== 1) throw new ShapeError(`bincount: takes a vector, got shape [${x.shape.join(', ')}]`)
  const { weights = onesLike(x, { dtype: 'int32' }), minLength = 0, length } = options
  const least = length ?? Math.max(minLength, x.size === 0 ? 0 : x.max().itemSync() + 1)
  return zeros([least], { dtype: weights.dtype, device: x.device }).scatterAdd(0, x, weights)
}

export interface Unique {
  values: Tensor
  /** For each element (slice) of x its place in `values`: int32. */
  inverse: Tensor
  /** How often each is there: int32. */
  counts: Tensor
}

/** x's slices along the axis as lists of numbers, or its elements. */
function slicesOf(x: Tensor, axis: number | undefined): { rows: Tensor; keys: Float64Array[] } {
  const rows = axis === undefined ? x.flatten().unsqueeze(1) : x.moveAxis(axis, 0).reshape(x.shape.at(axis)!, -1)
  const data = Float64Array.from(rows.dataSync())
  const width = rows.shape[1]
  return { rows, keys: Array.from({ length: rows.shape[0] }, (_, i) => data.subarray(i * width, (i + 1) * width)) }
}
const compare = (a: Float64Array, b: Float64Array): number => {
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i] && !(Number.isNaN(a[i]) && Number.isNaN(b[i]))) return Number.isNaN(a[i]) || a[i] > b[i] ? 1 : -1
  }
  return 0
}

function gathered(
  x: Tensor,
  axis: number | undefined,
  order: readonly number[],
  keys: readonly Float64Array[],
): Unique {
  const firsts: number[] = []
  const counts: number[] = []
  const inverse = new Int32Array(order.length)
  order.forEach((i, k) => {
    // NaN equals nothing, not even itself, as in PyTorch
    const same = k > 0 && compare(keys[order[k - 1]], keys[i]) === 0 && !keys[i].some(Number.isNaN)
    if (!same) { firsts.push(i); counts.push(0) }
    counts[counts.length - 1]++
    inverse[i] = firsts.length - 1
  })
  const ids = tensor(Int32Array.from(firsts), { device: x.device })
  const { device } = x
  return {
    values: axis === undefined ? x.flatten().indexSelect(0, ids) : x.indexSelect(axis, ids),
    inverse: tensor(inverse, { device, shape: axis === undefined ? x.shape : [inverse.length] }),
    counts: tensor(Int32Array.from(counts), { device }),
  }
}

/**
 * The different elements of x in order (or slices along `axis`, in lexical order), where they are in x and how often:
 * `{ values, inverse, counts }`. Their number is data, so not inside compile. The gradient of `values` goes to the
 * first of each.
 *
 * @example
 * const { values, counts } = unique(tensor([3, 1, 3]))
 * [await values.array(), await counts.array()] // [[1, 3], [1, 2]]
 */
export function unique(x: Tensor, options: { axis?: number } = {}): Unique {
  checkOptions('unique', options, { axis: true })
  const { keys } = slicesOf(x, options.axis)
  const order = keys.map((_, i) => i).sort((i, j) => compare(keys[i], keys[j]) || i - j)
  return gathered(x, options.axis, order, keys)
}

/** The same of runs of equal elements: what comes again after another counts anew. */
export function uniqueConsecutive(x: Tensor, options: { axis?: number } = {}): Unique {
  checkOptions('uniqueConsecutive', options, { axis: true })
  const { keys } = slicesOf(x, options.axis)
  return gathered(x, options.axis, keys.map((_, i) => i), keys)
}
