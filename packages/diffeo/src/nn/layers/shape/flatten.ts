/** @file Several axes as one. */
import type { Tensor } from '../../../tensor/index.ts'
import { Module } from '../../module.ts'

/**
 * The axes from `startAxis` to `endAxis`, both taken in, as one; by default all but the batch axis.
 *
 * @remarks Input `[batch, a, b, ...]`, output `[batch, a·b·…]`.
 * @param startAxis - the first (1)
 * @param endAxis - the last (−1)
 * @example
 * new nn.Flatten().forward(randn([2, 64, 5, 5])).shape // [2, 1600]
 */
export class Flatten extends Module {
  readonly startAxis: number
  readonly endAxis: number

  constructor(startAxis = 1, endAxis = -1) {
    super()
    this.startAxis = startAxis
    this.endAxis = endAxis
  }

  override forward(x: Tensor): Tensor { return x.flatten(this.startAxis, this.endAxis) }
}
