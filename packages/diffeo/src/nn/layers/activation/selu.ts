/** @file SELU. */
import type { Tensor } from '../../../tensor/index.ts'
import { Module } from '../../module.ts'

/**
 * y = s·x where x > 0, else s·α(eˣ − 1), with s = 1.0507… and α = 1.6733…, which keep mean 0 and variance 1.
 * Klambauer et al., "Self-normalizing neural networks" (2017).
 *
 * @remarks Input and output of any shape.
 * @example
 * new nn.SELU().forward(tensor([0, 2])) // [0, 2.1014]
 */
export class SELU extends Module {
  override forward(x: Tensor): Tensor { return x.selu() }
}
