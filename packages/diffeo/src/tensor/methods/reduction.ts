/** @file Methods that reduce, run along or sort axes. */
import * as r from '../functions/reduction.ts'
import type { Axes, Keep, Variance } from '../functions/reduction.ts'
import * as s from '../functions/sort.ts'
import type { QuantileOptions } from '../functions/sort.ts'
import { checkOptions } from '../../util/options.ts'
import type { TensorCore } from '../core.ts'
import { UnaryMethods } from './unary.ts'

interface Order { descending?: boolean }

export abstract class ReductionMethods<T extends TensorCore<T>> extends UnaryMethods<T> {
  // `axes`: one, several, or all if not given; negative ones count from the end. `keepdims` keeps them with size 1.

  /** Σx. Of bool and 8-bit integers: int32. */
  sum(axes?: Axes, keep?: Keep): T { return this.make(r.sum(this.node, axes, keep)) }
  /** Πx. Of bool and 8-bit integers: int32. */
  prod(axes?: Axes, keep?: Keep): T { return this.make(r.prod(this.node, axes, keep)) }
  /** The mean; of integers in float32. */
  mean(axes?: Axes, keep?: Keep): T { return this.make(r.mean(this.node, axes, keep)) }
  /**
   * The greatest, NaN if one is. Along one axis the gradient goes to the first greatest; over several it is shared
   * among ties.
   */
  max(axes?: Axes, keep?: Keep): T { return this.make(r.max(this.node, axes, keep)) }
  /** The least, NaN if one is; gradients as of max. */
  min(axes?: Axes, keep?: Keep): T { return this.make(r.min(this.node, axes, keep)) }
  /** The greatest; the gradient is shared evenly among ties. */
  amax(axes?: Axes, keep?: Keep): T { return this.make(r.amax(this.node, axes, keep)) }
  /** The least; the gradient is shared evenly among ties. */
  amin(axes?: Axes, keep?: Keep): T { return this.make(r.amin(this.node, axes, keep)) }
  /** bool: whether all are true (not zero). */
  all(axes?: Axes, keep?: Keep): T { return this.make(r.all(this.node, axes, keep)) }
  /** bool: whether any is true (not zero). */
  any(axes?: Axes, keep?: Keep): T { return this.make(r.any(this.node, axes, keep)) }
  /** How many are not zero. */
  countNonzero(axes?: Axes, keep?: Keep): T { return this.make(r.countNonzero(this.node, axes, keep)) }
  /** log Σeˣ, without overflow. */
  logsumexp(axes?: Axes, keep?: Keep): T { return this.make(r.logsumexp(this.node, axes, keep)) }
  /** Σ(x − mean)²/(n − correction), in two passes. @example x.var(0, { correction: 0 }) */
  var(axes?: Axes, options?: Variance): T { return this.make(r.variance(this.node, axes, options)) }
  /** √var, with gradient 0 where it is 0. */
  std(axes?: Axes, options?: Variance): T { return this.make(r.std(this.node, axes, options)) }
  /** (Σ|x|ᵖ)^(1/p), p = 2 unless given; 0, Infinity and −Infinity too. Gradient 0 at 0. @example x.norm(1, { p: 1 }) */
  norm(axes?: Axes, options: Keep & { p?: number } = {}): T {
    checkOptions('norm', options, { p: true, keepdims: true })
    const { p = 2, ...keep } = options
    return this.make(r.norm(this.node, p, axes, keep))
  }
  /** int32 position of the first greatest along the axis; in the flattened tensor without one. */
  argmax(axis?: number, keep?: Keep): T { return this.make(r.argmax(this.node, axis, keep)) }
  /** int32 position of the first least along the axis; in the flattened tensor without one. */
  argmin(axis?: number, keep?: Keep): T { return this.make(r.argmin(this.node, axis, keep)) }
  /** Running sums along the axis. */
  cumsum(axis: number): T { return this.make(r.cumsum(this.node, axis)) }
  /** Running products along the axis. */
  cumprod(axis: number): T { return this.make(r.cumprod(this.node, axis)) }
  /** Running maxima along the axis. */
  cummax(axis: number): T { return this.make(r.cummax(this.node, axis)) }
  /** Running minima along the axis. */
  cummin(axis: number): T { return this.make(r.cummin(this.node, axis)) }
  /** The lower of the two middle values; NaN if there is one. */
  median(axis?: number, keep: Keep = {}): T {
    checkOptions('median', keep, { keepdims: true })
    return this.make(s.median(this.node, axis, keep.keepdims))
  }
  /**
   * Between the nearest in order, by `interpolation` ('linear', 'lower', 'higher', 'midpoint', 'nearest'); several q
   * make a new first axis. @example x.quantile([0.1, 0.9], 0)
   */
  quantile(q: number | readonly number[], axis?: number, keep: QuantileOptions = {}): T {
    checkOptions('quantile', keep, { keepdims: true, interpolation: true })
    return this.make(s.quantile(this.node, q, axis, keep.keepdims, keep.interpolation))
  }
  /** eˣ/Σeˣ along the axis, without overflow. */
  softmax(axis: number): T { return this.make(r.softmax(this.node, axis)) }
  /** The logarithm of softmax, accurate where softmax is tiny. */
  logSoftmax(axis: number): T { return this.make(r.logSoftmax(this.node, axis)) }

  /** In order along the axis, stable, NaN as the greatest: `{ values, indices }`. */
  sort(axis = -1, options: Order = {}): { values: T; indices: T } {
    checkOptions('sort', options, { descending: true })
    const { values, indices } = s.sort(this.node, axis, options.descending)
    return { values: this.make(values), indices: this.make(indices) }
  }
  /** int32 positions that sort the axis. */
  argsort(axis = -1, options: Order = {}): T {
    checkOptions('argsort', options, { descending: true })
    return this.make(s.argsort(this.node, axis, options.descending))
  }
  /** The k greatest (least with `largest: false`) along the axis, in order: `{ values, indices }`. */
  topk(k: number, axis = -1, options: { largest?: boolean } = {}): { values: T; indices: T } {
    checkOptions('topk', options, { largest: true })
    const { values, indices } = s.topk(this.node, k, axis, options.largest)
    return { values: this.make(values), indices: this.make(indices) }
  }
}
