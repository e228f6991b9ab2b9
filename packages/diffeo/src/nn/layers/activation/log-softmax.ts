/** @file LogSoftmax. */
import type { Tensor } from '../../../tensor/index.ts'
import { Module } from '../../module.ts'

/**
 * y = x − log Σeˣ along an axis, from the greatest down, so that nothing overflows.
 *
 * @remarks Input and output of any shape.
 * @param axis - along which the sum goes; negative axes count from the end
 * @example
 * new nn.LogSoftmax(-1).forward(tensor([[0, 0]])) // [[-0.693, -0.693]]
 */
export class LogSoftmax extends Module {
  readonly axis: number

  constructor(axis: number) {
    super()
    this.axis = axis
  }

  override forward(x: Tensor): Tensor { return x.logSoftmax(this.axis) }
  override describe(): string { return `LogSoftmax ${this.axis}` }
}
