/** @file Means of windows. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { avgPool2d, avgPoolNames, type AvgPoolOptions } from '../../functional/pool.ts'
import { Module } from '../../module.ts'
import { sizes, times, type Size } from '../../sizes.ts'

/**
 * The mean of each window: y[i, j] = 1/(kh·kw) · Σ_{u,v} x[s·i + u, s·j + v].
 *
 * @remarks Input `[batch, channels, height, width]` (or without batch), output the same with sizes
 * ⌊(n + 2·padding − k)/stride⌋ + 1 (⌈…⌉ with `ceilMode`).
 * @param kernelSize - of the window: a number, or `[height, width]`
 * @param options - `stride` (kernelSize), `padding` (0), `ceilMode` (false), `countIncludePad` (true),
 * `divisorOverride`
 * @example
 * new nn.AvgPool2d(2).forward(randn([1, 8, 28, 28])).shape // [1, 8, 14, 14]
 */
export class AvgPool2d extends Module {
  readonly kernelSize: Size
  readonly options: AvgPoolOptions

  constructor(kernelSize: Size, options: AvgPoolOptions = {}) {
    super()
    this.kernelSize = sizes('AvgPool2d: the window', kernelSize, 2)
    checkOptions('AvgPool2d', options, avgPoolNames)
    this.options = options
  }

  override forward(x: Tensor): Tensor { return avgPool2d(x, this.kernelSize, this.options) }
  override describe(): string { return `AvgPool2d ${times(sizes('window', this.kernelSize, 2))}` }
}
