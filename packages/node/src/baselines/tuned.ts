/** @file Choosing a setting of a classifier without looking at the test. */
import { data } from 'diffeo'
import type { SparseRow } from './sparse.ts'

/** Tells two classes apart: above 0 is class 1. */
export interface Scorer { score(row: SparseRow): number }
export interface Tuned<S> {
  /** What was chosen. */
  readonly setting: S
  /** The scores of rows, by the classifier that was trained on all. */
  scores(rows: readonly SparseRow[]): Float64Array
}

/**
 * Trains with each setting on four fifths of the rows, and takes the first of those that are right most often on the
 * others, where both parts have the classes in the same proportions, or with `groups` no group in common; then trains
 * with it on all.
 * @example
 * const make = (r: readonly SparseRow[], l: Int32Array, c: number) =>
 *   new baselines.LogisticRegression(r, l, { size, c })
 * baselines.tuned(rows, labels, [1, 10, 100], make)
 */
export function tuned<S>(
  rows: readonly SparseRow[], labels: Int32Array, settings: readonly S[],
  make: (rows: readonly SparseRow[], labels: Int32Array, setting: S) => Scorer,
  groups?: ArrayLike<number>,
): Tuned<S> {
  const numbers = Array.from(rows, (_, i) => i)
  const [known, held] = data.trainTestSplit(numbers, {
    testSize: 0.2, seed: 0, ...(groups ? { groups } : { stratify: labels }),
  })
  const right = settings.map(setting => {
    const model = make(known.map(i => rows[i]), Int32Array.from(known, i => labels[i]), setting)
    return held.filter(i => Number(model.score(rows[i]) > 0) === labels[i]).length
  })
  const setting = settings[right.indexOf(Math.max(...right))]
  const model = make(rows, labels, setting)
  return { setting, scores: of => Float64Array.from(of, row => model.score(row)) }
}
