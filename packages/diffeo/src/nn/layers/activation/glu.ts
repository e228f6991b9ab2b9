/** @file GLU. */
import type { Tensor } from '../../../tensor/index.ts'
import { glu } from '../../functional/activation.ts'
import { Module } from '../../module.ts'

/**
 * y = a · sigmoid(b) of the halves a and b of an axis. Dauphin et al., "Language modeling with gated convolutional
 * networks" (2017).
 *
 * @remarks Input `[..., 2·n, ...]`, output `[..., n, ...]`.
 * @param axis - which is halved (−1), of even size
 * @example
 * new nn.GLU().forward(randn([2, 8])).shape // [2, 4]
 */
export class GLU extends Module {
  readonly axis: number

  constructor(axis = -1) {
    super()
    this.axis = axis
  }

  override forward(x: Tensor): Tensor { return glu(x, this.axis) }
  override describe(): string { return `GLU ${this.axis}` }
}
