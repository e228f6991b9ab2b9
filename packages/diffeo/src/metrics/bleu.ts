/** @file BLEU: precision of n-grams, corpus-wide. */
import { DataError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import type { MetricState } from './metric.ts'
import { ngrams, pairs, shared, Tally, total, words } from './text.ts'
import type { References, TextMetric, Texts, Tokenizer } from './text.ts'

export interface BLEUOptions {
  /** The longest n-grams that count: 4 unless it is said. */
  n?: number
  /** Adds 1 to the counts of n-grams above n = 1 (Lin and Och 2004), so that a short text need not have 0. */
  smooth?: boolean
  /** Words of a text: what whitespace parts, unless it is said. */
  tokenize?: Tokenizer
}

/**
 * min(1, e^(1 − r/c))·(Π pₙ)^(1/N), from 0 to 1: pₙ the part of the predictions' n-grams that a reference has, c the
 * length of the predictions, r that of the nearest references, all over the corpus (Papineni et al. 2002). 0 where some
 * n has no match.
 * @example const bleu = new metrics.BLEU(); bleu.update(['the cat sat on the mat'], [['the cat sat on a mat']])
 */
export class BLEU implements TextMetric {
  readonly name = 'bleu'
  readonly higherIsBetter = true
  readonly #n: number
  readonly #smooth: boolean
  readonly #tokenize: Tokenizer
  readonly #tally = new Tally('BLEU')

  constructor(options: BLEUOptions = {}) {
    checkOptions('BLEU', options, { n: true, smooth: true, tokenize: true })
    const { n = 4, smooth = false, tokenize = words } = options
    if (!Number.isInteger(n) || n < 1) throw new DataError(`BLEU: n is ${n}: it must be a whole number above 0`)
    this.#n = n
    this.#smooth = smooth
    this.#tokenize = tokenize
  }

  update(predictions: Texts, references: References): void {
    for (const pair of pairs('BLEU', predictions, references)) {
      const tokens = this.#tokenize(pair.prediction)
      const others = pair.references.map(r => this.#tokenize(r))
      const far = (length: number): number => Math.abs(length - tokens.length)
      // the shorter of two as near
      const nearest = others.map(o => o.length).sort((a, b) => far(a) - far(b) || a - b)[0]
      const orders = Array.from({ length: this.#n }, (_, i) => {
        const own = ngrams(tokens, i + 1)
        return [shared(own, greatest(others.map(o => ngrams(o, i + 1)))), total(own)]
      })
      this.#tally.add([tokens.length, nearest, ...orders.flat()])
    }
  }
  async compute(): Promise<number> {
    const [length, reference, ...orders] = this.#tally.values().sums
    let logs = 0
    for (let i = 0; i < this.#n; i++) {
      const [hits, all] = orders.slice(2 * i, 2 * i + 2)
      const extra = this.#smooth && i > 0 ? 1 : 0
      if (all === 0 || hits + extra === 0) return 0
      logs += Math.log((hits + extra) / (all + extra)) / this.#n
    }
    return Math.exp(logs + Math.min(0, 1 - reference / length))
  }
  reset(): void { this.#tally.reset() }
  stateDict(): MetricState { return this.#tally.stateDict() }
  loadStateDict(state: MetricState): void { this.#tally.loadStateDict(state) }
}

/** Each n-gram as often as in the reference that has it most. */
function greatest(all: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const most = new Map<string, number>()
  for (const counts of all) for (const [key, n] of counts) most.set(key, Math.max(n, most.get(key) ?? 0))
  return most
}
