/** @file PixelShuffle. */
import type { Tensor } from '../../../tensor/index.ts'
import { pixelShuffle } from '../../functional/shuffle.ts'
import { Module } from '../../module.ts'
import { positive } from '../../sizes.ts'

/**
 * Every r² channels become a square of pixels: y[c, h·r + i, w·r + j] = x[c·r² + i·r + j, h, w]. Shi et al.,
 * "Real-time single image and video super-resolution" (2016).
 *
 * @remarks Input `[..., channels·r², height, width]`, output `[..., channels, height·r, width·r]`.
 * @param upscaleFactor - r, the side of the squares
 * @throws ShapeError where the input cannot be divided so
 * @example
 * new nn.PixelShuffle(3).forward(randn([1, 9, 4, 4])).shape // [1, 1, 12, 12]
 */
export class PixelShuffle extends Module {
  readonly upscaleFactor: number

  constructor(upscaleFactor: number) {
    super()
    this.upscaleFactor = positive('PixelShuffle: upscaleFactor', upscaleFactor)
  }

  override forward(x: Tensor): Tensor { return pixelShuffle(x, this.upscaleFactor) }
  override describe(): string { return `PixelShuffle ${this.upscaleFactor}` }
}
