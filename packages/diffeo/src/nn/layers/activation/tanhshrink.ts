/** @file Tanhshrink. */
import type { Tensor } from '../../../tensor/index.ts'
import { tanhshrink } from '../../functional/activation.ts'
import { Module } from '../../module.ts'

/**
 * y = x − tanh(x).
 *
 * @remarks Input and output of any shape.
 * @example
 * new nn.Tanhshrink().forward(tensor([0, 100])) // [0, 99]
 */
export class Tanhshrink extends Module {
  override forward(x: Tensor): Tensor { return tanhshrink(x) }
}
