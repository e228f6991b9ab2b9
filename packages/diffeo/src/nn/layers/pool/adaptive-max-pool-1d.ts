/** @file Maxima of as many windows as asked for, over one axis. */
import type { Tensor } from '../../../tensor/index.ts'
import { adaptiveMaxPool1d, type AdaptiveSize } from '../../functional/adaptive-pool.ts'
import { Module } from '../../module.ts'

/**
 * Maxima of as many even windows as the output has places: place i of m is the greatest of elements ⌊i·n/m⌋ …
 * ⌈(i+1)·n/m⌉ − 1 of n, on each axis. The gradient goes to the first greatest.
 *
 * @remarks Input `[batch, channels, length]` (or without batch), output `[batch, channels, ...outputSize]`.
 * @param outputSize - a number
 * @example
 * new nn.AdaptiveMaxPool1d(1).forward(randn([2, 64, 7])).shape // [2, 64, 1]
 */
export class AdaptiveMaxPool1d extends Module {
  readonly outputSize: AdaptiveSize

  constructor(outputSize: AdaptiveSize) {
    super()
    this.outputSize = outputSize
  }

  override forward(x: Tensor): Tensor { return adaptiveMaxPool1d(x, this.outputSize) }
  override describe(): string { return `AdaptiveMaxPool1d ${[this.outputSize].flat().map(d => d ?? 'same').join('×')}` }
}
