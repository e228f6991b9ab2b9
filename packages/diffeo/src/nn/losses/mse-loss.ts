/** @file MSELoss. */
import type { Tensor } from '../../tensor/index.ts'
import { checkOptions } from '../../util/options.ts'
import { Module } from '../module.ts'
import { mseLoss } from './distance.ts'
import { reductionNames, type ReductionOptions } from './reduction.ts'

/**
 * The squared difference (x − y)².
 *
 * @remarks Shapes: input and target of one shape.
 * @param options - `reduction` ('mean')
 * @example
 * new nn.MSELoss().forward(tensor([1, 3]), tensor([1, 1])) // 2
 */
export class MSELoss extends Module<[input: Tensor, target: Tensor]> {
  readonly options: ReductionOptions

  constructor(options: ReductionOptions = {}) {
    super()
    checkOptions('MSELoss', options, reductionNames)
    this.options = options
  }

  override forward(input: Tensor, target: Tensor): Tensor { return mseLoss(input, target, this.options) }
}
