/** @file Maxima of windows. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { maxPool2d, maxPoolNames, type MaxPoolOptions } from '../../functional/pool.ts'
import { Module } from '../../module.ts'
import { sizes, times, type Size } from '../../sizes.ts'

/**
 * The greatest element of each window: y[i, j] = max_{u,v} x[s·i + d·u, s·j + d·v]. The gradient goes to the first
 * greatest.
 *
 * @remarks Input `[batch, channels, height, width]` (or without batch), output the same with sizes
 * ⌊(n + 2·padding − dilation·(k − 1) − 1)/stride⌋ + 1 (⌈…⌉ with `ceilMode`).
 * @param kernelSize - of the window: a number, or `[height, width]`
 * @param options - `stride` (kernelSize), `padding` (0), `dilation` (1), `ceilMode` (false)
 * @example
 * new nn.MaxPool2d(2).forward(randn([1, 8, 28, 28])).shape // [1, 8, 14, 14]
 */
export class MaxPool2d extends Module {
  readonly kernelSize: Size
  readonly options: MaxPoolOptions

  constructor(kernelSize: Size, options: MaxPoolOptions = {}) {
    super()
    this.kernelSize = sizes('MaxPool2d: the window', kernelSize, 2)
    checkOptions('MaxPool2d', options, maxPoolNames)
    this.options = options
  }

  override forward(x: Tensor): Tensor { return maxPool2d(x, this.kernelSize, this.options) }
  override describe(): string { return `MaxPool2d ${times(sizes('window', this.kernelSize, 2))}` }
}
