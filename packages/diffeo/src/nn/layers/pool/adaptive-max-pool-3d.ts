/** @file Maxima of as many windows as asked for, over three axes. */
import type { Tensor } from '../../../tensor/index.ts'
import { adaptiveMaxPool3d, type AdaptiveSize } from '../../functional/adaptive-pool.ts'
import { Module } from '../../module.ts'

/**
 * Maxima of as many even windows as the output has places: place i of m is the greatest of elements ⌊i·n/m⌋ …
 * ⌈(i+1)·n/m⌉ − 1 of n, on each axis. The gradient goes to the first greatest.
 *
 * @remarks Input `[batch, channels, depth, height, width]` (or without batch), output `[batch, channels,
 * ...outputSize]`.
 * @param outputSize - a number for all axes, or `[depth, height, width]`, where null keeps the input's
 * @example
 * new nn.AdaptiveMaxPool3d(1).forward(randn([2, 8, 4, 7, 7])).shape // [2, 8, 1, 1, 1]
 */
export class AdaptiveMaxPool3d extends Module {
  readonly outputSize: AdaptiveSize

  constructor(outputSize: AdaptiveSize) {
    super()
    this.outputSize = outputSize
  }

  override forward(x: Tensor): Tensor { return adaptiveMaxPool3d(x, this.outputSize) }
  override describe(): string { return `AdaptiveMaxPool3d ${[this.outputSize].flat().map(d => d ?? 'same').join('×')}` }
}
