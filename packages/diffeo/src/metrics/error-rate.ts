/** @file Edit distance over the length of the reference: of words and of characters. */
import type { MetricState } from './metric.ts'
import { editDistance, pairs, Tally, words } from './text.ts'
import type { References, TextMetric, Texts, Tokenizer } from './text.ts'

abstract class ErrorRate implements TextMetric {
  abstract readonly name: string
  readonly #of: string
  readonly #split: Tokenizer
  readonly #tally: Tally
  constructor(of: string, split: Tokenizer) {
    this.#of = of
    this.#split = split
    this.#tally = new Tally(of)
  }
  update(predictions: Texts, references: References): void {
    for (const { prediction, references: all } of pairs(this.#of, predictions, references)) {
      const given = this.#split(prediction)
      const rates = all.map(r => [editDistance(given, this.#split(r)), this.#split(r).length])
      // of several references the nearest
      this.#tally.add(rates.reduce((a, b) => (b[0] * a[1] < a[0] * b[1] ? b : a)))
    }
  }
  async compute(): Promise<number> {
    const [errors, length] = this.#tally.values().sums
    return errors === 0 ? 0 : errors / length
  }
  reset(): void { this.#tally.reset() }
  stateDict(): MetricState { return this.#tally.stateDict() }
  loadStateDict(state: MetricState): void { this.#tally.loadStateDict(state) }
}

/**
 * (changed + added + left out words)/(words of the reference), over all texts; above 1 if much is added, Infinity if
 * only the references are empty. Words are what whitespace parts.
 * @example const wer = new metrics.WordErrorRate(); wer.update('a b c', 'a x c') // 1/3
 */
export class WordErrorRate extends ErrorRate {
  readonly name = 'wordErrorRate'
  readonly higherIsBetter = false
  constructor() { super('WordErrorRate', words) }
}

/**
 * The same of characters (Unicode code points), spaces among them.
 * @example const cer = new metrics.CharacterErrorRate(); cer.update('kitten', 'sitting') // 3/7
 */
export class CharacterErrorRate extends ErrorRate {
  readonly name = 'characterErrorRate'
  readonly higherIsBetter = false
  constructor() { super('CharacterErrorRate', text => Array.from(text)) }
}
