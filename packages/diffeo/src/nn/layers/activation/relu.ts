/** @file ReLU. */
import type { Tensor } from '../../../tensor/index.ts'
import { Module } from '../../module.ts'

/**
 * y = max(x, 0); its gradient at 0 is 0.
 *
 * @remarks Input and output of any shape.
 * @example
 * new nn.ReLU().forward(tensor([-1, 0, 2])).shape // [3]
 */
export class ReLU extends Module {
  override forward(x: Tensor): Tensor { return x.relu() }
}
