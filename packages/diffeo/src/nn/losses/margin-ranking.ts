/** @file Which of two scores is to be the greater. */
import type { Tensor } from '../../tensor/index.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { Module } from '../module.ts'
import { checkPair, likeInput, reduced, reductionNames, type ReductionOptions } from './reduction.ts'

export interface MarginRankingOptions extends ReductionOptions { margin?: number }
const names: Names<MarginRankingOptions> = { ...reductionNames, margin: true }

/**
 * max(0, −y·(a − b) + margin): a is to be greater than b where y is 1, less where it is −1.
 *
 * @param input1 - a, of the shape of `input2` and `target`
 * @param options - `margin` (0), `reduction` ('mean')
 * @throws ShapeError unless all have one shape
 * @example nn.marginRankingLoss(better, worse, onesLike(better), { margin: 0.1 })
 */
export function marginRankingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  options: MarginRankingOptions = {},
): Tensor {
  checkOptions('marginRankingLoss', options, names)
  const { margin = 0, reduction } = options
  checkPair('marginRankingLoss', input1, input2, 'input1', 'input2')
  checkPair('marginRankingLoss', input1, target, 'input1')
  const wrong = likeInput(target, input1).neg().mul(input1.sub(input2)).add(margin)
  return reduced('marginRankingLoss', wrong.relu(), reduction)
}

/**
 * max(0, −y·(a − b) + margin): a is to be greater than b where y is 1, less where it is −1.
 *
 * @remarks Shapes: all of one.
 * @param options - `margin` (0), `reduction` ('mean')
 * @example
 * new nn.MarginRankingLoss().forward(tensor([1]), tensor([3]), tensor([1])) // 2
 */
export class MarginRankingLoss extends Module<[input1: Tensor, input2: Tensor, target: Tensor]> {
  readonly options: MarginRankingOptions

  constructor(options: MarginRankingOptions = {}) {
    super()
    checkOptions('MarginRankingLoss', options, names)
    this.options = options
  }

  override forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return marginRankingLoss(input1, input2, target, this.options)
  }
}
