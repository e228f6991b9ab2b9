/** @file PairwiseDistance. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { pairwiseDistance, pairwiseNames, type PairwiseDistanceOptions } from '../../functional/distance.ts'
import { Module } from '../../module.ts'

/**
 * ‖a − b + ε‖_p over the last axis.
 *
 * @remarks Two inputs `[..., size]` that broadcast; the output is theirs without the last axis.
 * @param options - `p` (2), `eps` (1e-6), `keepdims` (false)
 * @example
 * new nn.PairwiseDistance({ p: 1 }).forward(tensor([[0, 0]]), tensor([[3, 4]])) // [7]
 */
export class PairwiseDistance extends Module<[a: Tensor, b: Tensor]> {
  readonly options: PairwiseDistanceOptions

  constructor(options: PairwiseDistanceOptions = {}) {
    super()
    checkOptions('PairwiseDistance', options, pairwiseNames)
    this.options = options
  }

  override forward(a: Tensor, b: Tensor): Tensor { return pairwiseDistance(a, b, this.options) }
}
