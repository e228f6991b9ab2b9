/** @file Losses of the difference between input and target. */
import { where, type Tensor } from '../../tensor/index.ts'
import { ShapeError } from '../../util/errors.ts'
import { checkPair, likeInput, reduced, type ReductionOptions } from './reduction.ts'

function difference(op: string, input: Tensor, target: Tensor): Tensor {
  checkPair(op, input, target)
  return input.sub(likeInput(target, input))
}

/** (x − y)² */
export const mseLoss = (input: Tensor, target: Tensor, { reduction }: ReductionOptions = {}): Tensor =>
  reduced('mseLoss', difference('mseLoss', input, target).square(), reduction)

/** |x − y| */
export const l1Loss = (input: Tensor, target: Tensor, { reduction }: ReductionOptions = {}): Tensor =>
  reduced('l1Loss', difference('l1Loss', input, target).abs(), reduction)

/** ½d² where |d| ≤ delta, else delta · (|d| − ½delta). */
export function huberLoss(
  input: Tensor,
  target: Tensor,
  { delta = 1, reduction }: ReductionOptions & { delta?: number } = {},
): Tensor {
  if (!(delta > 0)) throw new ShapeError(`huberLoss: delta is ${delta}, and must be above 0`)
  const d = difference('huberLoss', input, target)
  const size = d.abs()
  return reduced('huberLoss', where(size.le(delta), d.square().mul(0.5), size.sub(delta / 2).mul(delta)), reduction)
}

/** ½d²/beta where |d| < beta, else |d| − ½beta; with beta 0 the L1 loss. */
export function smoothL1Loss(
  input: Tensor,
  target: Tensor,
  { beta = 1, reduction }: ReductionOptions & { beta?: number } = {},
): Tensor {
  if (!(beta >= 0)) throw new ShapeError(`smoothL1Loss: beta is ${beta}, and must not be below 0`)
  const d = difference('smoothL1Loss', input, target)
  const size = d.abs()
  if (beta === 0) return reduced('smoothL1Loss', size, reduction)
  return reduced('smoothL1Loss', where(size.lt(beta), d.square().mul(0.5 / beta), size.sub(beta / 2)), reduction)
}
