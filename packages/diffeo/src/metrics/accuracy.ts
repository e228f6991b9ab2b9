/** @file The part of predictions that are right. */
import { tensor, type Tensor } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import { checkChoice, labelsOf, taskNames, type TaskOptions } from './classes.ts'
import { averages, type Average, type Averaged } from './counts.ts'
import { Recall } from './f-score.ts'
import { Sums, type Metric, type MetricState } from './metric.ts'

export interface AccuracyOptions<A extends Average = Average> extends TaskOptions {
  /**
   * Of multiclass outputs: 'micro' (as it is) counts all examples alike, the others are of the parts of each class that
   * are right, as `Recall` has them: 'macro' their mean, 'weighted', 'none' each.
   */
  average?: A
}

/**
 * The part of predictions that are right. Without `task`: multiclass for `[N, C]` against whole-number `[N]`, binary on
 * logits for `[N]` or `[N, 1]`, else an error.
 * @param options - `task`, `threshold` (0), `average` ('micro'), `topK` (1), `ignoreIndex` (none)
 * @example const accuracy = new metrics.Accuracy(); accuracy.update(model.forward(x), y); await accuracy.compute()
 */
export class Accuracy<A extends Average = 'micro'> implements Metric<Averaged<A>> {
  readonly name = 'accuracy'
  readonly higherIsBetter = true
  readonly #options: TaskOptions
  readonly #sums = new Sums('Accuracy')
  readonly #byClass: Recall<A> | null

  constructor(options: AccuracyOptions<A> = {}) {
    checkOptions('Accuracy', options, { ...taskNames, average: true })
    checkChoice('Accuracy', 'task', options.task, ['binary', 'multiclass'])
    checkChoice('Accuracy', 'average', options.average, averages)
    const { average, ...rest } = options
    const isBinary = rest.task === 'binary'
    if (rest.topK !== undefined && isBinary) throw new DataError('Accuracy: topK is for multiclass')
    if (average !== undefined && average !== 'micro' && isBinary)
      throw new DataError(`Accuracy: average '${average}' is for multiclass: of binary outputs use BalancedAccuracy`)
    this.#options = rest
    this.#byClass = average === undefined || average === 'micro' ? null
      : new Recall<A>({ ...rest, task: 'multiclass', average })
  }

  update(output: Tensor, target: Tensor): void {
    if (this.#byClass) {
      this.#byClass.update(output, target)
      return
    }
    const { predicted, target: labels, counted } = labelsOf('Accuracy', output.detach(), target, this.#options)
    const right = predicted.eq(labels)
    const all = tensor(right.size, { dtype: 'int32', device: right.device })
    this.#sums.add(counted ? { right: right.and(counted).sum(), all: counted.sum() } : { right: right.sum(), all })
  }

  async compute(): Promise<Averaged<A>> {
    if (this.#byClass) return this.#byClass.compute()
    const { right, all } = await this.#sums.values()
    return right[0] / all[0] as Averaged<A>
  }
  reset(): void { (this.#byClass ?? this.#sums).reset() }
  stateDict(): MetricState { return (this.#byClass ?? this.#sums).stateDict() }
  loadStateDict(state: MetricState): void { (this.#byClass ?? this.#sums).loadStateDict(state) }
}
