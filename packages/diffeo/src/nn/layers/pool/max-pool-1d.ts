/** @file Maxima of windows, over one axis. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { maxPool1d, maxPoolNames, type MaxPoolOptions } from '../../functional/pool.ts'
import { Module } from '../../module.ts'
import { sizes, times, type Size } from '../../sizes.ts'

/**
 * The greatest element of each window: y[i] = max_{u} x[s·i + d·u]. The gradient goes to the first
 * greatest.
 *
 * @remarks Input `[batch, channels, length]` (or without batch), output the same with sizes
 * ⌊(n + 2·padding − dilation·(k − 1) − 1)/stride⌋ + 1 (⌈…⌉ with `ceilMode`).
 * @param kernelSize - of the window: a number
 * @param options - `stride` (kernelSize), `padding` (0), `dilation` (1), `ceilMode` (false)
 * @example
 * new nn.MaxPool1d(2).forward(randn([1, 8, 28])).shape // [1, 8, 14]
 */
export class MaxPool1d extends Module {
  readonly kernelSize: readonly number[]
  readonly options: MaxPoolOptions

  constructor(kernelSize: Size, options: MaxPoolOptions = {}) {
    super()
    this.kernelSize = sizes('MaxPool1d: the window', kernelSize, 1)
    checkOptions('MaxPool1d', options, maxPoolNames)
    this.options = options
  }

  override forward(x: Tensor): Tensor { return maxPool1d(x, this.kernelSize, this.options) }
  override describe(): string { return `MaxPool1d ${times(this.kernelSize)}` }
}
