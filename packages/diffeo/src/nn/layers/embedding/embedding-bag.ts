/** @file Vectors of a table, combined in bags. */
import type { Parameter, Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { checkNorm, rowNames, type RowOptions } from '../../functional/embedding-rows.ts'
import { embeddingBag, type EmbeddingBagOptions } from '../../functional/embedding.ts'
import { Module } from '../../module.ts'
import { parameterNames, type ParameterOptions } from '../parameters.ts'
import { checkPadding, keepShort, table, tableShape } from './table.ts'

export interface EmbeddingBagLayerOptions extends ParameterOptions, RowOptions {
  mode?: EmbeddingBagOptions['mode']
  includeLastOffset?: boolean
}

/**
 * The vectors W[id] of each bag of ids, combined: their mean, sum or greatest elements.
 *
 * @remarks Input `[bags, n]` of whole numbers, or `[n]` and where each bag begins, `[bags]`; with mode 'sum' weights of
 * the ids' shape if given. Output `[bags, embeddingDim]`; weight `[numEmbeddings, embeddingDim]` from N(0, 1).
 * @param numEmbeddings - how many ids there are
 * @param embeddingDim - size of a vector
 * @param options - `mode` ('mean', 'sum', 'max'), `includeLastOffset` (false): the last offset ends the last bag;
 * `paddingIdx` (none): the id that does not count; `maxNorm`, `normType`, `scaleGradByFreq` as of Embedding; `dtype`,
 * `device`
 * @example
 * const [ids, offsets] = [[1, 2, 3], [0, 2]].map(list => tensor(list, { dtype: 'int32' }))
 * new nn.EmbeddingBag(1000, 64).forward(ids, offsets).shape // [2, 64]
 */
export class EmbeddingBag extends Module<[ids: Tensor, offsets?: Tensor | null, perSampleWeights?: Tensor | null]> {
  /** Another layer's parameter may be put here, to tie the two. */
  weight: Parameter
  readonly mode: 'sum' | 'mean' | 'max'
  readonly includeLastOffset: boolean
  readonly paddingIdx: number | null
  readonly options: RowOptions

  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingBagLayerOptions = {}) {
    super()
    checkOptions('EmbeddingBag', options, { mode: true, includeLastOffset: true, ...rowNames, ...parameterNames })
    checkNorm('EmbeddingBag', options)
    const { maxNorm = null, normType = 2, scaleGradByFreq = false } = options
    this.mode = options.mode ?? 'mean'
    this.includeLastOffset = options.includeLastOffset ?? false
    this.paddingIdx = checkPadding('EmbeddingBag', options.paddingIdx, numEmbeddings)
    this.options = { paddingIdx: this.paddingIdx, maxNorm, normType, scaleGradByFreq }
    this.weight = table('EmbeddingBag', numEmbeddings, embeddingDim, this.paddingIdx, options)
  }

  /** One of which the vectors are given, `[ids, size]`; they are not trained unless `freeze` is false. */
  static fromPretrained(
    vectors: Tensor, options: Omit<EmbeddingBagLayerOptions, 'dtype' | 'device'> & { freeze?: boolean } = {},
  ): EmbeddingBag {
    const { freeze = true, ...rest } = options
    const [ids, size] = tableShape('EmbeddingBag.fromPretrained', vectors)
    const layer = new EmbeddingBag(ids, size, { ...rest, dtype: vectors.dtype, device: vectors.device })
    layer.weight.assign(vectors)
    return freeze ? layer.freeze() : layer
  }

  override forward(ids: Tensor, offsets: Tensor | null = null, perSampleWeights: Tensor | null = null): Tensor {
    const { mode, includeLastOffset, options } = this
    if (this.training) keepShort(this.weight, ids, options)
    return embeddingBag(ids, this.weight, { ...options, mode, offsets, includeLastOffset, perSampleWeights })
  }
  override describe(): string { return `EmbeddingBag ${this.weight.shape[0]}→${this.weight.shape[1]}, ${this.mode}` }
}
