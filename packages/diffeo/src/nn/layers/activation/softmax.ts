/** @file Softmax. */
import type { Tensor } from '../../../tensor/index.ts'
import { Module } from '../../module.ts'

/**
 * y = eˣ/Σeˣ along an axis, from the greatest down, so that nothing overflows.
 *
 * @remarks Input and output of any shape.
 * @param axis - along which the sum goes; negative axes count from the end
 * @example
 * new nn.Softmax(-1).forward(tensor([[0, 0]])) // [[0.5, 0.5]]
 */
export class Softmax extends Module {
  readonly axis: number

  constructor(axis: number) {
    super()
    this.axis = axis
  }

  override forward(x: Tensor): Tensor { return x.softmax(this.axis) }
  override describe(): string { return `Softmax ${this.axis}` }
}
