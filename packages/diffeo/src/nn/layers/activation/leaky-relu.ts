/** @file LeakyReLU. */
import type { Tensor } from '../../../tensor/index.ts'
import { Module } from '../../module.ts'

/**
 * y = x where x > 0, else negativeSlope · x.
 *
 * @remarks Input and output of any shape.
 * @param negativeSlope - the slope below 0 (0.01)
 * @example
 * new nn.LeakyReLU(0.1).forward(tensor([-1, 2])) // [-0.1, 2]
 */
export class LeakyReLU extends Module {
  readonly negativeSlope: number

  constructor(negativeSlope = 0.01) {
    super()
    this.negativeSlope = negativeSlope
  }

  override forward(x: Tensor): Tensor { return x.leakyRelu(this.negativeSlope) }
  override describe(): string { return `LeakyReLU ${this.negativeSlope}` }
}
