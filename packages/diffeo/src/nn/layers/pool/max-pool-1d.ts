/** @file Maxima of windows, over one axis. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { maxPool1d, maxPoolNames, type MaxPoolOptions } from '../../functional/pool.ts'
import { maxPool1dWithIndices } from '../../functional/pool-indices.ts'
import { Module } from '../../module.ts'
import { sizes, times, type Size } from '../../sizes.ts'
import type { Chosen, IndexOption } from './indices.ts'

/**
 * The greatest element of each window: y[i] = max_{u} x[s·i + d·u]. The gradient goes to the first
 * greatest.
 *
 * @remarks Input `[batch, channels, length]` (or without batch), output the same with sizes
 * ⌊(n + 2·padding − dilation·(k − 1) − 1)/stride⌋ + 1 (⌈…⌉ with `ceilMode`).
 * @param kernelSize - of the window: a number
 * @param options - `stride` (kernelSize), `padding` (0), `dilation` (1), `ceilMode` (false), `returnIndices`
 * (false): the places of the maxima too, row-major over the last axes of the input
 * @example
 * new nn.MaxPool1d(2).forward(randn([1, 8, 28])).shape // [1, 8, 14]
 */
export class MaxPool1d<I extends boolean = false> extends Module<[Tensor], Chosen<I>> {
  readonly kernelSize: Size
  readonly returnIndices: boolean
  readonly options: MaxPoolOptions

  constructor(kernelSize: Size, options: MaxPoolOptions & IndexOption<I> = {}) {
    super()
    this.kernelSize = sizes('MaxPool1d: the window', kernelSize, 1)
    checkOptions('MaxPool1d', options, { ...maxPoolNames, returnIndices: true })
    const { returnIndices = false, ...rest } = options
    this.returnIndices = returnIndices
    this.options = rest
  }

  override forward(x: Tensor): Chosen<I> {
    const pool = this.returnIndices ? maxPool1dWithIndices : maxPool1d
    return pool(x, this.kernelSize, this.options) as Chosen<I>
  }
  override describe(): string { return `MaxPool1d ${times(sizes('window', this.kernelSize, 1))}` }
}
