/** @file How often each label meets each prediction. */
import type { Tensor } from '../tensor/index.ts'
import { checkOptions } from '../util/options.ts'
import { checkChoice, confusion, labelsOf, taskNames, type TaskOptions } from './classes.ts'
import { Sums, type Metric, type MetricState } from './metric.ts'

/** Row i, column j: how many examples of class i were taken for class j. Tasks are told apart as by Accuracy. */
export class ConfusionMatrix implements Metric<number[][]> {
  readonly name = 'confusionMatrix'
  readonly #options: TaskOptions
  readonly #sums: Sums
  readonly #of: string

  constructor(options: TaskOptions = {}, of = 'ConfusionMatrix') {
    checkOptions(of, options, taskNames)
    checkChoice(of, 'task', options.task, ['binary', 'multiclass'])
    this.#options = options
    this.#of = of
    this.#sums = new Sums(of)
  }

  update(output: Tensor, target: Tensor): void {
    this.#sums.add({ counts: confusion(labelsOf(this.#of, output.detach(), target, this.#options)) })
  }
  async compute(): Promise<number[][]> {
    const { counts } = await this.#sums.values()
    const n = Math.sqrt(counts.length)
    return Array.from({ length: n }, (_, i) => counts.slice(i * n, (i + 1) * n))
  }
  reset(): void { this.#sums.reset() }
  stateDict(): MetricState { return this.#sums.stateDict() }
  loadStateDict(state: MetricState): void { this.#sums.loadStateDict(state) }
}
