/** @file chrF: n-grams of characters. */
import { DataError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import { ratio, type MetricState } from './metric.ts'
import { ngrams, pairs, shared, Tally, total, type References, type TextMetric, type Texts } from './text.ts'

export interface ChrFOptions {
  /** The longest n-grams of characters: 6 unless it is said. */
  n?: number
  /** How many times as much recall counts as precision: 2 unless it is said. */
  beta?: number
}

/**
 * (1 + β²)·P·R/(β²·P + R), from 0 to 1, of the precision and recall of n-grams of characters without spaces, averaged
 * over n, counted over the corpus (Popović 2015); 0 where none match. sacrebleu's chrF2 over 100.
 * @example const chrf = new metrics.ChrF(); chrf.update('the cat', 'the cat') // 1
 */
export class ChrF implements TextMetric {
  readonly name = 'chrF'
  readonly higherIsBetter = true
  readonly #n: number
  readonly #beta: number
  readonly #tally = new Tally('ChrF')

  constructor(options: ChrFOptions = {}) {
    checkOptions('ChrF', options, { n: true, beta: true })
    const { n = 6, beta = 2 } = options
    if (!Number.isInteger(n) || n < 1) throw new DataError(`ChrF: n is ${n}: it must be a whole number above 0`)
    if (!(beta > 0)) throw new DataError(`ChrF: beta is ${beta}: it must be above 0`)
    this.#n = n
    this.#beta = beta
  }

  update(predictions: Texts, references: References): void {
    for (const pair of pairs('ChrF', predictions, references)) {
      const all = pair.references.map(r => this.#counts(letters(pair.prediction), letters(r)))
      // of several references that of the greatest score
      this.#tally.add(all.reduce((a, b) => (this.#score(b) > this.#score(a) ? b : a)))
    }
  }
  /** For each n: n-grams of the prediction, of the reference, of both. */
  #counts(a: readonly string[], b: readonly string[]): number[] {
    return Array.from({ length: this.#n }, (_, i) => {
      const [own, wanted] = [ngrams(a, i + 1), ngrams(b, i + 1)]
      // what no reference could have does not count
      return [wanted.size > 0 ? total(own) : 0, total(wanted), shared(own, wanted)]
    }).flat()
  }
  #score(sums: readonly number[]): number {
    let [precision, recall, orders] = [0, 0, 0]
    for (let i = 0; i < sums.length; i += 3) {
      const [own, wanted, both] = sums.slice(i, i + 3)
      if (own === 0 || wanted === 0) continue
      precision += both / own
      recall += both / wanted
      orders++
    }
    const square = this.#beta ** 2
    return ratio((1 + square) * precision * recall, (square * precision + recall) * orders)
  }
  async compute(): Promise<number> { return this.#score(this.#tally.values().sums) }
  reset(): void { this.#tally.reset() }
  stateDict(): MetricState { return this.#tally.stateDict() }
  loadStateDict(state: MetricState): void { this.#tally.loadStateDict(state) }
}

const letters = (text: string): string[] => Array.from(text.replaceAll(/\s+/gu, ''))
