/** @file Sigmoid. */
import type { Tensor } from '../../../tensor/index.ts'
import { Module } from '../../module.ts'

/**
 * y = 1/(1 + e⁻ˣ).
 *
 * @remarks Input and output of any shape.
 * @example
 * new nn.Sigmoid().forward(tensor([-1, 0, 2])).shape // [3]
 */
export class Sigmoid extends Module {
  override forward(x: Tensor): Tensor { return x.sigmoid() }
}
