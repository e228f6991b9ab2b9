/** @file Logistic loss of targets 1 and −1. */
import type { Tensor } from '../../tensor/index.ts'
import { checkOptions } from '../../util/options.ts'
import { Module } from '../module.ts'
import { checkPair, likeInput, reduced, reductionNames, type ReductionOptions } from './reduction.ts'

/**
 * log(1 + e^(−y·x)) for targets y of 1 and −1, stable for x of any size.
 *
 * @param options - `reduction` ('mean')
 * @example nn.softMarginLoss(scores, signs)
 */
export function softMarginLoss(input: Tensor, target: Tensor, options: ReductionOptions = {}): Tensor {
  checkOptions('softMarginLoss', options, reductionNames)
  checkPair('softMarginLoss', input, target)
  return reduced('softMarginLoss', likeInput(target, input).mul(input).logSigmoid().neg(), options.reduction)
}

/**
 * log(1 + e^(−y·x)) for targets y of 1 and −1.
 *
 * @remarks Shapes: input and target of one shape.
 * @param options - `reduction` ('mean')
 * @example
 * new nn.SoftMarginLoss().forward(tensor([0]), tensor([1])) // 0.693
 */
export class SoftMarginLoss extends Module<[input: Tensor, target: Tensor]> {
  readonly options: ReductionOptions

  constructor(options: ReductionOptions = {}) {
    super()
    checkOptions('SoftMarginLoss', options, reductionNames)
    this.options = options
  }

  override forward(input: Tensor, target: Tensor): Tensor { return softMarginLoss(input, target, this.options) }
}
