/** @file The area under the curve of true against false positives. */
import type { Tensor } from '../tensor/index.ts'
import type { Average, Averaged } from './counts.ts'
import type { Metric, MetricState } from './metric.ts'
import { averageArea, positives, ScoreColumns, type AreaOptions, type Column } from './score-columns.ts'

/**
 * The chance that an example of the class has a greater score than one that is not, ties counting half: exact, from all
 * scores (the Mann–Whitney statistic). Scores `[N]` or `[N, 1]` are binary, `[N, C]` against `[N]` multiclass: the mean
 * over the classes that occur, each against the rest, unless `average` says otherwise. Where any score of all batches
 * is outside of [0, 1] they are logits, and multiclass ones are compared after softmax, as torchmetrics does (batch by
 * batch). @throws DataError from compute where all labels are of one class
 * @example const auroc = new metrics.AUROC(); auroc.update(tensor([0.1, 0.9]), tensor([0, 1])) // 1
 */
export class AUROC<A extends Average = 'macro'> implements Metric<Averaged<A>> {
  readonly name = 'auroc'
  readonly higherIsBetter = true
  readonly #average: Average
  readonly #columns: ScoreColumns

  constructor(options: AreaOptions<A> = {}) {
    this.#columns = new ScoreColumns('AUROC', options)
    this.#average = options.average ?? 'macro'
  }
  update(output: Tensor, target: Tensor): void { this.#columns.update(output, target) }
  async compute(): Promise<Averaged<A>> {
    const untold = 'AUROC: all labels are of one class: there is nothing to tell apart'
    return averageArea(await this.#columns.columns(), this.#average, area, untold) as Averaged<A>
  }
  reset(): void { this.#columns.reset() }
  stateDict(): MetricState { return this.#columns.stateDict() }
  loadStateDict(state: MetricState): void { this.#columns.loadStateDict(state) }
}

function area(column: Column): number {
  const { scores, own } = column
  const count = positives(column)
  const negatives = own.length - count
  if (count === 0 || negatives === 0) return NaN
  const order = scores.map((_, i) => i).sort((a, b) => scores[a] - scores[b])
  let ranks = 0
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && scores[order[to]] === scores[order[from]]) to++
    // ties share the mean of their ranks
    const rank = (from + 1 + to) / 2
    for (let i = from; i < to; i++) if (own[order[i]]) ranks += rank
  }
  return (ranks - (count * (count + 1)) / 2) / (count * negatives)
}
