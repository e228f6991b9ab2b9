/** @file Rows of a table, one by one and in bags. */
import { arange, ones, slice, stopGradient, where, zeros, type Tensor } from '../../tensor/index.ts'
import { checkTensor } from '../../tensor/internal.ts'
import { DiffeoError, ShapeError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import { checkNorm, rowNames, rowsOf, type RowOptions } from './embedding-rows.ts'

/**
 * Row `ids[…]` of the weight `[rows, dim]`: `[...]` → `[..., dim]`. The row `paddingIdx` takes no gradient. An id out
 * of range is an error at run time.
 * @param options - `paddingIdx` (none); `maxNorm` (none): longer rows are scaled to this length in the result (the
 * weight, a value, stays; `nn.Embedding` keeps them), `normType` (2); `scaleGradByFreq` (false): the gradient of a row
 * is divided by how often its id occurs
 * @example nn.embedding(tensor([1], { dtype: 'int32' }), tensor([[1, 2], [3, 4]]), { maxNorm: 1 }) // [[0.6, 0.8]]
 */
export function embedding(ids: Tensor, weight: Tensor, options: RowOptions = {}): Tensor {
  checkOptions('embedding', options, rowNames)
  checkNorm('embedding', options)
  const { paddingIdx } = options
  const rows = rowsOf(weight, ids, options)
  if (paddingIdx === undefined || paddingIdx === null) return rows
  const at = paddingIdx < 0 ? paddingIdx + weight.shape[0] : paddingIdx
  return where(ids.eq(at).unsqueeze(-1), stopGradient(rows), rows)
}

export interface EmbeddingBagOptions extends RowOptions {
  /** How the rows of a bag are combined ('mean'). */
  mode?: 'sum' | 'mean' | 'max'
  /** Where each bag begins in ids of one axis: whole numbers `[bags]` that do not fall. */
  offsets?: Tensor | null
  /** Whether the last offset is the end of the last bag, and none of its own (false). */
  includeLastOffset?: boolean
  /** What each row is multiplied by, shaped as the ids; with mode 'sum' only. */
  perSampleWeights?: Tensor | null
}

/** How rows come together in bags: their sums, and the greatest of them (a bag without any: 0). */
interface Bags { sum(rows: Tensor): Tensor; max(rows: Tensor): Tensor }

/** Bags side by side: rows `[bags, n, dim]`. */
function even(counted: Tensor | null): Bags {
  return {
    sum: rows => rows.sum(1),
    max: rows => {
      if (!counted) return rows.max(1)
      const greatest = where(counted.unsqueeze(-1), rows, -Infinity).max(1)
      return where(counted.any(1, { keepdims: true }), greatest, 0)
    },
  }
}

/** Bags one after the other: rows `[n, dim]`, and where each bag begins. */
function uneven(op: string, ids: Tensor, offsets: Tensor, includeLast: boolean, counted: Tensor | null): Bags {
  checkTensor(op, 'offsets', offsets, ids)
  if (offsets.rank !== 1 || offsets.size < (includeLast ? 2 : 1))
    throw new ShapeError(`${op}: the offsets are [${offsets.shape.join(',')}]: expected [bags]`)
  const [n, bags] = [ids.size, offsets.size - (includeLast ? 1 : 0)]
  const made = { dtype: 'int32', device: ids.device } as const
  const begins = offsets.cast('int32')
  // a position belongs to the last bag that begins at or before it
  const marks = zeros([n + 1], made).scatterAdd(0, begins, ones([offsets.size], made))
  const of = marks.cumsum(0).index(slice(0, n)).sub(1)
  return {
    sum: rows => zeros([bags, rows.shape[1]], rows).scatterAdd(0, of.unsqueeze(1).expand(rows.shape), rows),
    max: rows => {
      const own = of.unsqueeze(0).eq(arange(bags, made).unsqueeze(1))
      const there = (counted ? own.and(counted) : own).unsqueeze(-1)
      return where(there.any(1), where(there, rows, -Infinity).max(1), 0)
    },
  }
}

function checkBags(op: string, ids: Tensor, options: EmbeddingBagOptions): void {
  checkNorm(op, options)
  const { mode = 'mean', offsets, perSampleWeights, scaleGradByFreq } = options
  if (!['sum', 'mean', 'max'].includes(mode))
    throw new DiffeoError(`${op}: there is no mode '${String(mode)}': 'sum', 'mean', 'max'`)
  if (perSampleWeights && mode !== 'sum')
    throw new DiffeoError(`${op}: perSampleWeights go with mode 'sum', the mode is '${mode}'`)
  if (scaleGradByFreq && mode === 'max') throw new DiffeoError(`${op}: scaleGradByFreq does not go with mode 'max'`)
  if (ids.rank === (offsets ? 1 : 2)) return
  const wanted = offsets ? '[n], with offsets' : '[bags, n], or [n] and offsets'
  throw new ShapeError(`${op}: the ids are [${ids.shape.join(',')}]: expected ${wanted}`)
}

/**
 * The rows of each bag combined: ids `[bags, n]`, or `[n]` with the offsets of the bags, and weight `[rows, dim]` →
 * `[bags, dim]`. A bag without ids is 0. Ids that are `paddingIdx` do not count; `maxNorm` and `scaleGradByFreq` are
 * those of `embedding`.
 * @throws ShapeError where ids and offsets do not go together @throws DiffeoError where weights go with another mode
 * than 'sum'
 * @example
 * const offsets = tensor([0, 2], { dtype: 'int32' })
 * nn.embeddingBag(tensor([0, 1, 2], { dtype: 'int32' }), eye(3), { offsets, mode: 'sum' }) // [[1, 1, 0], [0, 0, 1]]
 */
export function embeddingBag(ids: Tensor, weight: Tensor, options: EmbeddingBagOptions = {}): Tensor {
  const op = 'embeddingBag'
  checkOptions(op, options, {
    ...rowNames, mode: true, offsets: true, includeLastOffset: true, perSampleWeights: true,
  })
  checkTensor(op, 'first argument, the ids,', ids)
  checkBags(op, ids, options)
  const { mode = 'mean', offsets, perSampleWeights, paddingIdx = null, includeLastOffset = false } = options
  const counted = paddingIdx === null ? null : ids.ne(paddingIdx < 0 ? paddingIdx + weight.shape[0] : paddingIdx)
  const rows = rowsOf(weight, ids, options)
  const bags = offsets ? uneven(op, ids, offsets, includeLastOffset, counted) : even(counted)
  if (mode === 'max') return bags.max(rows)
  const weighted = perSampleWeights ? rows.mul(perSampleWeights.unsqueeze(-1)) : rows
  const sum = bags.sum(counted ? where(counted.unsqueeze(-1), weighted, 0) : weighted)
  if (mode === 'sum') return sum
  const one = counted ? counted.cast(rows.dtype) : ones(ids.shape, { dtype: rows.dtype, device: rows.device })
  return sum.div(bags.sum(one.unsqueeze(-1)).maximum(1))
}
