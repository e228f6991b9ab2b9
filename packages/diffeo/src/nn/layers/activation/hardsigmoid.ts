/** @file Hardsigmoid. */
import type { Tensor } from '../../../tensor/index.ts'
import { Module } from '../../module.ts'

/**
 * y = x/6 + 1/2 between −3 and 3, 0 below, 1 above.
 *
 * @remarks Input and output of any shape.
 * @example
 * new nn.Hardsigmoid().forward(tensor([-4, 0, 4])) // [0, 0.5, 1]
 */
export class Hardsigmoid extends Module {
  override forward(x: Tensor): Tensor { return x.hardsigmoid() }
}
