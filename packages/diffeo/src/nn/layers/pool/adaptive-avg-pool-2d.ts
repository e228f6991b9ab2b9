/** @file Means of as many windows as asked for. */
import type { Tensor } from '../../../tensor/index.ts'
import { adaptiveAvgPool2d, type AdaptiveSize } from '../../functional/adaptive-pool.ts'
import { Module } from '../../module.ts'

/**
 * Means of as many even windows as the output has places: place i of m averages rows ⌊i·n/m⌋ … ⌈(i+1)·n/m⌉ − 1 of n.
 *
 * @remarks Input `[batch, channels, height, width]` (or without batch), output `[batch, channels, ...outputSize]`.
 * @param outputSize - a number for both axes, or `[height, width]`, where null keeps the input's
 * @example
 * new nn.AdaptiveAvgPool2d(1).forward(randn([2, 64, 7, 7])).shape // [2, 64, 1, 1]
 */
export class AdaptiveAvgPool2d extends Module {
  readonly outputSize: AdaptiveSize

  constructor(outputSize: AdaptiveSize) {
    super()
    this.outputSize = outputSize
  }

  override forward(x: Tensor): Tensor { return adaptiveAvgPool2d(x, this.outputSize) }
  override describe(): string { return `AdaptiveAvgPool2d ${[this.outputSize].flat().map(d => d ?? 'same').join('×')}` }
}
