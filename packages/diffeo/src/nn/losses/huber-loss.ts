/** @file HuberLoss. */
import type { Tensor } from '../../tensor/index.ts'
import { checkOptions } from '../../util/options.ts'
import { Module } from '../module.ts'
import { huberLoss, huberNames } from './distance.ts'
import type { ReductionOptions } from './reduction.ts'

/**
 * ½d² where |d| ≤ delta, else delta · (|d| − ½delta), with d = x − y. Huber (1964).
 *
 * @remarks Shapes: input and target of one shape.
 * @param options - `delta` (1), `reduction` ('mean')
 * @example
 * new nn.HuberLoss({ delta: 0.5 }).forward(tensor([3]), tensor([1])) // 0.875
 */
export class HuberLoss extends Module<[input: Tensor, target: Tensor]> {
  readonly options: ReductionOptions & { delta?: number }

  constructor(options: ReductionOptions & { delta?: number } = {}) {
    super()
    checkOptions('HuberLoss', options, huberNames)
    this.options = options
  }

  override forward(input: Tensor, target: Tensor): Tensor { return huberLoss(input, target, this.options) }
}
