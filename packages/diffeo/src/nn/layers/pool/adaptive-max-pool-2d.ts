/** @file Maxima of as many windows as asked for, over two axes. */
import type { Tensor } from '../../../tensor/index.ts'
import { adaptiveMaxPool2d, type AdaptiveSize } from '../../functional/adaptive-pool.ts'
import { Module } from '../../module.ts'

/**
 * Maxima of as many even windows as the output has places: place i of m is the greatest of elements ⌊i·n/m⌋ …
 * ⌈(i+1)·n/m⌉ − 1 of n, on each axis. The gradient goes to the first greatest.
 *
 * @remarks Input `[batch, channels, height, width]` (or without batch), output `[batch, channels, ...outputSize]`.
 * @param outputSize - a number for all axes, or `[height, width]`, where null keeps the input's
 * @example
 * new nn.AdaptiveMaxPool2d(1).forward(randn([2, 64, 7, 7])).shape // [2, 64, 1, 1]
 */
export class AdaptiveMaxPool2d extends Module {
  readonly outputSize: AdaptiveSize

  constructor(outputSize: AdaptiveSize) {
    super()
    this.outputSize = outputSize
  }

  override forward(x: Tensor): Tensor { return adaptiveMaxPool2d(x, this.outputSize) }
  override describe(): string { return `AdaptiveMaxPool2d ${[this.outputSize].flat().map(d => d ?? 'same').join('×')}` }
}
