/** @file Mish. */
import type { Tensor } from '../../../tensor/index.ts'
import { Module } from '../../module.ts'

/**
 * y = x · tanh(log(1 + eˣ)). Misra (2019).
 *
 * @remarks Input and output of any shape.
 * @example
 * new nn.Mish().forward(tensor([0, 100])) // [0, 100]
 */
export class Mish extends Module {
  override forward(x: Tensor): Tensor { return x.mish() }
}
