/** @file Columns of windows summed into images. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { fold, foldNames, type FoldOptions } from '../../functional/shuffle.ts'
import { Module } from '../../module.ts'
import { sizes, times, type Size } from '../../sizes.ts'

/**
 * Columns of windows summed into images where they overlap (col2im), the transpose of Unfold.
 *
 * @remarks Input `[batch, channels·kh·kw, windows]` (or without batch), output `[batch, channels, ...outputSize]`
 * with ⌊(n + 2·padding − dilation·(k − 1) − 1)/stride⌋ + 1 windows on each axis.
 * @param outputSize - height and width of the images
 * @param kernelSize - of the window: a number, or `[height, width]`
 * @param options - `dilation` (1), `padding` (0), `stride` (1)
 * @throws ShapeError where the windows do not fit
 * @example
 * new nn.Fold([4, 5], 2).forward(randn([2, 12, 12])).shape // [2, 3, 4, 5]
 */
export class Fold extends Module {
  readonly outputSize: readonly number[]
  readonly kernelSize: readonly number[]
  readonly options: FoldOptions

  constructor(outputSize: Size, kernelSize: Size, options: FoldOptions = {}) {
    super()
    this.outputSize = sizes('Fold: the output size', outputSize, 2)
    this.kernelSize = sizes('Fold: the window', kernelSize, 2)
    checkOptions('Fold', options, foldNames)
    this.options = options
  }

  override forward(x: Tensor): Tensor { return fold(x, this.outputSize, this.kernelSize, this.options) }
  override describe(): string { return `Fold ${times(this.kernelSize)}` }
}
