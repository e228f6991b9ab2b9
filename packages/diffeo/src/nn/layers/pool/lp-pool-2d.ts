/** @file Power means of windows, without the division, over two axes. */
import type { Tensor } from '../../../tensor/index.ts'
import { ShapeError } from '../../../util/errors.ts'
import { checkOptions } from '../../../util/options.ts'
import { lpPool2d, lpPoolNames, type LpPoolOptions } from '../../functional/pool.ts'
import { Module } from '../../module.ts'
import { sizes, times, type Size } from '../../sizes.ts'

/**
 * The p-norm of each window: y[i, j] = (Σ_{u,v} x[s·i + u, s·j + v]ᵖ)^(1/p), where the sum is above 0,
 * else 0.
 *
 * @remarks Input `[batch, channels, height, width]` (or without batch), output the same with sizes
 * ⌊(n − k)/stride⌋ + 1 (⌈…⌉ with `ceilMode`).
 * @param p - the power, above 0
 * @param kernelSize - of the window: a number, or `[height, width]`
 * @param options - `stride` (kernelSize), `ceilMode` (false)
 * @example
 * new nn.LPPool2d(2, 2).forward(randn([1, 8, 28, 28])).shape // [1, 8, 14, 14]
 */
export class LPPool2d extends Module {
  readonly p: number
  readonly kernelSize: readonly number[]
  readonly options: LpPoolOptions

  constructor(p: number, kernelSize: Size, options: LpPoolOptions = {}) {
    super()
    if (!(p > 0)) throw new ShapeError(`LPPool2d: p is ${String(p)}: expected a number above 0`)
    this.p = p
    this.kernelSize = sizes('LPPool2d: the window', kernelSize, 2)
    checkOptions('LPPool2d', options, lpPoolNames)
    this.options = options
  }

  override forward(x: Tensor): Tensor { return lpPool2d(x, this.p, this.kernelSize, this.options) }
  override describe(): string { return `LPPool2d ${times(this.kernelSize)}` }
}
