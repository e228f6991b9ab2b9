/** @file The area under the curve of true against false positives. */
import type { Tensor, TypedArray } from '../tensor/index.ts'
import { DataError, ShapeError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import { taskOf, type Task } from './classes.ts'
import type { Metric } from './metric.ts'

/**
 * The chance that an example of the class has a greater score than one that is not, ties counting half: exact, from all
 * scores (the Mann–Whitney statistic). Multiclass: the mean over the classes that occur, each against the rest.
 */
export class AUROC implements Metric {
  readonly name = 'auroc'
  readonly #task: Task | undefined
  readonly #batches: { readonly scores: Tensor; readonly labels: Tensor; readonly columns: number }[] = []

  constructor(options: { task?: Task } = {}) {
    checkOptions('AUROC', options, { task: true })
    this.#task = options.task
  }

  update(output: Tensor, target: Tensor): void {
    const columns = (this.#task ?? taskOf('AUROC', output, target)) === 'binary' ? 1 : output.shape[1]
    if (this.#batches.length > 0 && this.#batches[0].columns !== columns) {
      throw new ShapeError(
        `AUROC: this batch has ${columns} scores an example, those before ${this.#batches[0].columns}`,
      )
    }
    if (output.size !== target.size * columns)
      throw new ShapeError(`AUROC: the output is [${output.shape.join(',')}], the target [${target.shape.join(',')}]`)
    const scores = output.detach()
    this.#batches.push({ scores, labels: target.detach(), columns })
    // now, lest the graph of the model be kept
    void scores.realize()
  }

  async compute(): Promise<number> {
    if (this.#batches.length === 0)
      throw new DataError('AUROC.compute: there was no batch since the last reset: call update(output, target) first')
    const { columns } = this.#batches[0]
    const scores = joined(await Promise.all(this.#batches.map(b => b.scores.data())))
    const labels = joined(await Promise.all(this.#batches.map(b => b.labels.data())))
    if (columns === 1) return area(scores, labels.map(Number))
    const areas = Array.from({ length: columns }, (_, c) => {
      const column = scores.filter((_s, i) => i % columns === c)
      const own = labels.map(l => Number(l === c))
      return own.includes(1) && own.includes(0) ? [area(column, own)] : []
    }).flat()
    if (areas.length === 0) throw new DataError('AUROC: all labels are of one class: there is nothing to tell apart')
    return areas.reduce((a, b) => a + b, 0) / areas.length
  }
  reset(): void { this.#batches.length = 0 }
}

const joined = (parts: readonly TypedArray[]): number[] => parts.flatMap(p => [...p])

function area(scores: readonly number[], labels: readonly number[]): number {
  if (scores.some(Number.isNaN)) throw new DataError('AUROC: a score is NaN')
  const positives = labels.reduce((n, l) => n + Number(l > 0), 0)
  const negatives = labels.length - positives
  if (positives === 0 || negatives === 0)
    throw new DataError('AUROC: all labels are of one class: there is nothing to tell apart')
  const order = scores.map((_, i) => i).sort((a, b) => scores[a] - scores[b])
  let ranks = 0
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && scores[order[to]] === scores[order[from]]) to++
    // ties share the mean of their ranks
    const rank = (from + 1 + to) / 2
    for (let i = from; i < to; i++) if (labels[order[i]] > 0) ranks += rank
  }
  return (ranks - (positives * (positives + 1)) / 2) / (positives * negatives)
}
