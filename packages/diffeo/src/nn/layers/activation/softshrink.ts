/** @file Softshrink. */
import type { Tensor } from '../../../tensor/index.ts'
import { softshrink } from '../../functional/activation.ts'
import { Module } from '../../module.ts'

/**
 * y = x − λ where x > λ, x + λ where x < −λ, else 0.
 *
 * @remarks Input and output of any shape.
 * @param lambda - λ (0.5)
 * @example
 * new nn.Softshrink().forward(tensor([-2, 0.3, 1])) // [-1.5, 0, 0.5]
 */
export class Softshrink extends Module {
  readonly lambda: number

  constructor(lambda = 0.5) {
    super()
    this.lambda = lambda
  }

  override forward(x: Tensor): Tensor { return softshrink(x, this.lambda) }
  override describe(): string { return `Softshrink ${this.lambda}` }
}
