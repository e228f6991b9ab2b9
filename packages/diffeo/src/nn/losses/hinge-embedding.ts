/** @file Hinge loss of distances. */
import { where, type Tensor } from '../../tensor/index.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { Module } from '../module.ts'
import { checkPair, reduced, reductionNames, type ReductionOptions } from './reduction.ts'

export interface HingeEmbeddingOptions extends ReductionOptions { margin?: number }
const names: Names<HingeEmbeddingOptions> = { ...reductionNames, margin: true }

/**
 * x where the target is 1, max(0, margin − x) where it is −1: of distances x, whether two things are alike.
 *
 * @param target - 1 or −1, of the input's shape
 * @param options - `margin` (1), `reduction` ('mean')
 * @example nn.hingeEmbeddingLoss(a.sub(b).norm(1), alike)
 */
export function hingeEmbeddingLoss(input: Tensor, target: Tensor, options: HingeEmbeddingOptions = {}): Tensor {
  checkOptions('hingeEmbeddingLoss', options, names)
  const { margin = 1, reduction } = options
  checkPair('hingeEmbeddingLoss', input, target)
  const apart = where(target.ne(1), input.neg().add(margin).relu(), 0)
  return reduced('hingeEmbeddingLoss', apart.add(where(target.ne(-1), input, 0)), reduction)
}

/**
 * x where the target is 1, max(0, margin − x) where it is −1.
 *
 * @remarks Shapes: input and target of one shape.
 * @param options - `margin` (1), `reduction` ('mean')
 * @example
 * new nn.HingeEmbeddingLoss().forward(tensor([0.5, 0.2]), tensor([1, -1])) // 0.65
 */
export class HingeEmbeddingLoss extends Module<[input: Tensor, target: Tensor]> {
  readonly options: HingeEmbeddingOptions

  constructor(options: HingeEmbeddingOptions = {}) {
    super()
    checkOptions('HingeEmbeddingLoss', options, names)
    this.options = options
  }

  override forward(input: Tensor, target: Tensor): Tensor { return hingeEmbeddingLoss(input, target, this.options) }
}
