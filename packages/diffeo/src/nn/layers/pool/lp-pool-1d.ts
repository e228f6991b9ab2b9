/** @file Power means of windows, without the division, over one axis. */
import type { Tensor } from '../../../tensor/index.ts'
import { ShapeError } from '../../../util/errors.ts'
import { checkOptions } from '../../../util/options.ts'
import { lpPool1d, lpPoolNames, type LpPoolOptions } from '../../functional/pool.ts'
import { Module } from '../../module.ts'
import { sizes, times, type Size } from '../../sizes.ts'

/**
 * The p-norm of each window: y[i] = (Σ_{u} x[s·i + u]ᵖ)^(1/p), where the sum is above 0,
 * else 0.
 *
 * @remarks Input `[batch, channels, length]` (or without batch), output the same with sizes
 * ⌊(n − k)/stride⌋ + 1 (⌈…⌉ with `ceilMode`).
 * @param p - the power, above 0
 * @param kernelSize - of the window: a number
 * @param options - `stride` (kernelSize), `ceilMode` (false)
 * @example
 * new nn.LPPool1d(2, 2).forward(randn([1, 8, 28])).shape // [1, 8, 14]
 */
export class LPPool1d extends Module {
  readonly p: number
  readonly kernelSize: readonly number[]
  readonly options: LpPoolOptions

  constructor(p: number, kernelSize: Size, options: LpPoolOptions = {}) {
    super()
    if (!(p > 0)) throw new ShapeError(`LPPool1d: p is ${String(p)}: expected a number above 0`)
    this.p = p
    this.kernelSize = sizes('LPPool1d: the window', kernelSize, 1)
    checkOptions('LPPool1d', options, lpPoolNames)
    this.options = options
  }

  override forward(x: Tensor): Tensor { return lpPool1d(x, this.p, this.kernelSize, this.options) }
  override describe(): string { return `LPPool1d ${times(this.kernelSize)}` }
}
