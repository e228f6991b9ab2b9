/** @file Rows of a table, one by one and in bags. */
import { stopGradient, where, type Tensor } from '../../tensor/index.ts'
import { takeRows } from '../../tensor/internal.ts'
import { DiffeoError, ShapeError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'

/**
 * Row `ids[…]` of the weight `[rows, dim]`: `[...]` → `[..., dim]`. The row `paddingIdx` takes no gradient.
 * An id out of range is an error at run time.
 */
export function embedding(ids: Tensor, weight: Tensor, options: { paddingIdx?: number | null } = {}): Tensor {
  checkOptions('embedding', options, { paddingIdx: true })
  const { paddingIdx } = options
  const rows = takeRows(weight, ids)
  if (paddingIdx === undefined || paddingIdx === null) return rows
  const at = paddingIdx < 0 ? paddingIdx + weight.shape[0] : paddingIdx
  return where(ids.eq(at).unsqueeze(-1), stopGradient(rows), rows)
}

export interface EmbeddingBagOptions {
  /** How the rows of a bag are combined ('mean'). */
  mode?: 'sum' | 'mean' | 'max'
  /** What each row is multiplied by, shaped as the ids; with mode 'sum' only. */
  perSampleWeights?: Tensor | null
}
/**
 * The rows of each bag combined: ids `[bags, n]` with weight `[rows, dim]` → `[bags, dim]`.
 * @throws ShapeError unless there are two axes of ids @throws DiffeoError where weights go with another mode than 'sum'
 */
export function embeddingBag(ids: Tensor, weight: Tensor, options: EmbeddingBagOptions = {}): Tensor {
  checkOptions('embeddingBag', options, { mode: true, perSampleWeights: true })
  const { mode = 'mean', perSampleWeights = null } = options
  if (ids.rank !== 2) throw new ShapeError(`embeddingBag: the ids are [${ids.shape.join(',')}]: expected [bags, n]`)
  if (perSampleWeights && mode !== 'sum')
    throw new DiffeoError(`embeddingBag: perSampleWeights go with mode 'sum', the mode is '${mode}'`)
  const rows = takeRows(weight, ids)
  switch (mode) {
    case 'sum': return (perSampleWeights ? rows.mul(perSampleWeights.unsqueeze(-1)) : rows).sum(1)
    case 'mean': return rows.mean(1)
    case 'max': return rows.max(1)
    default: throw new DiffeoError(`embeddingBag: there is no mode '${String(mode)}': 'sum', 'mean', 'max'`)
  }
}
