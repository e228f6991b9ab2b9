/** @file How often each class is taken rightly, wrongly and missed, and scores made of that. */
import { eye, tensor, type Tensor } from '../tensor/index.ts'
import { DataError, ShapeError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import { checkChoice, confusion, labelsOf, taskNames, text, type Task } from './classes.ts'
import { meanOf, Sums, type Metric, type MetricState } from './metric.ts'

export type Average = 'macro' | 'micro' | 'weighted' | 'none'
/** A number a class for 'none', else one number. */
export type Averaged<A extends Average> = A extends 'none' ? number[] : number

export interface AverageOptions<A extends Average = Average> {
  /**
   * Taken from the shapes, unless it is 'multilabel': `[N, L]` scores against `[N, L]` of 0 and 1, each label on its
   * own.
   */
  task?: Task | 'multilabel'
  /** Binary and multilabel outputs above this are positive: 0 for logits, 0.5 for probabilities. */
  threshold?: number
  /**
   * Of scores of classes (or labels): 'macro' is their mean over the classes that occur as label or prediction (over
   * all labels of multilabel outputs), 'weighted' that by how often each is the label, 'micro' counts all classes
   * together, 'none' gives each. Binary scores are those of class 1.
   */
  average?: A
  /** Multiclass: the label is what is predicted where it is among the k greatest scores (1), else the greatest. */
  topK?: number
  /** Binary and multiclass examples with this label do not count. */
  ignoreIndex?: number
  /** What 0/0 counts as: 0 unless it is said. */
  zeroDivision?: number
}
export const averages = ['macro', 'micro', 'weighted', 'none'] as const

/** Right positives, wrong positives, wrong negatives and right negatives of a class. */
export interface Counts { readonly hit: number; readonly wrong: number; readonly missed: number; readonly rest: number }

/** Bool `[N, L]` of multilabel outputs and targets; further axes are examples too. */
export function multilabel(name: string, output: Tensor, target: Tensor, threshold = 0): [Tensor, Tensor] {
  if (output.rank < 2 || output.rank !== target.rank || output.shape.some((d, i) => d !== target.shape[i])) {
    throw new ShapeError(
      `${name}: the output is ${text(output)}, the target ${text(target)}: multilabel ones are both [batch, labels]`,
    )
  }
  const rows = (x: Tensor): Tensor => {
    const axes = x.shape.map((_, i) => i).filter(i => i !== 1)
    return x.permute([...axes, 1]).reshape([-1, x.shape[1]])
  }
  return [rows(output.detach()).gt(threshold), rows(target.detach()).gt(0)]
}

/** The mean that `average` says, of `[numerator, denominator]` of each class. */
function averaged(
  parts: readonly (readonly [number, number])[],
  { average = 'macro', zeroDivision = 0 }: AverageOptions,
  weights: readonly number[],
): number | number[] {
  const quotient = ([a, b]: readonly [number, number]): number => (b === 0 ? zeroDivision : a / b)
  if (average === 'none') return parts.map(quotient)
  const total = weights.reduce((s, w) => s + w, 0)
  // classes of no weight are left out, so that a zeroDivision of NaN does not spread
  if (total === 0) return zeroDivision
  return parts.reduce((s, p, c) => (weights[c] ? s + weights[c] * quotient(p) : s), 0) / total
}

/** A quotient of counts of each class, averaged. */
export abstract class Score<A extends Average = 'macro'> implements Metric<Averaged<A>> {
  abstract readonly name: string
  readonly #options: AverageOptions
  readonly #sums: Sums
  readonly #of: string

  constructor(options: AverageOptions<A>, of: string) {
    checkOptions(of, options, { ...taskNames, average: true, zeroDivision: true })
    checkChoice(of, 'task', options.task, ['binary', 'multiclass', 'multilabel'])
    checkChoice(of, 'average', options.average, averages)
    const { task, topK, ignoreIndex } = options
    if (task === 'multilabel' && (topK ?? ignoreIndex) !== undefined)
      throw new DataError(`${of}: topK is for multiclass outputs, ignoreIndex for these and binary ones`)
    this.#options = options
    this.#of = of
    this.#sums = new Sums(of)
  }
  /** Numerator and denominator. @internal */
  protected abstract quotient(counts: Counts): readonly [number, number]

  update(output: Tensor, target: Tensor): void {
    const { task, threshold, topK, ignoreIndex } = this.#options
    if (task === 'multilabel') {
      const [predicted, actual] = multilabel(this.#of, output, target, threshold)
      const n = tensor(predicted.shape[0], { dtype: 'int32', device: predicted.device })
      this.#sums.add({ hit: predicted.and(actual).sum(0), predicted: predicted.sum(0), actual: actual.sum(0), n })
      return
    }
    const labels = labelsOf(this.#of, output.detach(), target, { task, threshold, topK, ignoreIndex })
    const matrix = confusion(labels)
    const diagonal = matrix.mul(eye(labels.classes, { dtype: 'int32', device: matrix.device })).sum(0)
    const single = task === 'binary' || task === undefined && (output.rank === 1 || output.shape[1] === 1)
    this.#sums.add({
      hit: diagonal, predicted: matrix.sum(0), actual: matrix.sum(1), n: matrix.sum(),
      single: tensor(Number(single), { dtype: 'int32', device: matrix.device }),
    })
  }

  async compute(): Promise<Averaged<A>> {
    const { hit, predicted, actual, n, single = [0] } = await this.#sums.values()
    const all = hit.map((h, c): Counts => ({
      hit: h, wrong: predicted[c] - h, missed: actual[c] - h, rest: n[0] - predicted[c] - actual[c] + h,
    }))
    return this.#average(single[0] > 0 ? [all[1]] : all) as Averaged<A>
  }
  #average(counts: readonly Counts[]): number | number[] {
    const { average, task } = this.#options
    const single = counts.length === 1
    if (average === 'micro' && !single) {
      const total = (key: keyof Counts): number => counts.reduce((s, c) => s + c[key], 0)
      const together = { hit: total('hit'), wrong: total('wrong'), missed: total('missed'), rest: total('rest') }
      return averaged([this.quotient(together)], { ...this.#options, average: 'macro' }, [1])
    }
    const weights = counts.map(({ hit, wrong, missed }) => {
      if (single || task === 'multilabel' && average !== 'weighted') return 1
      return average === 'weighted' ? hit + missed : Number(hit + wrong + missed > 0)
    })
    return averaged(counts.map(c => this.quotient(c)), this.#options, weights)
  }
  reset(): void { this.#sums.reset() }
  stateDict(): MetricState { return this.#sums.stateDict() }
  loadStateDict(state: MetricState): void { this.#sums.loadStateDict(state) }
}

export interface MultilabelOptions {
  /** Outputs above this are positive: 0 for logits, 0.5 for probabilities. */
  threshold?: number
}

abstract class LabelShare implements Metric {
  abstract readonly name: string
  readonly #sums: Sums
  readonly #of: string
  readonly #threshold: number | undefined

  constructor(options: MultilabelOptions, of: string) {
    checkOptions(of, options, { threshold: true })
    this.#of = of
    this.#threshold = options.threshold
    this.#sums = new Sums(of)
  }
  /** Bool: what counts. @internal */
  protected abstract counted(predicted: Tensor, actual: Tensor): Tensor

  update(output: Tensor, target: Tensor): void {
    const counted = this.counted(...multilabel(this.#of, output, target, this.#threshold))
    this.#sums.add({ counted: counted.sum(), all: tensor(counted.size, { dtype: 'int32', device: counted.device }) })
  }
  async compute(): Promise<number> {
    const { counted, all } = await this.#sums.values()
    return meanOf(this.#of, counted[0], all[0])
  }
  reset(): void { this.#sums.reset() }
  stateDict(): MetricState { return this.#sums.stateDict() }
  loadStateDict(state: MetricState): void { this.#sums.loadStateDict(state) }
}

/**
 * The part of labels that are wrong, of multilabel outputs `[N, L]` against targets `[N, L]` of 0 and 1.
 * scikit-learn's `hamming_loss`.
 * @example const loss = new metrics.HammingLoss(); loss.update(tensor([[1, -1]]), tensor([[1, 1]])) // 0.5
 */
export class HammingLoss extends LabelShare {
  readonly name = 'hammingLoss'
  readonly higherIsBetter = false
  constructor(options: MultilabelOptions = {}) { super(options, 'HammingLoss') }
  protected override counted(predicted: Tensor, actual: Tensor): Tensor { return predicted.ne(actual) }
}

/**
 * The part of examples all of whose labels are right, of multilabel outputs `[N, L]`: scikit-learn's subset accuracy.
 * @example const exact = new metrics.ExactMatch({ threshold: 0.5 })
 */
export class ExactMatch extends LabelShare {
  readonly name = 'exactMatch'
  readonly higherIsBetter = true
  constructor(options: MultilabelOptions = {}) { super(options, 'ExactMatch') }
  protected override counted(predicted: Tensor, actual: Tensor): Tensor { return predicted.eq(actual).all(1) }
}
