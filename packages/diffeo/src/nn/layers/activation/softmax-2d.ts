/** @file Softmax over channels. */
import type { Tensor } from '../../../tensor/index.ts'
import { ShapeError } from '../../../util/errors.ts'
import { Module } from '../../module.ts'

/**
 * y = eˣ/Σeˣ over the channels of each pixel.
 *
 * @remarks Input and output `[batch, channels, height, width]`, or without batch.
 * @throws ShapeError of other ranks
 * @example
 * new nn.Softmax2d().forward(randn([1, 3, 4, 4])).sum(1).shape // [1, 4, 4]
 */
export class Softmax2d extends Module {
  override forward(x: Tensor): Tensor {
    if (x.rank !== 3 && x.rank !== 4) {
      throw new ShapeError(
        `Softmax2d: the input is [${x.shape.join(',')}]: expected [batch, channels, height, width], or that without batch`,
      )
    }
    return x.softmax(-3)
  }
}
