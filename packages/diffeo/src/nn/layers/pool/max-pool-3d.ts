/** @file Maxima of windows, over three axes. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { maxPool3d, maxPoolNames, type MaxPoolOptions } from '../../functional/pool.ts'
import { maxPool3dWithIndices } from '../../functional/pool-indices.ts'
import { Module } from '../../module.ts'
import { sizes, times, type Size } from '../../sizes.ts'
import type { Chosen, IndexOption } from './indices.ts'

/**
 * The greatest element of each window: y[h, i, j] = max_{t,u,v} x[s·h + d·t, s·i + d·u, s·j + d·v]. The gradient goes
 * to the first greatest.
 *
 * @remarks Input `[batch, channels, depth, height, width]` (or without batch), output the same with sizes
 * ⌊(n + 2·padding − dilation·(k − 1) − 1)/stride⌋ + 1 (⌈…⌉ with `ceilMode`).
 * @param kernelSize - of the window: a number, or `[depth, height, width]`
 * @param options - `stride` (kernelSize), `padding` (0), `dilation` (1), `ceilMode` (false), `returnIndices`
 * (false): the places of the maxima too, row-major over the last axes of the input
 * @example
 * new nn.MaxPool3d(2).forward(randn([1, 2, 8, 8, 8])).shape // [1, 2, 4, 4, 4]
 */
export class MaxPool3d<I extends boolean = false> extends Module<[Tensor], Chosen<I>> {
  readonly kernelSize: Size
  readonly returnIndices: boolean
  readonly options: MaxPoolOptions

  constructor(kernelSize: Size, options: MaxPoolOptions & IndexOption<I> = {}) {
    super()
    this.kernelSize = sizes('MaxPool3d: the window', kernelSize, 3)
    checkOptions('MaxPool3d', options, { ...maxPoolNames, returnIndices: true })
    const { returnIndices = false, ...rest } = options
    this.returnIndices = returnIndices
    this.options = rest
  }

  override forward(x: Tensor): Chosen<I> {
    const pool = this.returnIndices ? maxPool3dWithIndices : maxPool3d
    return pool(x, this.kernelSize, this.options) as Chosen<I>
  }
  override describe(): string { return `MaxPool3d ${times(sizes('window', this.kernelSize, 3))}` }
}
