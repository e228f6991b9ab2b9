/** @file Softsign. */
import type { Tensor } from '../../../tensor/index.ts'
import { Module } from '../../module.ts'

/**
 * y = x/(1 + |x|).
 *
 * @remarks Input and output of any shape.
 * @example
 * new nn.Softsign().forward(tensor([-1, 0, 3])) // [-0.5, 0, 0.75]
 */
export class Softsign extends Module {
  override forward(x: Tensor): Tensor { return x.softsign() }
}
