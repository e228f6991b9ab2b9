/** @file LogSigmoid. */
import type { Tensor } from '../../../tensor/index.ts'
import { Module } from '../../module.ts'

/**
 * y = log(1/(1 + e⁻ˣ)), without overflow.
 *
 * @remarks Input and output of any shape.
 * @example
 * new nn.LogSigmoid().forward(tensor([0])) // [-0.6931]
 */
export class LogSigmoid extends Module {
  override forward(x: Tensor): Tensor { return x.logSigmoid() }
}
