/** @file SiLU. */
import type { Tensor } from '../../../tensor/index.ts'
import { Module } from '../../module.ts'

/**
 * y = x · sigmoid(x), also called swish.
 *
 * @remarks Input and output of any shape.
 * @example
 * new nn.SiLU().forward(tensor([-1, 0, 2])).shape // [3]
 */
export class SiLU extends Module {
  override forward(x: Tensor): Tensor { return x.silu() }
}
