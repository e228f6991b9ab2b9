/** @file ELU. */
import type { Tensor } from '../../../tensor/index.ts'
import { Module } from '../../module.ts'

/**
 * y = x where x > 0, else α(eˣ − 1). Clevert et al. (2015).
 *
 * @remarks Input and output of any shape.
 * @param options - `alpha` (1)
 * @example
 * new nn.ELU({ alpha: 0.5 }).forward(tensor([-100, 2])) // [-0.5, 2]
 */
export class ELU extends Module {
  readonly alpha: number

  constructor({ alpha = 1 }: { alpha?: number } = {}) {
    super()
    this.alpha = alpha
  }

  override forward(x: Tensor): Tensor { return x.elu(this.alpha) }
  override describe(): string { return `ELU ${this.alpha}` }
}
