/** @file Words as numbers: how often they stand in a text, and how rare they are elsewhere. */
import { data, DataError, tensor, type Tensor } from 'diffeo'
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
 * const tfidf = baselines.TfIdf.fit(texts.map(words))
 * const rows = texts.map(t => tfidf.row(words(t)))
 */
export class TfIdf {
  readonly vocabulary: data.Vocabulary
  readonly #n: number
  readonly #idf: Float64Array

  private constructor(vocabulary: data.Vocabulary, idf: Float64Array, n: number) {
    this.vocabulary = vocabulary
    this.#idf = idf
    this.#n = n
  }

  static fit(texts: readonly (readonly string[])[], { n = 1, minTexts = 2 }: TfIdfOptions = {}): TfIdf {
    const found = texts.map(words => new Set(termsOf(words, n)))
    const vocabulary = data.Vocabulary.build(found, { specials: [], minCount: minTexts })
    const frequency = new Float64Array(vocabulary.size)
    for (const terms of found)
      for (const term of terms) if (vocabulary.has(term)) frequency[vocabulary.id(term)]++
    return new TfIdf(vocabulary, frequency.map(df => 1 + Math.log((1 + texts.length) / (1 + df))), n)
  }

  /** What it was fitted to, to be saved with a model. */
  stateDict(): Record<string, Tensor> {
    return {
      ...this.vocabulary.stateDict(),
      idf: tensor(this.#idf, { dtype: 'float64' }),
      n: tensor([this.#n], { dtype: 'int32' }),
    }
  }

  /** @throws DataError if it is the state of something else */
  static fromStateDict(state: Readonly<Record<string, Tensor>>): TfIdf {
    const vocabulary = data.Vocabulary.fromStateDict(state)
    const { idf, n } = state
    if (!idf || !n || idf.size !== vocabulary.size)
      throw new DataError(`TfIdf.fromStateDict: the state must have idf for ${vocabulary.size} words, and n; `
        + `it has ${Object.keys(state).join(', ')}`)
    return new TfIdf(vocabulary, Float64Array.from(idf.dataSync() as Float64Array), Number(n.dataSync()[0]))
  }

  get size(): number { return this.vocabulary.size }

  /** How often each known term stands in a text. */
  counts(words: readonly string[]): SparseRow {
    const counts = new Map<number, number>()
    for (const term of termsOf(words, this.#n)) {
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
}

/** Words, and runs of up to `most` of them. */
function termsOf(words: readonly string[], most: number): string[] {
  const terms = [...words]
  for (let n = 2; n <= most; n++)
    for (let i = 0; i + n <= words.length; i++) terms.push(words.slice(i, i + n).join(' '))
  return terms
}
