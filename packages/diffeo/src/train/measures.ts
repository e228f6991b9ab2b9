/** @file Means over an epoch: of the loss and what else a step logs, weighted by batch size, and of metrics. */
import { Tensor } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'
import { nearest, whatIs } from '../util/options.ts'
import type { Metric } from './contract.ts'
import * as metrics from '../metrics/index.ts'

const byName = {
  accuracy: () => new metrics.Accuracy(), precision: () => new metrics.Precision(), recall: () => new metrics.Recall(),
  specificity: () => new metrics.Specificity(), f1: () => new metrics.F1(), fBeta: () => new metrics.FBeta(),
  dice: () => new metrics.Dice(), jaccard: () => new metrics.Jaccard(), auroc: () => new metrics.AUROC(),
  averagePrecision: () => new metrics.AveragePrecision(), balancedAccuracy: () => new metrics.BalancedAccuracy(),
  cohenKappa: () => new metrics.CohenKappa(), matthews: () => new metrics.MatthewsCorrelation(),
  hammingLoss: () => new metrics.HammingLoss(), exactMatch: () => new metrics.ExactMatch(),
  hinge: () => new metrics.Hinge(), logLoss: () => new metrics.LogLoss(), brierScore: () => new metrics.BrierScore(),
  calibrationError: () => new metrics.CalibrationError(), perplexity: () => new metrics.Perplexity(),
  mae: () => new metrics.MAE(), mse: () => new metrics.MSE(), rmse: () => new metrics.RMSE(),
  mape: () => new metrics.MAPE(), smape: () => new metrics.SMAPE(), r2: () => new metrics.R2(),
  explainedVariance: () => new metrics.ExplainedVariance(), pearson: () => new metrics.Pearson(),
  spearman: () => new metrics.Spearman(), kendall: () => new metrics.Kendall(),
  precisionAtK: () => new metrics.PrecisionAtK(), recallAtK: () => new metrics.RecallAtK(),
  hitRate: () => new metrics.HitRate(), mrr: () => new metrics.MRR(), map: () => new metrics.MAP(),
  ndcg: () => new metrics.NDCG(), psnr: () => new metrics.PSNR(), ssim: () => new metrics.SSIM(),
} satisfies Record<string, () => Metric>
export type MetricName = keyof typeof byName

function metricByName(name: string): Metric {
  if (!Object.hasOwn(byName, name)) {
    const meant = nearest(name, Object.keys(byName))
    throw new DataError(
      `metrics: there is no '${name}'${meant ? `: did you mean '${meant}'?` : ''}; there are ${Object.keys(byName).join(', ')}, and any object with update, compute and reset`,
    )
  }
  return byName[name as MetricName]()
}

/** A metric by name, or as an object with `update`, `compute` and `reset`. */
export type MetricLike = MetricName | Metric

export interface NamedMetric { readonly name: string; readonly metric: Metric }

const camel = (name: string): string =>
  /^[A-Z0-9]+$/.test(name) ? name.toLowerCase() : name.charAt(0).toLowerCase() + name.slice(1)

/** Each with the name that its column bears. @throws DataError where two have the same */
export function namedMetrics(metrics: readonly MetricLike[] = []): NamedMetric[] {
  if (!Array.isArray(metrics)) throw new DataError(`metrics are ${whatIs(metrics)}: expected an array, as ['accuracy']`)
  const named = (metrics as readonly MetricLike[]).map(m => {
    if (typeof m !== 'string' && typeof (m as Metric | null)?.update !== 'function')
      throw new DataError(`metrics: ${whatIs(m)} is no metric: write its name, or an object as new metrics.Accuracy()`)
    const metric: Metric = typeof m === 'string' ? metricByName(m) : m
    return { name: typeof m === 'string' ? m : metric.name ?? camel(metric.constructor.name), metric }
  })
  const twice = named.find((m, i) => named.findIndex(o => o.name === m.name) !== i)
  if (twice) throw new DataError(`metrics: two are called '${twice.name}': give one another name`)
  return named
}

/**
 * Whether more of a value in a record is better, as valLoss and valAccuracy are: asked of the metric of that name, or
 * of ours, for a step may log what has the same name. Undefined where nobody knows.
 */
export function higherIsBetter(monitor: string, metrics: readonly NamedMetric[]): boolean | undefined {
  const bare = monitor.replace(/^val(?=[A-Z])/, '')
  const name = bare.charAt(0).toLowerCase() + bare.slice(1)
  if (/loss$/i.test(name)) return false
  const own = metrics.find(m => m.name.toLowerCase() === name.toLowerCase())?.metric
  return (own ?? (Object.hasOwn(byName, name) ? metricByName(name) : null))?.higherIsBetter
}

/** Sums of numbers over examples. */
export class Means {
  sums: Record<string, number> = {}
  examples = 0

  add(values: Readonly<Record<string, number>>, examples: number): void {
    for (const [name, value] of Object.entries(values)) this.sums[name] = (this.sums[name] ?? 0) + value * examples
    this.examples += examples
  }
  compute(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.sums).map(([name, sum]) => [name, sum / this.examples]))
  }
}

/** The values of metrics now; one of many numbers (a confusion matrix) has no place in a record. */
export async function computeMetrics(metrics: readonly NamedMetric[]): Promise<Record<string, number>> {
  const values: Record<string, number> = {}
  for (const { name, metric } of metrics) {
    const found = await metric.compute()
    const value = found instanceof Tensor && found.size === 1 ? await found.item() : found
    if (typeof value === 'number') values[name] = value
  }
  return values
}

export const resetMetrics = (metrics: readonly NamedMetric[]): void => {
  for (const { metric } of metrics) metric.reset()
}
/** What metrics hold in the middle of an epoch; those that do not say begin anew where it goes on. */
export const metricStates = (metrics: readonly NamedMetric[]): Record<string, unknown> =>
  Object.fromEntries(metrics.flatMap(({ name, metric }) => (metric.stateDict ? [[name, metric.stateDict()]] : [])))
export function loadMetricStates(metrics: readonly NamedMetric[], states: Readonly<Record<string, unknown>>): void {
  resetMetrics(metrics)
  for (const { name, metric } of metrics) if (name in states) metric.loadStateDict?.(states[name])
}
export async function updateMetrics(metrics: readonly NamedMetric[], output: unknown, target: unknown): Promise<void> {
  for (const { metric } of metrics) await metric.update(output, target)
}
