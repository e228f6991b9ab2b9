/** @file Words as numbers: how often they stand in a text, and how rare they are elsewhere. */
import { data } from 'diffeo'
import { sparseRow, type SparseRow } from './sparse.ts'

export interface TfIdfOptions {
  /** Runs of so many words count as well; 1. */
  readonly n?: number
  /** Leaves out what stands in fewer texts; 2. */
  readonly minTexts?: number
}

/**
 * Term frequency times inverse document frequency (Spärck Jones 1972): (1 + ln tf)·(1 + ln((1 + N)/(1 + df))), rows of
 * length 1, the formulas of scikit-learn's TfidfVectorizer with `sublinear_tf`.
 * @example
 * const tfidf = new baselines.TfIdf(texts.map(words))
 * const rows = texts.map(t => tfidf.row(words(t)))
 */
export class TfIdf {
  readonly vocabulary: data.Vocabulary
  readonly #n: number
  readonly #idf: Float64Array

  constructor(texts: readonly (readonly string[])[], { n = 1, minTexts = 2 }: TfIdfOptions = {}) {
    this.#n = n
    const found = texts.map(words => new Set(this.#terms(words)))
    this.vocabulary = data.Vocabulary.build(found, { specials: [], minCount: minTexts })
    const frequency = new Float64Array(this.vocabulary.size)
    for (const terms of found)
      for (const term of terms) if (this.vocabulary.has(term)) frequency[this.vocabulary.id(term)]++
    this.#idf = frequency.map(df => 1 + Math.log((1 + texts.length) / (1 + df)))
  }

  get size(): number { return this.vocabulary.size }

  /** How often each known term stands in a text. */
  counts(words: readonly string[]): SparseRow {
    const counts = new Map<number, number>()
    for (const term of this.#terms(words)) {
      if (!this.vocabulary.has(term)) continue
      const id = this.vocabulary.id(term)
      counts.set(id, (counts.get(id) ?? 0) + 1)
    }
    return sparseRow(counts)
  }

  /** The row of a text, of length 1 unless none of its words is known. */
  row(words: readonly string[]): SparseRow {
    const { ids, values } = this.counts(words)
    const weights = values.map((tf, i) => (1 + Math.log(tf)) * this.#idf[ids[i]])
    const norm = Math.hypot(...weights) || 1
    return { ids, values: weights.map(w => w / norm) }
  }

  /** Words, and runs of up to n of them. */
  #terms(words: readonly string[]): string[] {
    const terms = [...words]
    for (let n = 2; n <= this.#n; n++)
      for (let i = 0; i + n <= words.length; i++) terms.push(words.slice(i, i + n).join(' '))
    return terms
  }
}
