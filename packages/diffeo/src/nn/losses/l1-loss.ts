/** @file L1Loss. */
import type { Tensor } from '../../tensor/index.ts'
import { checkOptions } from '../../util/options.ts'
import { Module } from '../module.ts'
import { l1Loss } from './distance.ts'
import { reductionNames, type ReductionOptions } from './reduction.ts'

/**
 * The size of the difference |x − y|.
 *
 * @remarks Shapes: input and target of one shape.
 * @param options - `reduction` ('mean')
 * @example
 * new nn.L1Loss().forward(tensor([1, 3]), tensor([1, 1])) // 1
 */
export class L1Loss extends Module<[input: Tensor, target: Tensor]> {
  readonly options: ReductionOptions

  constructor(options: ReductionOptions = {}) {
    super()
    checkOptions('L1Loss', options, reductionNames)
    this.options = options
  }

  override forward(input: Tensor, target: Tensor): Tensor { return l1Loss(input, target, this.options) }
}
