/** @file Positions as rotations. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { rotaryPositions } from '../../functional/positions.ts'
import { Module } from '../../module.ts'

export interface RotaryPositionsOptions { base?: number; interleaved?: boolean }

/**
 * Turns each pair of columns of queries or keys by an angle that grows with the position.
 *
 * @remarks Input and output `[…, length, size]`, size even. Su et al., "RoFormer" (2021).
 * @param options - `base` (10000); `interleaved` (false): pairs are (2i, 2i + 1) instead of (i, i + size/2)
 * @example
 * new nn.RotaryPositions().forward(randn([2, 4, 10, 16])).shape // [2, 4, 10, 16]
 */
export class RotaryPositions extends Module<[x: Tensor, offset?: number | Tensor]> {
  readonly base: number
  readonly interleaved: boolean

  constructor(options: RotaryPositionsOptions = {}) {
    super()
    checkOptions('RotaryPositions', options, { base: true, interleaved: true })
    this.base = options.base ?? 10_000
    this.interleaved = options.interleaved ?? false
  }

  /** `offset`: the position of the first element (0). */
  override forward(x: Tensor, offset: number | Tensor = 0): Tensor {
    return rotaryPositions(x, { base: this.base, interleaved: this.interleaved, offset })
  }
  override describe(): string { return 'RotaryPositions' }
}
