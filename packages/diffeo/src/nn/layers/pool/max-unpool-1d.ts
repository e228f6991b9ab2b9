/** @file The opposite of max pooling over one axis. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { maxUnpool1d, maxUnpoolNames, type MaxUnpoolOptions } from '../../functional/pool-indices.ts'
import { Module } from '../../module.ts'
import { sizes, times, type Size } from '../../sizes.ts'

/**
 * Puts each value at the place that its index names, and 0 elsewhere: what is left of MaxPool1d's input.
 *
 * @remarks Input and indices `[batch, channels, length]` (or without batch), as MaxPool1d gives them with
 * `returnIndices`; output the same with sizes (n − 1)·stride − 2·padding + kernelSize, or as asked for.
 * @param kernelSize - of the window that was pooled
 * @param options - `stride` (kernelSize), `padding` (0)
 * @throws ShapeError where `outputSize` is a stride or more away from those sizes
 * @example
 * const [y, at] = new nn.MaxPool1d(2, { returnIndices: true }).forward(ones([1, 1, 4]))
 * new nn.MaxUnpool1d(2).forward(y, at).shape // [1, 1, 4]
 */
export class MaxUnpool1d extends Module<[x: Tensor, indices: Tensor, outputSize?: readonly number[]]> {
  readonly kernelSize: Size
  readonly options: Omit<MaxUnpoolOptions, 'outputSize'>

  constructor(kernelSize: Size, options: Omit<MaxUnpoolOptions, 'outputSize'> = {}) {
    super()
    const { outputSize: _, ...names } = maxUnpoolNames
    checkOptions('MaxUnpool1d', options, names)
    this.kernelSize = sizes('MaxUnpool1d: the window', kernelSize, 1)
    this.options = options
  }

  /** `outputSize`: the sizes of the last axes, where they are not the usual ones. */
  override forward(x: Tensor, indices: Tensor, outputSize?: readonly number[]): Tensor {
    return maxUnpool1d(x, indices, this.kernelSize, outputSize ? { ...this.options, outputSize } : this.options)
  }
  override describe(): string { return `MaxUnpool1d ${times(sizes('window', this.kernelSize, 1))}` }
}
