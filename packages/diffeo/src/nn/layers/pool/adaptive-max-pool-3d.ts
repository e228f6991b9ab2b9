/** @file Maxima of as many windows as asked for, over three axes. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import {
  adaptiveMaxPool3d, adaptiveMaxPool3dWithIndices, type AdaptiveSize,
} from '../../functional/adaptive-pool.ts'
import { Module } from '../../module.ts'
import type { Chosen, IndexOption } from './indices.ts'

/**
 * Maxima of as many even windows as the output has places: place i of m is the greatest of elements ⌊i·n/m⌋ …
 * ⌈(i+1)·n/m⌉ − 1 of n, on each axis. The gradient goes to the first greatest.
 *
 * @remarks Input `[batch, channels, depth, height, width]` (or without batch), output `[batch, channels,
 * ...outputSize]`.
 * @param outputSize - a number for all axes, or `[depth, height, width]`, where null keeps the input's
 * @param options - `returnIndices` (false): the places of the maxima too, row-major over the last axes of the input
 * @example
 * new nn.AdaptiveMaxPool3d(1).forward(randn([2, 8, 4, 7, 7])).shape // [2, 8, 1, 1, 1]
 */
export class AdaptiveMaxPool3d<I extends boolean = false> extends Module<[Tensor], Chosen<I>> {
  readonly outputSize: AdaptiveSize
  readonly returnIndices: boolean

  constructor(outputSize: AdaptiveSize, options: IndexOption<I> = {}) {
    super()
    checkOptions('AdaptiveMaxPool3d', options, { returnIndices: true })
    this.outputSize = outputSize
    this.returnIndices = options.returnIndices ?? false
  }

  override forward(x: Tensor): Chosen<I> {
    const pool = this.returnIndices ? adaptiveMaxPool3dWithIndices : adaptiveMaxPool3d
    return pool(x, this.outputSize) as Chosen<I>
  }
  override describe(): string { return `AdaptiveMaxPool3d ${[this.outputSize].flat().map(d => d ?? 'same').join('×')}` }
}
