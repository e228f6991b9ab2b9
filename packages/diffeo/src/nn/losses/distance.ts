/** @file Losses of the difference between input and target. */
import { where, type Tensor } from '../../tensor/index.ts'
import { ShapeError } from '../../util/errors.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { checkPair, likeInput, reduced, reductionNames, type ReductionOptions } from './reduction.ts'

export type HuberOptions = ReductionOptions & { delta?: number }
export const huberNames: Names<HuberOptions> = { ...reductionNames, delta: true }
export type SmoothL1Options = ReductionOptions & { beta?: number }
export const smoothL1Names: Names<SmoothL1Options> = { ...reductionNames, beta: true }

function difference(op: string, input: Tensor, target: Tensor): Tensor {
  checkPair(op, input, target)
  return input.sub(likeInput(target, input))
}

/**
 * (x − y)², of two tensors of one shape.
 *
 * @param options - `reduction` ('mean')
 * @throws ShapeError unless both have one shape
 * @example nn.mseLoss(model.forward(x), y)
 */
export function mseLoss(input: Tensor, target: Tensor, options: ReductionOptions = {}): Tensor {
  checkOptions('mseLoss', options, reductionNames)
  return reduced('mseLoss', difference('mseLoss', input, target).square(), options.reduction)
}

/**
 * |x − y|, of two tensors of one shape; gradient 0 where they are equal.
 *
 * @param options - `reduction` ('mean')
 * @throws ShapeError unless both have one shape
 * @example nn.l1Loss(model.forward(x), y)
 */
export function l1Loss(input: Tensor, target: Tensor, options: ReductionOptions = {}): Tensor {
  checkOptions('l1Loss', options, reductionNames)
  return reduced('l1Loss', difference('l1Loss', input, target).abs(), options.reduction)
}

/**
 * ½d² where |d| ≤ delta, else delta · (|d| − ½delta), with d = x − y. Huber (1964).
 *
 * @param options - `delta` (1), `reduction` ('mean')
 * @throws ShapeError unless both have one shape
 * @example nn.huberLoss(model.forward(x), y, { delta: 0.5 })
 */
export function huberLoss(
  input: Tensor,
  target: Tensor,
  options: HuberOptions = {},
): Tensor {
  checkOptions('huberLoss', options, huberNames)
  const { delta = 1, reduction } = options
  if (!(delta > 0)) throw new ShapeError(`huberLoss: delta is ${delta}, and must be above 0`)
  const d = difference('huberLoss', input, target)
  const size = d.abs()
  return reduced('huberLoss', where(size.le(delta), d.square().mul(0.5), size.sub(delta / 2).mul(delta)), reduction)
}

/**
 * ½d²/beta where |d| < beta, else |d| − ½beta, with d = x − y; with beta 0 the L1 loss. Girshick (2015).
 *
 * @param options - `beta` (1), `reduction` ('mean')
 * @throws ShapeError unless both have one shape
 * @example nn.smoothL1Loss(model.forward(x), y, { beta: 0.1 })
 */
export function smoothL1Loss(
  input: Tensor,
  target: Tensor,
  options: SmoothL1Options = {},
): Tensor {
  checkOptions('smoothL1Loss', options, smoothL1Names)
  const { beta = 1, reduction } = options
  if (!(beta >= 0)) throw new ShapeError(`smoothL1Loss: beta is ${beta}, and must not be below 0`)
  const d = difference('smoothL1Loss', input, target)
  const size = d.abs()
  if (beta === 0) return reduced('smoothL1Loss', size, reduction)
  return reduced('smoothL1Loss', where(size.lt(beta), d.square().mul(0.5 / beta), size.sub(beta / 2)), reduction)
}
