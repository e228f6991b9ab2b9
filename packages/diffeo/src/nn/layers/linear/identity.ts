/** @file The layer that does nothing. */
import type { Tensor } from '../../../tensor/index.ts'
import { Module } from '../../module.ts'

/**
 * The identity: y = x. It stands where a layer is left out.
 *
 * @example
 * model.fc = new nn.Identity() // features instead of classes
 */
export class Identity extends Module {
  override forward(x: Tensor): Tensor { return x }
}
