/** @file Dropout for self-normalizing networks. */
import type { Tensor } from '../../../tensor/index.ts'
import { alphaDropout, checkProbability } from '../../functional/dropout.ts'
import { Module } from '../../module.ts'

/**
 * In training each element is selu's lowest value −1.7581 with probability p, and the result is scaled and shifted so
 * that mean 0 and variance 1 stay; in evaluation y = x. Klambauer et al., "Self-normalizing neural networks" (2017).
 *
 * @remarks Input and output of any shape.
 * @param p - the probability with which an element is dropped (0.5)
 * @throws ShapeError unless p is a probability
 * @example
 * new nn.AlphaDropout(0.2).eval().forward(ones([1, 3])) // [[1, 1, 1]]
 */
export class AlphaDropout extends Module {
  readonly p: number

  constructor(p = 0.5) {
    super()
    this.p = checkProbability('AlphaDropout', p)
  }

  override forward(x: Tensor): Tensor { return alphaDropout(x, this.p, { training: this.training }) }
  override describe(): string { return `AlphaDropout ${this.p}` }
}
