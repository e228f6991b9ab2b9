/** @file The table of vectors that embeddings have. */
import { Parameter, type Tensor } from '../../../tensor/index.ts'
import { ShapeError } from '../../../util/errors.ts'
import { renormalized, type RowOptions } from '../../functional/embedding-rows.ts'
import { normal } from '../../init/uniform.ts'
import { positive } from '../../sizes.ts'
import { madeOf, type ParameterOptions } from '../parameters.ts'

/** @throws ShapeError unless it is one of the ids, which may count from the end, or none */
export function checkPadding(name: string, paddingIdx: number | null | undefined, ids: number): number | null {
  const at = paddingIdx ?? null
  if (at !== null && !(Number.isInteger(at) && at >= -ids && at < ids))
    throw new ShapeError(`${name}: paddingIdx ${at} is not one of the ${ids} ids`)
  return at
}

/** `[ids, size]` from N(0, 1), with zeros for the padding. */
export function table(
  name: string, ids: number, size: number, paddingIdx: number | null, options: ParameterOptions,
): Parameter {
  const shape = [positive(`${name}: numEmbeddings`, ids), positive(`${name}: embeddingDim`, size)]
  const vectors = normal(shape, madeOf(options))
  const value = paddingIdx === null ? vectors : vectors.indexSet([paddingIdx], 0)
  return new Parameter(value, { name: `${name}.weight` })
}

/** @throws ShapeError unless there are two axes */
export function tableShape(name: string, vectors: Tensor): readonly number[] {
  if (vectors.rank === 2) return vectors.shape
  throw new ShapeError(`${name}: the vectors are [${vectors.shape.join(',')}]: expected [ids, size]`)
}

/**
 * Keeps the rows that the ids name, scaled to at most `maxNorm`, as PyTorch does in place: in training. The result has
 * them so in evaluation too.
 */
export function keepShort(weight: Tensor, ids: Tensor, { maxNorm, normType }: RowOptions): void {
  // inside functionalCall it may be a plain tensor, which keeps its value
  if (typeof maxNorm === 'number' && weight instanceof Parameter)
    weight.assign(renormalized(weight, ids, maxNorm, normType))
}
