/** @file Softmin. */
import type { Tensor } from '../../../tensor/index.ts'
import { softmin } from '../../functional/activation.ts'
import { Module } from '../../module.ts'

/**
 * y = e⁻ˣ/Σe⁻ˣ along an axis, without overflow.
 *
 * @remarks Input and output of any shape.
 * @param axis - along which the sum goes; negative axes count from the end
 * @example
 * new nn.Softmin(-1).forward(tensor([[0, 0]])) // [[0.5, 0.5]]
 */
export class Softmin extends Module {
  readonly axis: number

  constructor(axis: number) {
    super()
    this.axis = axis
  }

  override forward(x: Tensor): Tensor { return softmin(x, this.axis) }
  override describe(): string { return `Softmin ${this.axis}` }
}
