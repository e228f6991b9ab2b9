/** @file What metrics of text share: pairs of predictions and references, edit distance, n-grams. */
import { DataError } from '../util/errors.ts'
import { whatIs } from '../util/options.ts'
import type { MetricState } from './metric.ts'

/** A metric of texts: `update` takes predictions, and of each one reference or several. */
export interface TextMetric<R = number> {
  readonly name: string
  update(predictions: Texts, references: References): void
  /** The value over all batches. @throws DataError if there was none */
  compute(): Promise<R>
  reset(): void
  /** What came since the last reset, to be saved in mid-epoch. */
  stateDict(): MetricState
  /** Goes on from there. */
  loadStateDict(state: MetricState): void
}
export type Texts = string | readonly string[]
export type References = string | readonly (string | readonly string[])[]
export type Tokenizer = (text: string) => readonly string[]

export interface TextPair { readonly prediction: string; readonly references: readonly string[] }

/** @throws DataError unless there is a reference, or several, for each prediction */
export function pairs(of: string, predictions: Texts, references: References): TextPair[] {
  const texts = typeof predictions === 'string' ? [predictions] : predictions
  const given = typeof references === 'string' ? [references] : references
  if (!Array.isArray(texts) || !Array.isArray(given)) {
    throw new DataError(
      `${of}: predictions are ${whatIs(predictions)}, references ${whatIs(references)}: both are texts, or arrays of texts`,
    )
  }
  if (texts.length !== given.length)
    throw new DataError(`${of}: there are ${texts.length} predictions and ${given.length} references`)
  return texts.map((prediction: unknown, i) => {
    const own: unknown = given[i]
    const all = Array.isArray(own) ? own : [own]
    if (all.length === 0) throw new DataError(`${of}: prediction ${i} has no reference`)
    if (typeof prediction !== 'string' || all.some(r => typeof r !== 'string'))
      throw new DataError(`${of}: pair ${i} is ${whatIs(prediction)} and ${whatIs(own)}: expected texts`)
    return { prediction, references: all as string[] }
  })
}

export const words: Tokenizer = text => text.split(/\s+/u).filter(w => w !== '')

/** How often each run of n tokens occurs. */
export function ngrams(tokens: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>()
  for (let i = 0; i + n <= tokens.length; i++) {
    const key = tokens.slice(i, i + n).join('\u0000')
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}
/** How many n-grams two have in common, each as often as in the one that has it least. */
export function shared(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let found = 0
  for (const [key, count] of a) found += Math.min(count, b.get(key) ?? 0)
  return found
}
export const total = (counts: ReadonlyMap<string, number>): number => {
  let sum = 0
  for (const count of counts.values()) sum += count
  return sum
}

/** How many tokens must be changed, added or left out (Levenshtein). */
export function editDistance(a: readonly string[], b: readonly string[]): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + Number(a[i - 1] !== b[j - 1]))
    row = next
  }
  return row[b.length]
}

/** The length of the longest sequence that both have, gaps allowed. */
export function longestCommon(a: readonly string[], b: readonly string[]): number {
  let row = new Array<number>(b.length + 1).fill(0)
  for (const token of a) {
    const next = [0]
    for (let j = 1; j <= b.length; j++)
      next[j] = token === b[j - 1] ? row[j - 1] + 1 : Math.max(row[j], next[j - 1])
    row = next
  }
  return row[b.length]
}

/** Sums of numbers over pairs, kept on the host. */
export class Tally {
  readonly #of: string
  #sums: number[] = []
  #pairs = 0
  constructor(of: string) { this.#of = of }

  add(parts: readonly number[]): void {
    this.#sums = parts.map((p, i) => (this.#sums[i] ?? 0) + p)
    this.#pairs++
  }
  /** @throws DataError if there was no pair */
  values(): { readonly sums: readonly number[]; readonly pairs: number } {
    if (this.#pairs === 0) {
      throw new DataError(
        `${this.#of}.compute: there was no text since the last reset: call update(predictions, references) first`,
      )
    }
    return { sums: this.#sums, pairs: this.#pairs }
  }
  reset(): void {
    this.#sums = []
    this.#pairs = 0
  }
  stateDict(): MetricState { return { sums: this.#sums, pairs: this.#pairs } }
  loadStateDict({ sums, pairs: n }: MetricState): void {
    this.#sums = [...sums]
    this.#pairs = n
  }
}
