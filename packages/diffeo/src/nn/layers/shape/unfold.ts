/** @file The windows of images as columns. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { unfold, foldNames, type FoldOptions } from '../../functional/shuffle.ts'
import { Module } from '../../module.ts'
import { sizes, times, type Size } from '../../sizes.ts'

/**
 * The windows of images as columns (im2col), each with its pixels channel by channel.
 *
 * @remarks Input `[batch, channels, height, width]` (or without batch), output `[batch, channels·kh·kw, windows]`
 * with ⌊(n + 2·padding − dilation·(k − 1) − 1)/stride⌋ + 1 windows on each axis.
 * @param kernelSize - of the window: a number, or `[height, width]`
 * @param options - `dilation` (1), `padding` (0), `stride` (1)
 * @throws ShapeError where the windows do not fit
 * @example
 * new nn.Unfold(2).forward(randn([2, 3, 4, 5])).shape // [2, 12, 12]
 */
export class Unfold extends Module {
  readonly kernelSize: readonly number[]
  readonly options: FoldOptions

  constructor(kernelSize: Size, options: FoldOptions = {}) {
    super()
    this.kernelSize = sizes('Unfold: the window', kernelSize, 2)
    checkOptions('Unfold', options, foldNames)
    this.options = options
  }

  override forward(x: Tensor): Tensor { return unfold(x, this.kernelSize, this.options) }
  override describe(): string { return `Unfold ${times(this.kernelSize)}` }
}
