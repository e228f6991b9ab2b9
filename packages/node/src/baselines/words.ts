/** @file Two classes of texts by their words alone. */
import { LogisticRegression } from './logistic-regression.ts'
import { NaiveBayes } from './naive-bayes.ts'
import type { TfIdf } from './tf-idf.ts'
import { tuned } from './tuned.ts'

/** Texts as words, and the class of each, 0 or 1. */
export interface LabelledWords {
  readonly words: readonly (readonly string[])[]
  readonly labels: Int32Array
  /** A group for each: a setting is never tried on a group that it was trained on. */
  readonly groups?: ArrayLike<number>
}
/** What a classifier gets right of all, and the F1 score of class 1. */
export interface Scores { readonly accuracy: number; readonly f1: number }

/**
 * Naive Bayes and logistic regression on TF-IDF, each with the smoothing or the penalty that does best on a fifth of
 * the known texts. @returns how each does on the test
 * @example
 * const tfIdf = baselines.TfIdf.fit(known.words)
 * baselines.byWords(tfIdf, known, test)['naive Bayes'].accuracy
 */
export function byWords(
  tfIdf: TfIdf, known: LabelledWords, test: LabelledWords,
): Record<'naive Bayes' | 'logistic regression', Scores> {
  const { size } = tfIdf
  const [rows, testRows] = [known, test].map(part => part.words.map(w => tfIdf.row(w)))
  const alphas = [0.0001, 0.001, 0.01, 0.1, 1]
  const bayes = tuned(rows, known.labels, alphas, (r, l, alpha) =>
    new NaiveBayes(r, l, { size, alpha }), known.groups)
  const cs = [0.1, 1, 10, 100, 1000, 1e4, 1e5]
  const regression = tuned(rows, known.labels, cs, (r, l, c) =>
    new LogisticRegression(r, l, { size, c }), known.groups)
  const [ofBayes, ofRegression] = [bayes, regression].map(m => scoresOf(m.scores(testRows), test.labels))
  return { 'naive Bayes': ofBayes, 'logistic regression': ofRegression }
}

function scoresOf(scores: Float64Array, labels: Int32Array): Scores {
  const count = (said: number, is: number): number =>
    scores.filter((s, i) => Number(s > 0) === said && labels[i] === is).length
  const [hits, wrong] = [count(1, 1), count(1, 0) + count(0, 1)]
  return { accuracy: 1 - wrong / scores.length, f1: (2 * hits) / (2 * hits + wrong || 1) }
}
