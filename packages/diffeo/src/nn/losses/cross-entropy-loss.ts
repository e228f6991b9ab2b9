/** @file CrossEntropyLoss. */
import type { Buffer, Parameter, Tensor } from '../../tensor/index.ts'
import { checkOptions } from '../../util/options.ts'
import { Module } from '../module.ts'
import { crossEntropy, crossEntropyNames, type CrossEntropyOptions } from './cross-entropy.ts'
import { held } from './held.ts'

/**
 * −log softmax(logits)[label], from logits, stable for any size of them.
 *
 * @remarks Shapes: logits `[N, C]`, `[N, C, d1…]` or `[C]`; target whole-number labels `[N]`, `[N, d1…]`, `[]`,
 * or float probabilities of the logits' shape.
 * @param options - `weight` (one a class), `ignoreIndex` (−100), `labelSmoothing` (0), `reduction` ('mean')
 * @example
 * new nn.CrossEntropyLoss({ labelSmoothing: 0.1 }).forward(logits, labels)
 */
export class CrossEntropyLoss extends Module<[logits: Tensor, target: Tensor]> {
  readonly options: Omit<CrossEntropyOptions, 'weight'>
  /** Part of the state, as in PyTorch. */
  readonly weight: Buffer | Parameter | null

  constructor(options: CrossEntropyOptions = {}) {
    super()
    checkOptions('CrossEntropyLoss', options, crossEntropyNames)
    const { weight, ...rest } = options
    this.options = rest
    this.weight = held('weight', weight)
  }

  override forward(logits: Tensor, target: Tensor): Tensor {
    return crossEntropy(logits, target, { ...this.options, weight: this.weight })
  }
}
