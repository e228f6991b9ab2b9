/** @file Schroff et al., "FaceNet" (2015); the swap is that of Balntas et al. (2016). */
import type { Tensor } from '../../tensor/index.ts'
import { DiffeoError } from '../../util/errors.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { Module } from '../module.ts'
import { checkPair, reduced, reductionNames, type ReductionOptions } from './reduction.ts'

export interface TripletMarginWithDistanceOptions extends ReductionOptions {
  margin?: number
  /** Whether the negative may be compared with the positive instead, where these are nearer. */
  swap?: boolean
  /** The distance of two tensors `[N, D]`, one a row; Euclidean unless given. */
  distanceFunction?: ((a: Tensor, b: Tensor) => Tensor) | null
}
export interface TripletMarginOptions extends ReductionOptions {
  margin?: number
  /** The norm of the distance. */
  p?: number
  /** Added to each difference. */
  eps?: number
  swap?: boolean
}
const distanceNames: Names<TripletMarginWithDistanceOptions> = {
  ...reductionNames, margin: true, swap: true, distanceFunction: true,
}
const names: Names<TripletMarginOptions> = { ...reductionNames, margin: true, p: true, eps: true, swap: true }

const distance = (p = 2, eps = 1e-6) => (a: Tensor, b: Tensor): Tensor => a.sub(b).add(eps).norm(-1, { p })

function tripletLoss(
  op: string,
  [anchor, positive, negative]: readonly [Tensor, Tensor, Tensor],
  { margin = 1, swap = false, distanceFunction, reduction }: TripletMarginWithDistanceOptions,
): Tensor {
  if (!(margin > 0)) throw new DiffeoError(`${op}: margin is ${margin}, and must be above 0`)
  checkPair(op, anchor, positive, 'anchor', 'positive')
  checkPair(op, anchor, negative, 'anchor', 'negative')
  const between = distanceFunction ?? distance()
  const far = between(anchor, negative)
  const apart = swap ? far.minimum(between(positive, negative)) : far
  return reduced(op, between(anchor, positive).sub(apart).add(margin).relu(), reduction)
}

/**
 * max(0, d(a, p) − d(a, n) + margin) with d(x, y) = ‖x − y + eps‖_p over the last axis.
 *
 * @param anchor - `[N, D]` or `[D]`, as `positive` and `negative`
 * @param options - `margin` (1), `p` (2), `eps` (1e-6), `swap` (false), `reduction` ('mean')
 * @throws ShapeError unless all have one shape
 * @example nn.tripletMarginLoss(anchor, positive, negative, { margin: 0.2 })
 */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletMarginOptions = {},
): Tensor {
  checkOptions('tripletMarginLoss', options, names)
  const { p, eps, ...rest } = options
  const distanceFunction = distance(p, eps)
  return tripletLoss('tripletMarginLoss', [anchor, positive, negative], { ...rest, distanceFunction })
}

/**
 * max(0, d(a, p) − d(a, n) + margin) with a distance d of one's own.
 *
 * @param options - `distanceFunction` (Euclidean), `margin` (1), `swap` (false), `reduction` ('mean')
 * @throws ShapeError unless all have one shape
 * @example
 * const distanceFunction = (a: Tensor, b: Tensor) => a.sub(b).abs().amax(1)
 * nn.tripletMarginWithDistanceLoss(anchor, positive, negative, { distanceFunction })
 */
export function tripletMarginWithDistanceLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletMarginWithDistanceOptions = {},
): Tensor {
  checkOptions('tripletMarginWithDistanceLoss', options, distanceNames)
  return tripletLoss('tripletMarginWithDistanceLoss', [anchor, positive, negative], options)
}

/**
 * max(0, d(a, p) − d(a, n) + margin) with d(x, y) = ‖x − y + eps‖_p.
 *
 * @remarks Shapes: all `[N, D]` or `[D]`.
 * @param options - `margin` (1), `p` (2), `eps` (1e-6), `swap` (false), `reduction` ('mean')
 * @example
 * new nn.TripletMarginLoss().forward(tensor([[0, 0]]), tensor([[0, 1]]), tensor([[2, 0]])) // 0
 */
export class TripletMarginLoss extends Module<[anchor: Tensor, positive: Tensor, negative: Tensor]> {
  readonly options: TripletMarginOptions

  constructor(options: TripletMarginOptions = {}) {
    super()
    checkOptions('TripletMarginLoss', options, names)
    this.options = options
  }

  override forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return tripletMarginLoss(anchor, positive, negative, this.options)
  }
}

/**
 * max(0, d(a, p) − d(a, n) + margin) with a distance d of one's own.
 *
 * @remarks Shapes: all of one.
 * @param options - `distanceFunction` (Euclidean), `margin` (1), `swap` (false), `reduction` ('mean')
 * @example
 * const distanceFunction = (a: Tensor, b: Tensor) => a.sub(b).abs().amax(1)
 * new nn.TripletMarginWithDistanceLoss({ distanceFunction }).forward(anchor, positive, negative)
 */
export class TripletMarginWithDistanceLoss extends Module<[anchor: Tensor, positive: Tensor, negative: Tensor]> {
  readonly options: TripletMarginWithDistanceOptions

  constructor(options: TripletMarginWithDistanceOptions = {}) {
    super()
    checkOptions('TripletMarginWithDistanceLoss', options, distanceNames)
    this.options = options
  }

  override forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return tripletMarginWithDistanceLoss(anchor, positive, negative, this.options)
  }
}
