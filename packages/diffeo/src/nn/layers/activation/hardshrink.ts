/** @file Hardshrink. */
import type { Tensor } from '../../../tensor/index.ts'
import { hardshrink } from '../../functional/activation.ts'
import { Module } from '../../module.ts'

/**
 * y = x where |x| > λ, else 0.
 *
 * @remarks Input and output of any shape.
 * @param lambda - λ (0.5)
 * @example
 * new nn.Hardshrink().forward(tensor([-2, 0.3, 1])) // [-2, 0, 1]
 */
export class Hardshrink extends Module {
  readonly lambda: number

  constructor(lambda = 0.5) {
    super()
    this.lambda = lambda
  }

  override forward(x: Tensor): Tensor { return hardshrink(x, this.lambda) }
  override describe(): string { return `Hardshrink ${this.lambda}` }
}
