/** @file Tanh. */
import type { Tensor } from '../../../tensor/index.ts'
import { Module } from '../../module.ts'

/**
 * y = tanh x.
 *
 * @remarks Input and output of any shape.
 * @example
 * new nn.Tanh().forward(tensor([-1, 0, 2])).shape // [3]
 */
export class Tanh extends Module {
  override forward(x: Tensor): Tensor { return x.tanh() }
}
