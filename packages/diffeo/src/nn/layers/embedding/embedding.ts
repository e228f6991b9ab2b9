/** @file A table of vectors. */
import { Parameter, type Tensor } from '../../../tensor/index.ts'
import { ShapeError } from '../../../util/errors.ts'
import { checkOptions } from '../../../util/options.ts'
import { embedding } from '../../functional/embedding.ts'
import { normal } from '../../init/uniform.ts'
import { Module } from '../../module.ts'
import { positive } from '../../sizes.ts'
import { madeOf, parameterNames, type ParameterOptions } from '../parameters.ts'

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
    const { paddingIdx = null } = options
    const shape = [
      positive('Embedding: numEmbeddings', numEmbeddings),
      positive('Embedding: embeddingDim', embeddingDim),
    ]
    if (
      paddingIdx !== null &&
      !(Number.isInteger(paddingIdx) && paddingIdx >= -numEmbeddings && paddingIdx < numEmbeddings)
    ) {
      throw new ShapeError(`Embedding: paddingIdx ${paddingIdx} is not one of the ${numEmbeddings} ids`)
    }
    this.paddingIdx = paddingIdx
    const table = normal(shape, madeOf(options))
    this.weight = new Parameter(paddingIdx === null ? table : table.indexSet([paddingIdx], 0), {
      name: 'Embedding.weight',
    })
  }

  override forward(ids: Tensor): Tensor { return embedding(ids, this.weight, { paddingIdx: this.paddingIdx }) }
  override describe(): string { return `Embedding ${this.weight.shape[0]}→${this.weight.shape[1]}` }
}
