/** @file Multinomial naive Bayes. */
import { DataError } from 'diffeo'
import { sparseDot, type SparseRow } from './sparse.ts'

/**
 * Two classes by the product of their words' probabilities (Maron 1961): log P(c) + Σ tf · log P(word | c), where
 * P(word | c) = (count + α)/(all + α·size) over the texts of the class.
 * @example
 * const bayes = new baselines.NaiveBayes(rows, labels, { size: tfidf.size, alpha: 0.1 })
 * bayes.score(row) > 0   // of class 1
 */
export class NaiveBayes {
  readonly #weights: Float64Array
  readonly #bias: number

  /** @throws DataError where a class has no row, or `alpha` is not above 0 */
  constructor(
    rows: readonly SparseRow[], labels: ArrayLike<number>, { size, alpha = 1 }: { size: number; alpha?: number },
  ) {
    if (!(alpha > 0)) throw new DataError(`NaiveBayes: alpha is ${alpha}: expected a number above 0`)
    const counts = [new Float64Array(size).fill(alpha), new Float64Array(size).fill(alpha)]
    const texts = [0, 0]
    rows.forEach(({ ids, values }, i) => {
      texts[labels[i]]++
      ids.forEach((id, k) => { counts[labels[i]][id] += values[k] })
    })
    if (!texts.every(n => n > 0)) throw new DataError(`NaiveBayes: the classes have ${texts.join(' and ')} rows`)
    const [none, one] = counts.map(c => c.reduce((sum, n) => sum + n, 0))
    this.#weights = counts[1].map((c, id) => Math.log(c / one) - Math.log(counts[0][id] / none))
    this.#bias = Math.log(texts[1] / texts[0])
  }

  /** The logarithm of how much likelier class 1 is than class 0. */
  score(row: SparseRow): number { return sparseDot(row, this.#weights) + this.#bias }
}
