/** @file Means of windows, over three axes. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { avgPool3d, avgPoolNames, type AvgPoolOptions } from '../../functional/pool.ts'
import { Module } from '../../module.ts'
import { sizes, times, type Size } from '../../sizes.ts'

/**
 * The mean of each window: y[h, i, j] = 1/(kd·kh·kw) · Σ_{t,u,v} x[s·h + t, s·i + u, s·j + v].
 *
 * @remarks Input `[batch, channels, depth, height, width]` (or without batch), output the same with sizes
 * ⌊(n + 2·padding − k)/stride⌋ + 1 (⌈…⌉ with `ceilMode`).
 * @param kernelSize - of the window: a number, or `[depth, height, width]`
 * @param options - `stride` (kernelSize), `padding` (0), `ceilMode` (false), `countIncludePad` (true),
 * `divisorOverride`
 * @example
 * new nn.AvgPool3d(2).forward(randn([1, 2, 8, 8, 8])).shape // [1, 2, 4, 4, 4]
 */
export class AvgPool3d extends Module {
  readonly kernelSize: readonly number[]
  readonly options: AvgPoolOptions

  constructor(kernelSize: Size, options: AvgPoolOptions = {}) {
    super()
    this.kernelSize = sizes('AvgPool3d: the window', kernelSize, 3)
    checkOptions('AvgPool3d', options, avgPoolNames)
    this.options = options
  }

  override forward(x: Tensor): Tensor { return avgPool3d(x, this.kernelSize, this.options) }
  override describe(): string { return `AvgPool3d ${times(this.kernelSize)}` }
}
