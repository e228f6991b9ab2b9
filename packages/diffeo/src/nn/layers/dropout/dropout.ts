/** @file Dropout. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkProbability, dropout } from '../../functional/dropout.ts'
import { Module } from '../../module.ts'

/**
 * In training each element is 0 with probability p, else x/(1 − p), so that the mean stays; in evaluation y = x.
 *
 * @remarks Input and output of any shape. Srivastava et al., "Dropout: a simple way to prevent neural networks from
 * overfitting" (2014).
 * @param p - the probability of 0 (0.5)
 * @example
 * const layer = new nn.Dropout(0.2)
 * layer.eval().forward(ones([3])) // [1, 1, 1]
 */
export class Dropout extends Module {
  readonly p: number

  constructor(p = 0.5) {
    super()
    this.p = checkProbability('Dropout', p)
  }

  override forward(x: Tensor): Tensor { return dropout(x, this.p, { training: this.training }) }
  override describe(): string { return `Dropout ${this.p}` }
}
