/** @file Dropout of whole channels for self-normalizing networks. */
import type { Tensor } from '../../../tensor/index.ts'
import { featureAlphaDropout, checkProbability } from '../../functional/dropout.ts'
import { Module } from '../../module.ts'

/**
 * AlphaDropout of whole channels: in training each channel of each example is selu's lowest value −1.7581 with
 * probability p, and the result is scaled and shifted so that mean 0 and variance 1 stay; in evaluation y = x.
 *
 * @remarks Input and output `[batch, channels, ...]`.
 * @param p - the probability with which a channel is dropped (0.5)
 * @throws ShapeError unless p is a probability
 * @example
 * new nn.FeatureAlphaDropout(0.2).eval().forward(ones([1, 3])) // [[1, 1, 1]]
 */
export class FeatureAlphaDropout extends Module {
  readonly p: number

  constructor(p = 0.5) {
    super()
    this.p = checkProbability('FeatureAlphaDropout', p)
  }

  override forward(x: Tensor): Tensor { return featureAlphaDropout(x, this.p, { training: this.training }) }
  override describe(): string { return `FeatureAlphaDropout ${this.p}` }
}
