/** @file CosineSimilarity. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { cosineNames, cosineSimilarity, type CosineSimilarityOptions } from '../../functional/distance.ts'
import { Module } from '../../module.ts'

/**
 * a·b/(max(‖a‖, ε) · max(‖b‖, ε)) along an axis.
 *
 * @remarks Two inputs that broadcast; the output is theirs without the axis.
 * @param options - `axis` (1), `eps` (1e-8)
 * @example
 * new nn.CosineSimilarity().forward(tensor([[3, 4]]), tensor([[4, 3]])) // [0.96]
 */
export class CosineSimilarity extends Module<[a: Tensor, b: Tensor]> {
  readonly options: CosineSimilarityOptions

  constructor(options: CosineSimilarityOptions = {}) {
    super()
    checkOptions('CosineSimilarity', options, cosineNames)
    this.options = options
  }

  override forward(a: Tensor, b: Tensor): Tensor { return cosineSimilarity(a, b, this.options) }
}
