/** @file BCELoss. */
import type { Tensor } from '../../tensor/index.ts'
import { checkOptions } from '../../util/options.ts'
import { Module } from '../module.ts'
import { bceNames, binaryCrossEntropy, type BCEOptions } from './binary.ts'

/**
 * −(y·log x + (1 − y)·log(1 − x)) of probabilities x. From logits use BCEWithLogitsLoss, which is stable.
 *
 * @remarks Shapes: input and target of one shape, in [0, 1].
 * @param options - `weight` (broadcasts), `reduction` ('mean')
 * @example
 * new nn.BCELoss().forward(tensor([0.5]), tensor([1])) // 0.693
 */
export class BCELoss extends Module<[input: Tensor, target: Tensor]> {
  readonly options: BCEOptions

  constructor(options: BCEOptions = {}) {
    super()
    checkOptions('BCELoss', options, bceNames)
    this.options = options
  }

  override forward(input: Tensor, target: Tensor): Tensor { return binaryCrossEntropy(input, target, this.options) }
}
