/** @file A table of vectors. */
import type { Parameter, Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { checkNorm, rowNames, type RowOptions } from '../../functional/embedding-rows.ts'
import { embedding } from '../../functional/embedding.ts'
import { Module } from '../../module.ts'
import { parameterNames, type ParameterOptions } from '../parameters.ts'
import { checkPadding, keepShort, table, tableShape } from './table.ts'

/** `paddingIdx` is the id whose vector begins as 0 and takes no gradient. */
export interface EmbeddingOptions extends ParameterOptions, RowOptions {}

/**
 * A table of vectors, one an id: y = W[id]. An id that the table does not have is an error.
 *
 * @remarks Input `[...]` of whole numbers, output `[..., embeddingDim]`; weight `[numEmbeddings, embeddingDim]` from
 * N(0, 1).
 * @param numEmbeddings - how many ids there are
 * @param embeddingDim - size of a vector
 * @param options - `paddingIdx` (none); `maxNorm` (none): vectors that are used are scaled to at most this length, in
 * training in the table itself, `normType` (2); `scaleGradByFreq` (false): the gradient of a vector is divided by how
 * often its id occurs; `dtype`, `device`
 * @example
 * new nn.Embedding(1000, 64).forward(tensor([[1, 2, 3]], { dtype: 'int32' })).shape // [1, 3, 64]
 */
export class Embedding extends Module {
  /** Another layer's parameter may be put here, to tie the two. */
  weight: Parameter
  readonly paddingIdx: number | null
  readonly options: RowOptions

  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingOptions = {}) {
    super()
    checkOptions('Embedding', options, { ...rowNames, ...parameterNames })
    checkNorm('Embedding', options)
    const { paddingIdx, maxNorm = null, normType = 2, scaleGradByFreq = false } = options
    this.paddingIdx = checkPadding('Embedding', paddingIdx, numEmbeddings)
    this.options = { paddingIdx: this.paddingIdx, maxNorm, normType, scaleGradByFreq }
    this.weight = table('Embedding', numEmbeddings, embeddingDim, this.paddingIdx, options)
  }

  /**
   * One of which the vectors are given, `[ids, size]`; they are not trained unless `freeze` is false.
   * @example nn.Embedding.fromPretrained(tensor([[1, 2], [3, 4]])).forward(tensor([1], { dtype: 'int32' })) // [[3, 4]]
   */
  static fromPretrained(
    vectors: Tensor, options: RowOptions & { freeze?: boolean } = {},
  ): Embedding {
    checkOptions('Embedding.fromPretrained', options, { ...rowNames, freeze: true })
    const { freeze = true, ...rest } = options
    const [ids, size] = tableShape('Embedding.fromPretrained', vectors)
    const layer = new Embedding(ids, size, { ...rest, dtype: vectors.dtype, device: vectors.device })
    layer.weight.assign(vectors)
    return freeze ? layer.freeze() : layer
  }

  override forward(ids: Tensor): Tensor {
    if (this.training) keepShort(this.weight, ids, this.options)
    return embedding(ids, this.weight, this.options)
  }
  override describe(): string { return `Embedding ${this.weight.shape[0]}→${this.weight.shape[1]}` }
}
