/** @file Vectors of a table, combined in bags. */
import { Parameter, type Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { embeddingBag, type EmbeddingBagOptions } from '../../functional/embedding.ts'
import { normal } from '../../init/uniform.ts'
import { Module } from '../../module.ts'
import { positive } from '../../sizes.ts'
import { madeOf, parameterNames, type ParameterOptions } from '../parameters.ts'

export interface EmbeddingBagLayerOptions extends ParameterOptions { mode?: EmbeddingBagOptions['mode'] }

/**
 * The vectors W[id] of each bag of ids, combined: their mean, sum or greatest elements.
 *
 * @remarks Input `[bags, n]` of whole numbers, and with mode 'sum' weights of that shape if given; output
 * `[bags, embeddingDim]`; weight `[numEmbeddings, embeddingDim]` from N(0, 1).
 * @param numEmbeddings - how many ids there are
 * @param embeddingDim - size of a vector
 * @param options - `mode` ('mean', 'sum', 'max'), `dtype`, `device`
 * @example
 * new nn.EmbeddingBag(1000, 64).forward(tensor([[1, 2, 3]], { dtype: 'int32' })).shape // [1, 64]
 */
export class EmbeddingBag extends Module<[ids: Tensor, perSampleWeights?: Tensor | null]> {
  readonly weight: Parameter
  readonly mode: 'sum' | 'mean' | 'max'

  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingBagLayerOptions = {}) {
    super()
    checkOptions('EmbeddingBag', options, { mode: true, ...parameterNames })
    const shape = [
      positive('EmbeddingBag: numEmbeddings', numEmbeddings),
      positive('EmbeddingBag: embeddingDim', embeddingDim),
    ]
    this.mode = options.mode ?? 'mean'
    this.weight = new Parameter(normal(shape, madeOf(options)), { name: 'EmbeddingBag.weight' })
  }

  override forward(ids: Tensor, perSampleWeights: Tensor | null = null): Tensor {
    return embeddingBag(ids, this.weight, { mode: this.mode, perSampleWeights })
  }
  override describe(): string { return `EmbeddingBag ${this.weight.shape[0]}→${this.weight.shape[1]}, ${this.mode}` }
}
