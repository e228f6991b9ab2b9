/** @file RReLU. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { rrelu } from '../../functional/activation.ts'
import { Module } from '../../module.ts'

/**
 * y = x where x > 0, else a·x, with a from U(lower, upper) for each element in training, and (lower + upper)/2 in
 * evaluation. Xu et al., "Empirical evaluation of rectified activations" (2015).
 *
 * @remarks Input and output of any shape.
 * @param options - `lower` (1/8), `upper` (1/3)
 * @example
 * new nn.RReLU({ lower: 0.5, upper: 0.5 }).forward(tensor([-1, 2])) // [-0.5, 2]
 */
export class RReLU extends Module {
  readonly lower: number
  readonly upper: number

  constructor(options: { lower?: number; upper?: number } = {}) {
    super()
    checkOptions('RReLU', options, { lower: true, upper: true })
    this.lower = options.lower ?? 1 / 8
    this.upper = options.upper ?? 1 / 3
  }

  override forward(x: Tensor): Tensor {
    return rrelu(x, { lower: this.lower, upper: this.upper, training: this.training })
  }
  override describe(): string {
    return `RReLU ${this.lower}…${this.upper}`
  }
}
