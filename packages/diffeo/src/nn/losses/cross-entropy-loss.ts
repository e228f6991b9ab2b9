/** @file CrossEntropyLoss. */
import type { Tensor } from '../../tensor/index.ts'
import { checkOptions } from '../../util/options.ts'
import { Module } from '../module.ts'
import { crossEntropy, crossEntropyNames, type CrossEntropyOptions } from './cross-entropy.ts'

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
  readonly options: CrossEntropyOptions

  constructor(options: CrossEntropyOptions = {}) {
    super()
    checkOptions('CrossEntropyLoss', options, crossEntropyNames)
    this.options = options
  }

  override forward(logits: Tensor, target: Tensor): Tensor { return crossEntropy(logits, target, this.options) }
}
