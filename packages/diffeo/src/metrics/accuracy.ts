/** @file The part of predictions that are right. */
import { tensor, type Tensor } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import { amongTop, checkChoice, labelsOf, taskNames, taskOf, type TaskOptions } from './classes.ts'
import { Sums, type Metric, type MetricState } from './metric.ts'

export interface AccuracyOptions extends TaskOptions {
  /** A multiclass prediction is right if the label is among the k greatest scores. */
  topK?: number
}

/**
 * The part of predictions that are right. Without `task`: multiclass for `[N, C]` against whole-number `[N]`, binary on
 * logits for `[N]` or `[N, 1]`, else an error.
 * @example const accuracy = new metrics.Accuracy(); accuracy.update(model.forward(x), y); await accuracy.compute()
 */
export class Accuracy implements Metric {
  readonly name = 'accuracy'
  readonly higherIsBetter = true
  readonly #options: AccuracyOptions
  readonly #sums = new Sums('Accuracy')

  constructor(options: AccuracyOptions = {}) {
    checkOptions('Accuracy', options, { ...taskNames, topK: true })
    checkChoice('Accuracy', 'task', options.task, ['binary', 'multiclass'])
    if (options.topK !== undefined && options.task === 'binary') throw new DataError('Accuracy: topK is for multiclass')
    this.#options = options
  }

  update(output: Tensor, target: Tensor): void {
    const right = this.#right(output.detach(), target)
    this.#sums.add({ right: right.sum(), all: tensor(right.size, { dtype: 'int32', device: right.device }) })
  }
  #right(output: Tensor, target: Tensor): Tensor {
    const { topK = 1, task = taskOf('Accuracy', output, target) } = this.#options
    if (topK > 1 && task === 'multiclass') return amongTop('Accuracy', output, target, topK)
    const labels = labelsOf('Accuracy', output, target, { ...this.#options, task })
    return labels.predicted.eq(labels.target)
  }

  async compute(): Promise<number> {
    const { right, all } = await this.#sums.values()
    return right[0] / all[0]
  }
  reset(): void { this.#sums.reset() }
  stateDict(): MetricState { return this.#sums.stateDict() }
  loadStateDict(state: MetricState): void { this.#sums.loadStateDict(state) }
}
