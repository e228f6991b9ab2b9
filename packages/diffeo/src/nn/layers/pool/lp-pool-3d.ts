/** @file Power means of windows, without the division, over three axes. */
import type { Tensor } from '../../../tensor/index.ts'
import { ShapeError } from '../../../util/errors.ts'
import { checkOptions } from '../../../util/options.ts'
import { lpPool3d, lpPoolNames, type LpPoolOptions } from '../../functional/pool.ts'
import { Module } from '../../module.ts'
import { sizes, times, type Size } from '../../sizes.ts'

/**
 * The p-norm of each window: y[h, i, j] = (Σ_{t,u,v} x[s·h + t, s·i + u, s·j + v]ᵖ)^(1/p), where the sum is above 0,
 * else 0.
 *
 * @remarks Input `[batch, channels, depth, height, width]` (or without batch), output the same with sizes
 * ⌊(n − k)/stride⌋ + 1 (⌈…⌉ with `ceilMode`).
 * @param p - the power, above 0
 * @param kernelSize - of the window: a number, or `[depth, height, width]`
 * @param options - `stride` (kernelSize), `ceilMode` (false)
 * @example
 * new nn.LPPool3d(2, 2).forward(randn([1, 2, 8, 8, 8])).shape // [1, 2, 4, 4, 4]
 */
export class LPPool3d extends Module {
  readonly p: number
  readonly kernelSize: readonly number[]
  readonly options: LpPoolOptions

  constructor(p: number, kernelSize: Size, options: LpPoolOptions = {}) {
    super()
    if (!(p > 0)) throw new ShapeError(`LPPool3d: p is ${String(p)}: expected a number above 0`)
    this.p = p
    this.kernelSize = sizes('LPPool3d: the window', kernelSize, 3)
    checkOptions('LPPool3d', options, lpPoolNames)
    this.options = options
  }

  override forward(x: Tensor): Tensor { return lpPool3d(x, this.p, this.kernelSize, this.options) }
  override describe(): string { return `LPPool3d ${times(this.kernelSize)}` }
}
