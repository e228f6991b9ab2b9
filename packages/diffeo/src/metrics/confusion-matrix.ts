/** @file How often each label meets each prediction. */
import { stack, type Tensor } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import { checkChoice, confusion, labelsOf, taskNames, type Task, type TaskOptions } from './classes.ts'
import { multilabel } from './counts.ts'
import { Sums, type Metric, type MetricState } from './metric.ts'

export interface ConfusionOptions<T extends Task | 'multilabel' = Task | 'multilabel'>
  extends Omit<TaskOptions, 'task'> {
  /** Taken from the shapes, unless it is 'multilabel': `[N, L]` scores against `[N, L]` of 0 and 1. */
  task?: T
}
type Table = number[][]
/** Rows of `width` numbers. */
const rowsOf = (counts: readonly number[], width: number): Table =>
  Array.from({ length: counts.length / width }, (_, i) => counts.slice(i * width, (i + 1) * width))

/**
 * Row i, column j: how many examples of class i were taken for class j. Tasks are told apart as by Accuracy. With task
 * 'multilabel' such a table for each label, of its absence and presence: scikit-learn's `multilabel_confusion_matrix`.
 * @param options - `task`, `threshold` (0), `topK` (1), `ignoreIndex` (none)
 * @example const matrix = new metrics.ConfusionMatrix(); matrix.update(logits, labels); await matrix.compute()
 */
export class ConfusionMatrix<T extends Task | 'multilabel' = Task>
  implements Metric<T extends 'multilabel' ? Table[] : Table> {
  readonly name = 'confusionMatrix'
  readonly #options: ConfusionOptions
  readonly #sums: Sums
  readonly #of: string

  constructor(options: ConfusionOptions<T> = {}, of = 'ConfusionMatrix') {
    checkOptions(of, options, taskNames)
    checkChoice(of, 'task', options.task, ['binary', 'multiclass', 'multilabel'])
    if (options.task === 'multilabel' && (options.topK ?? options.ignoreIndex) !== undefined)
      throw new DataError(`${of}: topK is for multiclass outputs, ignoreIndex for these and binary ones`)
    this.#options = options
    this.#of = of
    this.#sums = new Sums(of)
  }

  update(output: Tensor, target: Tensor): void {
    const { task, ...rest } = this.#options
    if (task !== 'multilabel') {
      this.#sums.add({ counts: confusion(labelsOf(this.#of, output.detach(), target, { ...rest, task })) })
      return
    }
    const [predicted, actual] = multilabel(this.#of, output, target, rest.threshold)
    const both = (a: Tensor, b: Tensor): Tensor => a.and(b).sum(0)
    const [not, none] = [predicted.not(), actual.not()]
    const parts = [both(not, none), both(predicted, none), both(not, actual), both(predicted, actual)]
    this.#sums.add({ counts: stack(parts, 1) })
  }
  async compute(): Promise<T extends 'multilabel' ? Table[] : Table> {
    const { counts } = await this.#sums.values()
    const found = this.#options.task === 'multilabel'
      ? rowsOf(counts, 4).map(table => rowsOf(table, 2)) : rowsOf(counts, Math.sqrt(counts.length))
    return found as T extends 'multilabel' ? Table[] : Table
  }
  reset(): void { this.#sums.reset() }
  stateDict(): MetricState { return this.#sums.stateDict() }
  loadStateDict(state: MetricState): void { this.#sums.loadStateDict(state) }
}
