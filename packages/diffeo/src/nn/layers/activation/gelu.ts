/** @file GELU. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { Module } from '../../module.ts'

/**
 * y = x·Φ(x) with the distribution function Φ of the standard normal; `approximate: 'tanh'` takes
 * ½x(1 + tanh(√(2/π)(x + 0.044715x³))). Hendrycks & Gimpel (2016).
 *
 * @remarks Input and output of any shape.
 * @param options - `approximate` ('none', 'tanh')
 * @example
 * new nn.GELU().forward(tensor([0, 100])) // [0, 100]
 */
export class GELU extends Module {
  readonly approximate: 'none' | 'tanh'

  constructor(options: { approximate?: 'none' | 'tanh' } = {}) {
    super()
    checkOptions('GELU', options, { approximate: true })
    this.approximate = options.approximate ?? 'none'
  }

  override forward(x: Tensor): Tensor { return x.gelu({ approximate: this.approximate }) }
  override describe(): string { return this.approximate === 'none' ? 'GELU' : `GELU ${this.approximate}` }
}
