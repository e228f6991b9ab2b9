/** @file KLDivLoss. */
import type { Tensor } from '../../tensor/index.ts'
import { checkOptions } from '../../util/options.ts'
import { Module } from '../module.ts'
import { klDiv, klDivNames, type KLDivOptions } from './kl-div.ts'

/**
 * The divergence Σ y·(log y − x) of log-probabilities x from probabilities y.
 *
 * @remarks Shapes: input and target of one shape.
 * @param options - `reduction` ('mean', also 'batchmean'), `logTarget` (false)
 * @example
 * new nn.KLDivLoss({ reduction: 'batchmean' }).forward(logits.logSoftmax(1), probabilities)
 */
export class KLDivLoss extends Module<[input: Tensor, target: Tensor]> {
  readonly options: KLDivOptions

  constructor(options: KLDivOptions = {}) {
    super()
    checkOptions('KLDivLoss', options, klDivNames)
    this.options = options
  }

  override forward(input: Tensor, target: Tensor): Tensor { return klDiv(input, target, this.options) }
}
