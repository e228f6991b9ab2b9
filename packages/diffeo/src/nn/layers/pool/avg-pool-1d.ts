/** @file Means of windows, over one axis. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { avgPool1d, avgPoolNames, type AvgPoolOptions } from '../../functional/pool.ts'
import { Module } from '../../module.ts'
import { sizes, times, type Size } from '../../sizes.ts'

/**
 * The mean of each window: y[i] = 1/(k) · Σ_{u} x[s·i + u].
 *
 * @remarks Input `[batch, channels, length]` (or without batch), output the same with sizes
 * ⌊(n + 2·padding − k)/stride⌋ + 1 (⌈…⌉ with `ceilMode`).
 * @param kernelSize - of the window: a number
 * @param options - `stride` (kernelSize), `padding` (0), `ceilMode` (false), `countIncludePad` (true),
 * `divisorOverride`
 * @example
 * new nn.AvgPool1d(2).forward(randn([1, 8, 28])).shape // [1, 8, 14]
 */
export class AvgPool1d extends Module {
  readonly kernelSize: readonly number[]
  readonly options: AvgPoolOptions

  constructor(kernelSize: Size, options: AvgPoolOptions = {}) {
    super()
    this.kernelSize = sizes('AvgPool1d: the window', kernelSize, 1)
    checkOptions('AvgPool1d', options, avgPoolNames)
    this.options = options
  }

  override forward(x: Tensor): Tensor { return avgPool1d(x, this.kernelSize, this.options) }
  override describe(): string { return `AvgPool1d ${times(this.kernelSize)}` }
}
