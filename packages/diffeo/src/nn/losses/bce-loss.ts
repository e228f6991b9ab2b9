/** @file BCELoss. */
import type { Buffer, Parameter, Tensor } from '../../tensor/index.ts'
import { checkOptions } from '../../util/options.ts'
import { Module } from '../module.ts'
import { bceNames, binaryCrossEntropy, type BCEOptions } from './binary.ts'
import { held } from './held.ts'

/**
 * −(y·log x + (1 − y)·log(1 − x)) of probabilities x. From logits use BCEWithLogitsLoss, which is stable.
 *
 * @remarks Shapes: input and target of one shape, in [0, 1].
 * @param options - `weight` (broadcasts), `reduction` ('mean')
 * @example
 * new nn.BCELoss().forward(tensor([0.5]), tensor([1])) // 0.693
 */
export class BCELoss extends Module<[input: Tensor, target: Tensor]> {
  readonly options: Omit<BCEOptions, 'weight'>
  /** Part of the state, as in PyTorch. */
  readonly weight: Buffer | Parameter | null

  constructor(options: BCEOptions = {}) {
    super()
    checkOptions('BCELoss', options, bceNames)
    const { weight, ...rest } = options
    this.options = rest
    this.weight = held('weight', weight)
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropy(input, target, { ...this.options, weight: this.weight })
  }
}
