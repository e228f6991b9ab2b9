/** @file CELU. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { celu } from '../../functional/activation.ts'
import { Module } from '../../module.ts'

/**
 * y = x where x > 0, else α(e^(x/α) − 1). Barron (2017).
 *
 * @remarks Input and output of any shape.
 * @param options - `alpha` (1)
 * @example
 * new nn.CELU({ alpha: 0.5 }).forward(tensor([-100, 2])) // [-0.5, 2]
 */
export class CELU extends Module {
  readonly alpha: number

  constructor(options: { alpha?: number } = {}) {
    super()
    checkOptions('CELU', options, { alpha: true })
    this.alpha = options.alpha ?? 1
  }

  override forward(x: Tensor): Tensor { return celu(x, { alpha: this.alpha }) }
  override describe(): string { return `CELU ${this.alpha}` }
}
