/** @file BCEWithLogitsLoss. */
import type { Tensor } from '../../tensor/index.ts'
import { checkOptions } from '../../util/options.ts'
import { Module } from '../module.ts'
import { bceWithLogitsNames, binaryCrossEntropyWithLogits, type BCEWithLogitsOptions } from './binary.ts'

/**
 * Binary cross entropy of sigmoid(x), stable for logits x of any size.
 *
 * @remarks Shapes: input and target of one shape, the target in [0, 1].
 * @param options - `weight` (broadcasts), `posWeight` (of positive targets, broadcasts), `reduction` ('mean')
 * @example
 * new nn.BCEWithLogitsLoss().forward(tensor([0]), tensor([1])) // 0.693
 */
export class BCEWithLogitsLoss extends Module<[input: Tensor, target: Tensor]> {
  readonly options: BCEWithLogitsOptions

  constructor(options: BCEWithLogitsOptions = {}) {
    super()
    checkOptions('BCEWithLogitsLoss', options, bceWithLogitsNames)
    this.options = options
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropyWithLogits(input, target, this.options)
  }
}
