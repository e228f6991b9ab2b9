/** @file ELU. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
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

  constructor(options: { alpha?: number } = {}) {
    super()
    checkOptions('ELU', options, { alpha: true })
    this.alpha = options.alpha ?? 1
  }

  override forward(x: Tensor): Tensor { return x.elu(this.alpha) }
  override describe(): string { return `ELU ${this.alpha}` }
}
