/** @file Softmax over many classes of uneven frequency. */
import { concat, type Tensor } from '../../tensor/index.ts'
import { checkTensor } from '../../tensor/internal.ts'
import { isInteger } from '../../graph/dtype.ts'
import { DTypeError, ShapeError } from '../../util/errors.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { ModuleList } from '../layers/container/module-list.ts'
import { Sequential } from '../layers/container/sequential.ts'
import { Linear } from '../layers/linear/linear.ts'
import { madeOf, parameterNames, type ParameterOptions } from '../layers/parameters.ts'
import { Module } from '../module.ts'
import { positive } from '../sizes.ts'
import { shapeText } from './reduction.ts'

export interface AdaptiveLogSoftmaxOptions extends ParameterOptions {
  /** By what each further cluster's hidden size is divided (4). */
  divValue?: number
  /** Whether the head has a bias (false). */
  headBias?: boolean
}
const optionNames: Names<AdaptiveLogSoftmaxOptions> = { divValue: true, headBias: true, ...parameterNames }

/** The log-probability of each target `[N]`, and the mean of their negatives. */
export interface AdaptiveLogSoftmaxOutput { readonly output: Tensor; readonly loss: Tensor }

function checkCutoffs(cutoffs: readonly number[], classes: number): void {
  const rising = cutoffs.every((c, i) => Number.isInteger(c) && c > (i > 0 ? cutoffs[i - 1] : 0) && c < classes)
  if (cutoffs.length > 0 && rising) return
  throw new ShapeError(
    `AdaptiveLogSoftmaxWithLoss: cutoffs are [${cutoffs.join(',')}]: expected whole numbers, each greater than the one ` +
      `before, from 1 to ${classes - 1}`,
  )
}

/**
 * Softmax over classes sorted by frequency: the frequent ones and one entry a cluster of rarer ones are in the head;
 * the classes of a cluster follow from a smaller vector. Grave et al., "Efficient softmax approximation for GPUs"
 * (2017).
 *
 * @remarks Input `[N, inFeatures]` and whole-number target `[N]`, or without batch; gives `{ output, loss }`. Shapes
 * are fixed, so that each row's clusters are all computed: what it saves are parameters.
 * @param inFeatures - size of the input
 * @param numClasses - how many classes there are
 * @param cutoffs - the first class of each cluster but the head
 * @param options - `divValue` (4), `headBias` (false), `dtype`, `device`
 * @example
 * const softmax = new nn.AdaptiveLogSoftmaxWithLoss(16, 100, [10, 40])
 * softmax.forward(randn([2, 16]), tensor([3, 70], { dtype: 'int32' })).output.shape // [2]
 */
export class AdaptiveLogSoftmaxWithLoss extends Module<[input: Tensor, target: Tensor], AdaptiveLogSoftmaxOutput> {
  readonly head: Linear
  readonly tail: ModuleList<Sequential>
  readonly inFeatures: number
  readonly numClasses: number
  /** The first class of each cluster, and the number of classes. */
  readonly cutoffs: readonly number[]

  constructor(
    inFeatures: number, numClasses: number, cutoffs: readonly number[], options: AdaptiveLogSoftmaxOptions = {},
  ) {
    super()
    checkOptions('AdaptiveLogSoftmaxWithLoss', options, optionNames)
    const { divValue = 4, headBias = false } = options
    this.inFeatures = positive('AdaptiveLogSoftmaxWithLoss: inFeatures', inFeatures)
    this.numClasses = positive('AdaptiveLogSoftmaxWithLoss: numClasses', numClasses)
    checkCutoffs(cutoffs, numClasses)
    this.cutoffs = [...cutoffs, numClasses]
    const made = madeOf(options)
    this.head = new Linear(inFeatures, cutoffs[0] + cutoffs.length, { bias: headBias, ...made })
    this.tail = new ModuleList(cutoffs.map((from, i) => {
      const hidden = Math.floor(inFeatures / divValue ** (i + 1))
      if (!(hidden >= 1)) {
        throw new ShapeError(
          `AdaptiveLogSoftmaxWithLoss: cluster ${i + 1} has the hidden size ⌊${inFeatures}/${divValue}^${i + 1}⌋ = ` +
            `${hidden}, which tells none of its classes apart: give a lower divValue, or fewer cutoffs`,
        )
      }
      const size = this.cutoffs[i + 1] - from
      return new Sequential(
        new Linear(inFeatures, hidden, { bias: false, ...made }), new Linear(hidden, size, { bias: false, ...made }))
    }))
  }

  override forward(input: Tensor, target: Tensor): AdaptiveLogSoftmaxOutput {
    checkTensor('AdaptiveLogSoftmaxWithLoss', 'input', input)
    checkTensor('AdaptiveLogSoftmaxWithLoss', 'target', target, input)
    const batch = input.shape.slice(0, -1)
    if (!isInteger(target.dtype))
      throw new DTypeError(`AdaptiveLogSoftmaxWithLoss: the target is ${target.dtype}: write target.cast('int32')`)
    if (input.rank > 2 || target.shape.join() !== batch.join()) {
      throw new ShapeError(
        `AdaptiveLogSoftmaxWithLoss: the input is ${shapeText(input)}, the target ${shapeText(target)}: expected ` +
          `[batch, ${this.inFeatures}] and [batch], or [${this.inFeatures}] and []`,
      )
    }
    const all = this.logProb(input)
    const output = all.gather(-1, target.cast('int32').unsqueeze(-1)).squeeze(-1)
    return { output, loss: output.neg().mean() }
  }

  /** The log-probabilities of all classes: `[N, numClasses]`. */
  logProb(input: Tensor): Tensor {
    const [first] = this.cutoffs
    const head = this.head.forward(input).logSoftmax(-1)
    const [frequent, ...clusters] = head.split([first, ...[...this.tail].map(() => 1)], -1)
    const rare = [...this.tail].map((m, i) => m.forward(input).logSoftmax(-1).add(clusters[i]))
    return concat([frequent, ...rare], -1)
  }

  /** The most probable class of each row: int32 `[N]`. */
  predict(input: Tensor): Tensor { return this.logProb(input).argmax(-1) }

  override describe(): string { return `AdaptiveLogSoftmaxWithLoss ${this.inFeatures}→${this.numClasses}` }
}
