/** @file ReLU6. */
import type { Tensor } from '../../../tensor/index.ts'
import { Module } from '../../module.ts'

/**
 * y = min(max(x, 0), 6); its gradient at 0 and 6 is 0.
 *
 * @remarks Input and output of any shape.
 * @example
 * new nn.ReLU6().forward(tensor([-1, 2, 9])) // [0, 2, 6]
 */
export class ReLU6 extends Module {
  override forward(x: Tensor): Tensor { return x.relu6() }
}
