/** @file Maxima of windows. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { maxPool2d, maxPoolNames, type MaxPoolOptions } from '../../functional/pool.ts'
import { maxPool2dWithIndices } from '../../functional/pool-indices.ts'
import { Module } from '../../module.ts'
import { sizes, times, type Size } from '../../sizes.ts'
import type { Chosen, IndexOption } from './indices.ts'

/**
 * The greatest element of each window: y[i, j] = max_{u,v} x[s·i + d·u, s·j + d·v]. The gradient goes to the first
 * greatest.
 *
 * @remarks Input `[batch, channels, height, width]` (or without batch), output the same with sizes
 * ⌊(n + 2·padding − dilation·(k − 1) − 1)/stride⌋ + 1 (⌈…⌉ with `ceilMode`).
 * @param kernelSize - of the window: a number, or `[height, width]`
 * @param options - `stride` (kernelSize), `padding` (0), `dilation` (1), `ceilMode` (false), `returnIndices`
 * (false): the places of the maxima too, row-major over the last axes of the input
 * @example
 * new nn.MaxPool2d(2).forward(randn([1, 8, 28, 28])).shape // [1, 8, 14, 14]
 */
export class MaxPool2d<I extends boolean = false> extends Module<[Tensor], Chosen<I>> {
  readonly kernelSize: Size
  readonly returnIndices: boolean
  readonly options: MaxPoolOptions

  constructor(kernelSize: Size, options: MaxPoolOptions & IndexOption<I> = {}) {
    super()
    this.kernelSize = sizes('MaxPool2d: the window', kernelSize, 2)
    checkOptions('MaxPool2d', options, { ...maxPoolNames, returnIndices: true })
    const { returnIndices = false, ...rest } = options
    this.returnIndices = returnIndices
    this.options = rest
  }

  override forward(x: Tensor): Chosen<I> {
    const pool = this.returnIndices ? maxPool2dWithIndices : maxPool2d
    return pool(x, this.kernelSize, this.options) as Chosen<I>
  }
  override describe(): string { return `MaxPool2d ${times(sizes('window', this.kernelSize, 2))}` }
}
