/** @file How far scores are on the right side of the boundary. */
import { arange, tensor, where, type Tensor } from '../tensor/index.ts'
import { ShapeError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import { checkChoice, checkLabels, classesIn, rows, taskOf, text, type Task } from './classes.ts'
import { meanOf, Sums, type Metric, type MetricState } from './metric.ts'

export interface HingeOptions {
  /** Taken from the shapes if it is not given: `[N, C]` against whole-number `[N]` is multiclass, `[N]` binary. */
  task?: Task
}

/**
 * The mean of max(0, 1 − margin) of scores. Binary: the margin of label 1 is the score, that of label 0 its negative.
 * Multiclass: the label's score less the greatest of the others (Crammer and Singer 2001), as scikit-learn's
 * `hinge_loss`.
 * @throws ShapeError where output and target do not fit, DataError for a label that is no class
 * @example const hinge = new metrics.Hinge()
 */
export class Hinge implements Metric {
  readonly name = 'hinge'
  readonly higherIsBetter = false
  readonly #options: HingeOptions
  readonly #sums = new Sums('Hinge')
  constructor(options: HingeOptions = {}) {
    checkOptions('Hinge', options, { task: true })
    checkChoice('Hinge', 'task', options.task, ['binary', 'multiclass'])
    this.#options = options
  }

  update(output: Tensor, target: Tensor): void {
    const x = output.detach()
    const task = this.#options.task ?? taskOf('Hinge', output, target)
    const margin = task === 'binary' ? binaryMargin(x, target) : margins(x, target)
    const n = tensor(margin.size, { dtype: 'int32', device: margin.device })
    this.#sums.add({ total: margin.mul(-1).add(1).relu().sum(), n })
  }

  async compute(): Promise<number> {
    const { total, n } = await this.#sums.values()
    return meanOf('Hinge', total[0], n[0])
  }

  reset(): void { this.#sums.reset() }
  stateDict(): MetricState { return this.#sums.stateDict() }
  loadStateDict(state: MetricState): void { this.#sums.loadStateDict(state) }
}

function binaryMargin(x: Tensor, target: Tensor): Tensor {
  if (x.size !== target.size)
    throw new ShapeError(`Hinge: the output is ${text(x)}, the target ${text(target)}: binary ones have one size`)
  checkLabels('Hinge', target, x.size)
  return x.flatten().mul(target.flatten().cast(x.dtype).mul(2).sub(1))
}

function margins(x: Tensor, target: Tensor): Tensor {
  const scores = rows('Hinge', x)
  const labels = classesIn(x, target)
  checkLabels('Hinge', labels, scores.shape[0])
  const own = labels.flatten().cast('int32').unsqueeze(1)
  const isOwn = arange(0, scores.shape[1], 1, { dtype: 'int32', device: x.device }).eq(own)
  return scores.gather(1, own).squeeze(1).sub(where(isOwn, -Infinity, scores).max(1))
}
