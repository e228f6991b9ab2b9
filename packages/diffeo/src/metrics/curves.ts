/** @file Curves over all thresholds, and average precision. */
import type { Tensor } from '../tensor/index.ts'
import type { Average, Averaged } from './counts.ts'
import { ratio, type Metric, type MetricState } from './metric.ts'
import {
  averageArea, positives, ScoreColumns, steps, type AreaOptions, type Column, type CurveOptions,
} from './score-columns.ts'

/** Rates of those at or above each threshold, from the greatest; the first point, at Infinity, takes none. */
export interface RocCurve { readonly fpr: number[]; readonly tpr: number[]; readonly thresholds: number[] }
/** Of each threshold, from the least; the last point, precision 1 at recall 0, has none. */
export interface PrCurve { readonly precision: number[]; readonly recall: number[]; readonly thresholds: number[] }

/**
 * True against false positives at each distinct score: a curve a class, each against the rest (binary: one). A rate of
 * nothing is NaN. scikit-learn's `roc_curve` without dropped points. Thresholds are probabilities: where any score is
 * outside of [0, 1] they are logits, and are compared after softmax (binary and multilabel: sigmoid).
 * @example const roc = new metrics.ROC(); roc.update(scores, labels); const [{ fpr, tpr }] = await roc.compute()
 */
export class ROC implements Metric<RocCurve[]> {
  readonly name = 'roc'
  readonly #columns: ScoreColumns
  constructor(options: CurveOptions = {}) { this.#columns = new ScoreColumns('ROC', options) }
  update(output: Tensor, target: Tensor): void { this.#columns.update(output, target) }
  async compute(): Promise<RocCurve[]> { return (await this.#columns.columns()).map(roc) }
  reset(): void { this.#columns.reset() }
  stateDict(): MetricState { return this.#columns.stateDict() }
  loadStateDict(state: MetricState): void { this.#columns.loadStateDict(state) }
}
function roc(column: Column): RocCurve {
  const all = [{ threshold: Infinity, hits: 0, wrong: 0 }, ...steps(column)]
  const count = positives(column)
  return {
    fpr: all.map(s => s.wrong / (column.own.length - count)), tpr: all.map(s => s.hits / count),
    thresholds: all.map(s => s.threshold),
  }
}

/**
 * Precision against recall at each distinct score: a curve a class, each against the rest (binary: one). Recall is 1
 * where no example is of the class. scikit-learn's `precision_recall_curve`. Scores outside of [0, 1] are logits, as in
 * ROC.
 * @example const [{ precision, recall }] = await curve.compute()
 */
export class PrecisionRecallCurve implements Metric<PrCurve[]> {
  readonly name = 'precisionRecallCurve'
  readonly #columns: ScoreColumns
  constructor(options: CurveOptions = {}) { this.#columns = new ScoreColumns('PrecisionRecallCurve', options) }
  update(output: Tensor, target: Tensor): void { this.#columns.update(output, target) }
  async compute(): Promise<PrCurve[]> { return (await this.#columns.columns()).map(pr) }
  reset(): void { this.#columns.reset() }
  stateDict(): MetricState { return this.#columns.stateDict() }
  loadStateDict(state: MetricState): void { this.#columns.loadStateDict(state) }
}
function pr(column: Column): PrCurve {
  const all = steps(column).reverse()
  const count = positives(column)
  return {
    precision: [...all.map(s => s.hits / (s.hits + s.wrong)), 1],
    recall: [...all.map(s => (count === 0 ? 1 : s.hits / count)), 0],
    thresholds: all.map(s => s.threshold),
  }
}

/**
 * Σ (Rₙ − Rₙ₋₁)·Pₙ over the thresholds: the area under precision against recall, without interpolation. Of several
 * classes, the mean over those that occur, unless `average` says otherwise. scikit-learn's `average_precision_score`.
 * Scores outside of [0, 1] are logits: multiclass ones are compared after softmax, as by AUROC.
 * @throws DataError from compute where no example is positive
 * @example new metrics.AveragePrecision({ task: 'multilabel', average: 'micro' })
 */
export class AveragePrecision<A extends Average = 'macro'> implements Metric<Averaged<A>> {
  readonly name = 'averagePrecision'
  readonly higherIsBetter = true
  readonly #average: Average
  readonly #columns: ScoreColumns
  constructor(options: AreaOptions<A> = {}) {
    this.#columns = new ScoreColumns('AveragePrecision', options)
    this.#average = options.average ?? 'macro'
  }
  update(output: Tensor, target: Tensor): void { this.#columns.update(output, target) }
  async compute(): Promise<Averaged<A>> {
    const untold = 'AveragePrecision: no example is positive: there is nothing to find'
    return averageArea(await this.#columns.columns(), this.#average, averagePrecision, untold) as Averaged<A>
  }
  reset(): void { this.#columns.reset() }
  stateDict(): MetricState { return this.#columns.stateDict() }
  loadStateDict(state: MetricState): void { this.#columns.loadStateDict(state) }
}
function averagePrecision(column: Column): number {
  const count = positives(column)
  if (count === 0) return NaN
  let [before, area] = [0, 0]
  for (const { hits, wrong } of steps(column)) {
    area += ((hits - before) / count) * ratio(hits, hits + wrong)
    before = hits
  }
  return area
}
