/** @file Attention. */
import type { Half, Tensor } from '../../tensor/index.ts'
import { attend, isHalf, weightsOf, type AttentionOptions } from '../../tensor/internal.ts'
import { checkOptions } from '../../util/options.ts'
import { attendInBlocks, MANY_QUERIES } from './attention-blocks.ts'
import { checkProbability, dropout } from './dropout.ts'

export interface ScaledDotProductOptions extends AttentionOptions {
  /** The probability with which a weight is dropped, as in training (0). */
  dropout?: number
}

/**
 * softmax(q·kᵀ·scale + mask)·v, the rows of weights over the keys. A row in which no key counts gives 0.
 *
 * The weights are not stored, forward or backward: in float32 (and halves, which are computed in it) kernels need them
 * key by key; in float64 and with `dropout` above 0 there are 64 rows of them at a time, from 512 queries on. Vaswani
 * et al., "Attention is all you need" (2017); Dao et al., "FlashAttention" (2022).
 * @param query - `[…, T, E]`
 * @param key - `[…, S, E]`; axes in front broadcast
 * @param value - `[…, S, F]`
 * @param options - `mask` (none) bool `[…, T, S]`, true where a query may look, or float, added; `causal` (false):
 * query i sees the keys up to i; `dropout` (0); `scale` (1/√E); `groupedQueries` (false): axis −3 of the query holds a
 * multiple of the heads of key and value; `length`: only so many keys count, and with `causal` the last query is at the
 * last of them (decoding with a cache)
 * @returns `[…, T, F]`
 * @throws ShapeError, DTypeError where they do not fit together
 * @example
 * const [q, k, v] = [randn([2, 4, 10, 16]), randn([2, 4, 10, 16]), randn([2, 4, 10, 16])]
 * nn.scaledDotProductAttention(q, k, v, { causal: true }).shape // [2, 4, 10, 16]
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: ScaledDotProductOptions = {},
): Tensor {
  checkOptions('scaledDotProductAttention', options, {
    mask: true, causal: true, dropout: true, scale: true, groupedQueries: true, length: true,
  })
  const p = checkProbability('scaledDotProductAttention: dropout', options.dropout ?? 0)
  const { dropout: _, ...form } = options
  const attendDropped = (q: Tensor, k: Tensor, v: Tensor, o: AttentionOptions): Tensor => {
    const weights = dropout(weightsOf(q, k, v, o), p)
    if (!o.groupedQueries) return weights.matmul(v)
    return weights.matmul(v.repeatInterleave(q.shape[q.rank - 3] / v.shape[v.rank - 3], -3))
  }
  const isMany = query.rank > 1 && query.shape[query.rank - 2] >= MANY_QUERIES
  if (p === 0) {
    const dtypes = [query, key, value].map(x => x.dtype)
    if (dtypes.every(isHalf)) return attendWide(query, key, value, form)
    return isMany && dtypes.includes('float64')
      ? attendInBlocks(attend, query, key, value, form)
      : attend(query, key, value, form)
  }
  return isMany
    ? attendInBlocks(attendDropped, query, key, value, form)
    : attendDropped(query, key, value, form)
}

/** Halves are read and written, all between is float32: that has kernels. */
function attendWide(query: Tensor, key: Tensor, value: Tensor, options: AttentionOptions): Tensor {
  const dtype = query.dtype === key.dtype && key.dtype === value.dtype ? query.dtype as Half : 'float32'
  const [q, k, v] = [query, key, value].map(x => x.cast('float32'))
  return attend(q, k, v, options).cast(dtype)
}
