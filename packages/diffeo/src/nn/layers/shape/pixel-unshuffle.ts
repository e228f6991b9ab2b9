/** @file PixelUnshuffle. */
import type { Tensor } from '../../../tensor/index.ts'
import { pixelUnshuffle } from '../../functional/shuffle.ts'
import { Module } from '../../module.ts'
import { positive } from '../../sizes.ts'

/**
 * Every square of pixels becomes r² channels, the opposite of PixelShuffle: y[c·r² + i·r + j, h, w] =
 * x[c, h·r + i, w·r + j].
 *
 * @remarks Input `[..., channels, height·r, width·r]`, output `[..., channels·r², height, width]`.
 * @param downscaleFactor - r, the side of the squares
 * @throws ShapeError where the input cannot be divided so
 * @example
 * new nn.PixelUnshuffle(3).forward(randn([1, 1, 12, 12])).shape // [1, 9, 4, 4]
 */
export class PixelUnshuffle extends Module {
  readonly downscaleFactor: number

  constructor(downscaleFactor: number) {
    super()
    this.downscaleFactor = positive('PixelUnshuffle: downscaleFactor', downscaleFactor)
  }

  override forward(x: Tensor): Tensor { return pixelUnshuffle(x, this.downscaleFactor) }
  override describe(): string { return `PixelUnshuffle ${this.downscaleFactor}` }
}
