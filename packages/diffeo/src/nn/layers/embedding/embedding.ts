/** @file A table of vectors. */
import type { Parameter, Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { embedding } from '../../functional/embedding.ts'
import { Module } from '../../module.ts'
import { parameterNames, type ParameterOptions } from '../parameters.ts'
import { checkPadding, table, tableShape } from './table.ts'

export interface EmbeddingOptions extends ParameterOptions {
  /** The id whose vector begins as 0 and takes no gradient. */
  paddingIdx?: number | null
}

/**
 * A table of vectors, one an id: y = W[id]. An id that the table does not have is an error.
 *
 * @remarks Input `[...]` of whole numbers, output `[..., embeddingDim]`; weight `[numEmbeddings, embeddingDim]` from
 * N(0, 1).
 * @param numEmbeddings - how many ids there are
 * @param embeddingDim - size of a vector
 * @param options - `paddingIdx` (none), `dtype`, `device`
 * @example
 * new nn.Embedding(1000, 64).forward(tensor([[1, 2, 3]], { dtype: 'int32' })).shape // [1, 3, 64]
 */
export class Embedding extends Module {
  readonly weight: Parameter
  readonly paddingIdx: number | null

  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingOptions = {}) {
    super()
    checkOptions('Embedding', options, { paddingIdx: true, ...parameterNames })
    this.paddingIdx = checkPadding('Embedding', options.paddingIdx, numEmbeddings)
    this.weight = table('Embedding', numEmbeddings, embeddingDim, this.paddingIdx, options)
  }

  /**
   * One of which the vectors are given, `[ids, size]`; they are not trained unless `freeze` is false.
   * @example nn.Embedding.fromPretrained(tensor([[1, 2], [3, 4]])).forward(tensor([1], { dtype: 'int32' })) // [[3, 4]]
   */
  static fromPretrained(
    vectors: Tensor, options: Pick<EmbeddingOptions, 'paddingIdx'> & { freeze?: boolean } = {},
  ): Embedding {
    checkOptions('Embedding.fromPretrained', options, { paddingIdx: true, freeze: true })
    const { freeze = true, paddingIdx } = options
    const [ids, size] = tableShape('Embedding.fromPretrained', vectors)
    const layer = new Embedding(ids, size, { paddingIdx, dtype: vectors.dtype, device: vectors.device })
    layer.weight.assign(vectors)
    return freeze ? layer.freeze() : layer
  }

  override forward(ids: Tensor): Tensor { return embedding(ids, this.weight, { paddingIdx: this.paddingIdx }) }
  override describe(): string { return `Embedding ${this.weight.shape[0]}→${this.weight.shape[1]}` }
}
