/** @file Maxima of random windows over two axes. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import {
  checkFractional, fractionalMaxPool2dWithIndices, fractionalNames, type FractionalMaxPoolOptions,
} from '../../functional/fractional-pool.ts'
import { Module } from '../../module.ts'
import { sizes, times, type Size } from '../../sizes.ts'
import { chosen, type Chosen, type IndexOption } from './indices.ts'

/**
 * The greatest element of each of as many windows as asked for; where they begin is random for each channel of each
 * example, in training and evaluation alike. Graham, "Fractional max-pooling" (2014).
 *
 * @remarks Input `[batch, channels, height, width]` (or without batch), output the same with the sizes asked for.
 * @param kernelSize - of the window: a number, or one an axis
 * @param options - `outputSize`, or `outputRatio` between 0 and 1; `returnIndices` (false): the places of the maxima
 * too; `randomSamples`: where windows begin, from 0 to below 1 `[batch, channels, 2]`
 * @throws ShapeError unless one of size and ratio is given, and so many windows fit
 * @example
 * new nn.FractionalMaxPool2d(2, { outputRatio: 0.6 }).forward(randn([1, 3, 9, 9])).shape // [1, 3, 5, 5]
 */
export class FractionalMaxPool2d<I extends boolean = false> extends Module<[Tensor], Chosen<I>> {
  readonly kernelSize: Size
  readonly returnIndices: boolean
  readonly options: FractionalMaxPoolOptions

  constructor(kernelSize: Size, options: FractionalMaxPoolOptions & IndexOption<I> = {}) {
    super()
    checkOptions('FractionalMaxPool2d', options, { ...fractionalNames, returnIndices: true })
    const { returnIndices = false, ...rest } = options
    checkFractional('FractionalMaxPool2d', 2, rest)
    this.kernelSize = sizes('FractionalMaxPool2d: the window', kernelSize, 2)
    this.returnIndices = returnIndices
    this.options = rest
  }

  override forward(x: Tensor): Chosen<I> {
    return chosen(this.returnIndices, fractionalMaxPool2dWithIndices(x, this.kernelSize, this.options))
  }
  override describe(): string { return `FractionalMaxPool2d ${times(sizes('window', this.kernelSize, 2))}` }
}
