/** @file n-grams with modified Kneser-Ney smoothing. */
import { DataError } from 'diffeo'

export interface NGramOptions {
  /** Tokens of an n-gram, the one that is foretold counted in; 5. */
  readonly order?: number
  /** How many tokens there are. */
  readonly size: number
}

/** What is known of the n-grams of one length. */
interface Level {
  /** Of an n-gram: how often it was seen, or behind how many tokens. */
  readonly counts: ReadonlyMap<number, number>
  /** Of the n-grams of a context: the sum, and how many are seen once, twice, more often. */
  readonly contexts: ReadonlyMap<number, Float64Array>
  /** What is taken from a count of 1, 2 and more. */
  readonly discounts: readonly [number, number, number]
}

/**
 * A language model of counts: p(w | c) = (n(cw) − D)/n(c) + λ(c)·p(w | c without its first), where shorter n-grams are
 * counted by how many tokens they stand behind, and D depends on the count. Interpolated and modified as in Chen &
 * Goodman, "An empirical study of smoothing techniques for language modeling" (1999), after Kneser & Ney (1995).
 * @example
 * const model = new baselines.NGram(tokenizer.encode(text), { order: 5, size: tokenizer.size })
 * model.bits(tokenizer.encode(other))   // a token
 */
export class NGram {
  readonly order: number
  readonly size: number
  readonly #levels: readonly Level[]

  /** @throws DataError for a text shorter than an n-gram, or one whose n-grams have no number of their own */
  constructor(ids: ArrayLike<number>, { order = 5, size }: NGramOptions) {
    if (!Number.isInteger(order) || order < 1 || !(size ** order < Number.MAX_SAFE_INTEGER))
      throw new DataError(
        `NGram: order is ${order}: expected a whole number from 1 up, with ${size} to its power below 2⁵³`,
      )
    if (ids.length < order) throw new DataError(`NGram: a text of ${ids.length} tokens has no ${order}-gram`)
    this.order = order
    this.size = size
    let counts = new Map<number, number>()
    const all = size ** order
    for (let i = 0, key = 0; i < ids.length; i++) {
      key = (key * size + ids[i]) % all
      if (i + 1 >= order) counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    const levels: Level[] = []
    for (let n = order; n >= 1; n--) {
      levels.unshift(levelOf(counts, size))
      const shorter = new Map<number, number>()
      for (const key of counts.keys()) {
        const rest = key % size ** (n - 1)
        shorter.set(rest, (shorter.get(rest) ?? 0) + 1)
      }
      counts = shorter
    }
    this.#levels = levels
  }

  /** Of token `id` behind the context, of which the last order − 1 tokens count. */
  probability(context: ArrayLike<number>, id: number): number {
    let p = 1 / this.size
    for (let n = 1, key = 0; n <= this.order && n - 1 <= context.length; n++) {
      if (n > 1) key += context[context.length - n + 1] * this.size ** (n - 2)
      const { counts, contexts, discounts } = this.#levels[n - 1]
      const found = contexts.get(key)
      // of a context that was not seen no longer one was
      if (!found) break
      const [sum, once, twice, more] = found
      const count = counts.get(key * this.size + id) ?? 0
      const kept = count > 0 ? count - discounts[Math.min(count, 3) - 1] : 0
      p = (kept + (discounts[0] * once + discounts[1] * twice + discounts[2] * more) * p) / sum
    }
    return p
  }

  /** −log₂ p of a token, the mean over the text, or over its tokens from `from` up to `to`, not counted in. */
  bits(ids: ArrayLike<number>, { from = 0, to = ids.length }: { from?: number; to?: number } = {}): number {
    const list = Array.from(ids)
    let sum = 0
    for (let i = from; i < to; i++)
      sum -= Math.log2(this.probability(list.slice(Math.max(0, i - this.order + 1), i), list[i]))
    return sum / (to - from)
  }
}

/**
 * Which order foretells a text best that is not the one counted.
 * @example const order = bestOrder(known, validation, [4, 5, 6], size)
 */
export function bestOrder(
  known: ArrayLike<number>, held: ArrayLike<number>, orders: readonly number[], size: number,
): number {
  const bits = orders.map(order => new NGram(known, { order, size }).bits(held))
  return orders[bits.indexOf(Math.min(...bits))]
}

function levelOf(counts: ReadonlyMap<number, number>, size: number): Level {
  const contexts = new Map<number, Float64Array>()
  const seen = [0, 0, 0, 0]
  for (const [key, count] of counts) {
    const context = Math.floor(key / size)
    let found = contexts.get(context)
    if (!found) contexts.set(context, found = new Float64Array(4))
    found[0] += count
    found[Math.min(count, 3)]++
    if (count <= 4) seen[count - 1]++
  }
  const y = seen[0] / (seen[0] + 2 * seen[1])
  // with few texts a number of counts may be 0: then half is taken from each
  const discount = (k: number): number => {
    const d = k - ((k + 1) * y * seen[k]) / seen[k - 1]
    return d > 0 && d < k ? d : 0.5
  }
  return { counts, contexts, discounts: [discount(1), discount(2), discount(3)] }
}
