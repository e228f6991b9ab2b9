/** @file Attention. */
import type { Tensor } from '../../tensor/index.ts'
import { attend, weightsOf, type AttentionOptions } from '../../tensor/internal.ts'
import { checkOptions } from '../../util/options.ts'
import { checkProbability, dropout } from './dropout.ts'

export interface ScaledDotProductOptions extends AttentionOptions {
  /** The probability with which a weight is dropped, as in training (0). */
  dropout?: number
}

/**
 * softmax(q·kᵀ·scale + mask)·v, the rows of weights over the keys. A row in which no key counts gives 0.
 *
 * The weights are never stored, forward or backward, unless `dropout` is above 0: memory grows with the length, not
 * with its square. Vaswani et al., "Attention is all you need" (2017); Dao et al., "FlashAttention" (2022).
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
  if (p === 0) return attend(query, key, value, options)
  const weights = dropout(weightsOf(query, key, value, options), p)
  if (!options.groupedQueries) return weights.matmul(value)
  const groups = query.shape[query.rank - 3] / value.shape[value.rank - 3]
  return weights.matmul(value.repeatInterleave(groups, -3))
}
