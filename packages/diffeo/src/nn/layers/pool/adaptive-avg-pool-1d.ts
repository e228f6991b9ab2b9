/** @file Means of as many windows as asked for, over one axis. */
import type { Tensor } from '../../../tensor/index.ts'
import { adaptiveAvgPool1d, type AdaptiveSize } from '../../functional/adaptive-pool.ts'
import { Module } from '../../module.ts'

/**
 * Means of as many even windows as the output has places: place i of m averages elements ⌊i·n/m⌋ … ⌈(i+1)·n/m⌉ − 1
 * of n, on each axis.
 *
 * @remarks Input `[batch, channels, length]` (or without batch), output `[batch, channels, ...outputSize]`.
 * @param outputSize - a number
 * @example
 * new nn.AdaptiveAvgPool1d(1).forward(randn([2, 64, 7])).shape // [2, 64, 1]
 */
export class AdaptiveAvgPool1d extends Module {
  readonly outputSize: AdaptiveSize

  constructor(outputSize: AdaptiveSize) {
    super()
    this.outputSize = outputSize
  }

  override forward(x: Tensor): Tensor { return adaptiveAvgPool1d(x, this.outputSize) }
  override describe(): string { return `AdaptiveAvgPool1d ${[this.outputSize].flat().map(d => d ?? 'same').join('×')}` }
}
