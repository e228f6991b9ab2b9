/** @file ROUGE: n-grams, or the longest common sequence, of a text and its reference. */
import { DataError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import { ratio, type MetricState } from './metric.ts'
import { longestCommon, ngrams, pairs, shared, Tally, total } from './text.ts'
import type { References, TextMetric, Texts, Tokenizer } from './text.ts'

export interface RougeScore { readonly precision: number; readonly recall: number; readonly f1: number }
export interface RougeLOptions {
  /** Words of a text: runs of letters and digits in lower case, unless it is said. */
  tokenize?: Tokenizer
}
export interface RougeNOptions extends RougeLOptions {
  /** How many words a run has: 1 unless it is said. */
  n?: number
}
const plain: Tokenizer = text => text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(w => w !== '')

abstract class Rouge implements TextMetric<RougeScore> {
  abstract readonly name: string
  readonly #of: string
  readonly #tokenize: Tokenizer
  readonly #tally: Tally
  constructor(of: string, tokenize: Tokenizer = plain) {
    this.#of = of
    this.#tokenize = tokenize
    this.#tally = new Tally(of)
  }
  /** What both have, what the prediction has, and the reference. @internal */
  protected abstract counts(a: readonly string[], b: readonly string[]): readonly [number, number, number]

  update(predictions: Texts, references: References): void {
    for (const pair of pairs(this.#of, predictions, references)) {
      const tokens = this.#tokenize(pair.prediction)
      const scores = pair.references.map(r => {
        const [both, own, wanted] = this.counts(tokens, this.#tokenize(r))
        const [precision, recall] = [ratio(both, own), ratio(both, wanted)]
        return [precision, recall, ratio(2 * precision * recall, precision + recall)]
      })
      // of several references that of the greatest f1
      this.#tally.add(scores.reduce((a, b) => (b[2] > a[2] ? b : a)))
    }
  }
  async compute(): Promise<RougeScore> {
    const { sums, pairs: n } = this.#tally.values()
    const [precision, recall, f1] = sums.map(s => s / n)
    return { precision, recall, f1 }
  }
  reset(): void { this.#tally.reset() }
  stateDict(): MetricState { return this.#tally.stateDict() }
  loadStateDict(state: MetricState): void { this.#tally.loadStateDict(state) }
}

/**
 * ROUGE-N (Lin 2004): the runs of n words that a text shares with its reference, over those of the text (precision) and
 * of the reference (recall), and their harmonic mean, each averaged over texts; 0 where there are no such runs. Words
 * are not stemmed.
 * @example const rouge = new metrics.RougeN({ n: 2 }); rouge.update('the cat sat', 'the cat ran') // 0.5 each
 */
export class RougeN extends Rouge {
  readonly name = 'rougeN'
  readonly higherIsBetter = true
  readonly #n: number
  constructor(options: RougeNOptions = {}) {
    checkOptions('RougeN', options, { n: true, tokenize: true })
    const { n = 1, tokenize } = options
    if (!Number.isInteger(n) || n < 1) throw new DataError(`RougeN: n is ${n}: it must be a whole number above 0`)
    super('RougeN', tokenize)
    this.#n = n
  }
  protected override counts(a: readonly string[], b: readonly string[]): readonly [number, number, number] {
    const [own, wanted] = [ngrams(a, this.#n), ngrams(b, this.#n)]
    return [shared(own, wanted), total(own), total(wanted)]
  }
}

/**
 * ROUGE-L (Lin 2004): the same of the longest sequence of words that both have, gaps allowed.
 * @example const rouge = new metrics.RougeL(); rouge.update('the cat sat', 'the big cat') // 2/3 each
 */
export class RougeL extends Rouge {
  readonly name = 'rougeL'
  readonly higherIsBetter = true
  constructor(options: RougeLOptions = {}) {
    checkOptions('RougeL', options, { tokenize: true })
    super('RougeL', options.tokenize)
  }
  protected override counts(a: readonly string[], b: readonly string[]): readonly [number, number, number] {
    return [longestCommon(a, b), a.length, b.length]
  }
}
