/** @file Dropout of whole channels of 2 axes. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkProbability, dropout2d } from '../../functional/dropout.ts'
import { Module } from '../../module.ts'

/**
 * In training each channel of each example is 0 with probability p, else x/(1 − p); in evaluation y = x.
 *
 * @remarks Input and output `[batch, channels, height, width]`, or without batch. Tompson et al., "Efficient object
 * localization using convolutional networks" (2015).
 * @param p - the probability of 0 (0.5)
 * @throws ShapeError unless p is a probability, or of inputs of other ranks
 * @example
 * new nn.Dropout2d(0.2).forward(randn([2, 3, 5, 5])).shape // [2, 3, 5, 5]
 */
export class Dropout2d extends Module {
  readonly p: number

  constructor(p = 0.5) {
    super()
    this.p = checkProbability('Dropout2d', p)
  }

  override forward(x: Tensor): Tensor { return dropout2d(x, this.p, { training: this.training }) }
  override describe(): string { return `Dropout2d ${this.p}` }
}
