/** @file Hardswish. */
import type { Tensor } from '../../../tensor/index.ts'
import { Module } from '../../module.ts'

/**
 * y = x · (x + 3)/6 between −3 and 3, 0 below, x above. Howard et al., "Searching for MobileNetV3" (2019).
 *
 * @remarks Input and output of any shape.
 * @example
 * new nn.Hardswish().forward(tensor([-4, 0, 4])) // [0, 0, 4]
 */
export class Hardswish extends Module {
  override forward(x: Tensor): Tensor { return x.hardswish() }
}
