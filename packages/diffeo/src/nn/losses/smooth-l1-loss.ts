/** @file SmoothL1Loss. */
import type { Tensor } from '../../tensor/index.ts'
import { checkOptions } from '../../util/options.ts'
import { Module } from '../module.ts'
import { smoothL1Loss, smoothL1Names } from './distance.ts'
import type { ReductionOptions } from './reduction.ts'

/**
 * ½d²/beta where |d| < beta, else |d| − ½beta, with d = x − y. Girshick (2015).
 *
 * @remarks Shapes: input and target of one shape.
 * @param options - `beta` (1), `reduction` ('mean')
 * @example
 * new nn.SmoothL1Loss().forward(tensor([3]), tensor([1])) // 1.5
 */
export class SmoothL1Loss extends Module<[input: Tensor, target: Tensor]> {
  readonly options: ReductionOptions & { beta?: number }

  constructor(options: ReductionOptions & { beta?: number } = {}) {
    super()
    checkOptions('SmoothL1Loss', options, smoothL1Names)
    this.options = options
  }

  override forward(input: Tensor, target: Tensor): Tensor { return smoothL1Loss(input, target, this.options) }
}
