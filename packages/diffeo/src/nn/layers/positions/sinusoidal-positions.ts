/** @file Positions as fixed waves. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { sinusoidalPositions } from '../../functional/positions.ts'
import { Module } from '../../module.ts'

export interface SinusoidalPositionsOptions { base?: number }

/**
 * Adds sin(p·base^(−2i/size)) to column 2i and the cosine to column 2i + 1 of the element at position p.
 *
 * @remarks Input and output `[…, length, size]`, size even. Vaswani et al., "Attention is all you need" (2017), 3.5.
 * @param options - `base` (10000)
 * @example
 * new nn.SinusoidalPositions().forward(zeros([2, 10, 64])).shape // [2, 10, 64]
 */
export class SinusoidalPositions extends Module<[x: Tensor, offset?: number | Tensor]> {
  readonly base: number

  constructor(options: SinusoidalPositionsOptions = {}) {
    super()
    checkOptions('SinusoidalPositions', options, { base: true })
    this.base = options.base ?? 10_000
  }

  /** `offset`: the position of the first element (0). */
  override forward(x: Tensor, offset: number | Tensor = 0): Tensor {
    return x.add(sinusoidalPositions(x, { base: this.base, offset }))
  }
  override describe(): string { return 'SinusoidalPositions' }
}
