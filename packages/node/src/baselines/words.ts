/** @file Two classes of texts by their words alone. */
import { LogisticRegression } from './logistic-regression.ts'
import { NaiveBayes } from './naive-bayes.ts'
import type { TfIdf } from './tf-idf.ts'
import { tuned } from './tuned.ts'

/** Texts as words, and the class of each, 0 or 1. */
export interface LabelledWords { readonly words: readonly (readonly string[])[]; readonly labels: Int32Array }

/**
 * Naive Bayes and logistic regression on TF-IDF, each with the smoothing or the penalty that does best on a fifth of
 * the known texts. @returns the share of the test that each gets right
 * @example
 * const tfIdf = new baselines.TfIdf(known.words)
 * baselines.byWords(tfIdf, known, test)['naive Bayes']
 */
export function byWords(
  tfIdf: TfIdf, known: LabelledWords, test: LabelledWords,
): Record<'naive Bayes' | 'logistic regression', number> {
  const { size } = tfIdf
  const [rows, testRows] = [known, test].map(part => part.words.map(w => tfIdf.row(w)))
  const right = (scores: Float64Array): number =>
    scores.filter((s, i) => Number(s > 0) === test.labels[i]).length / scores.length
  const alphas = [0.001, 0.01, 0.1, 1]
  const bayes = tuned(rows, known.labels, alphas, (r, l, alpha) => new NaiveBayes(r, l, { size, alpha }))
  const cs = [1, 10, 100, 1000]
  const regression = tuned(rows, known.labels, cs, (r, l, c) => new LogisticRegression(r, l, { size, c }))
  return { 'naive Bayes': right(bayes.scores(testRows)), 'logistic regression': right(regression.scores(testRows)) }
}
