/** @file NLLLoss. */
import type { Buffer, Parameter, Tensor } from '../../tensor/index.ts'
import { checkOptions } from '../../util/options.ts'
import { Module } from '../module.ts'
import { nllLoss, nllNames, type NLLLossOptions } from './nll.ts'
import { held } from './held.ts'

/**
 * −logProbabilities[label], what follows LogSoftmax.
 *
 * @remarks Shapes: as CrossEntropyLoss, with labels only.
 * @param options - `weight` (one a class), `ignoreIndex` (−100), `reduction` ('mean')
 * @example
 * new nn.NLLLoss().forward(logits.logSoftmax(1), labels)
 */
export class NLLLoss extends Module<[input: Tensor, target: Tensor]> {
  readonly options: Omit<NLLLossOptions, 'weight'>
  /** Part of the state, as in PyTorch. */
  readonly weight: Buffer | Parameter | null

  constructor(options: NLLLossOptions = {}) {
    super()
    checkOptions('NLLLoss', options, nllNames)
    const { weight, ...rest } = options
    this.options = rest
    this.weight = held('weight', weight)
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return nllLoss(input, target, { ...this.options, weight: this.weight })
  }
}
