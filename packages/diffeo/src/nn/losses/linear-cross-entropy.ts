/** @file Cross entropy of what a linear map makes of the input. */
import type { Buffer, Parameter, Tensor } from '../../tensor/index.ts'
import { checkTensor } from '../../tensor/internal.ts'
import { ShapeError } from '../../util/errors.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { linear } from '../functional/linear.ts'
import { Linear } from '../layers/linear/linear.ts'
import { madeOf, parameterNames, type ParameterOptions } from '../layers/parameters.ts'
import { Module } from '../module.ts'
import { positive } from '../sizes.ts'
import { crossEntropy, crossEntropyNames, type CrossEntropyOptions } from './cross-entropy.ts'
import { held } from './held.ts'
import { shapeText } from './reduction.ts'

export interface LinearCrossEntropyOptions extends CrossEntropyOptions {
  /** `[classes]`, or `[classes, ...places]` */
  linearBias?: Tensor | null
}

/**
 * crossEntropy(input · linearWeightᵀ + linearBias, target).
 *
 * @param input - `[N, in]` or `[in]`
 * @param linearWeight - `[classes, in]`; or `[classes, ...places, in]`, for one label at each place
 * @param target - as of crossEntropy
 * @throws ShapeError, DTypeError where they do not fit together
 * @example
 * nn.linearCrossEntropy(ones([2, 3]), zeros([4, 3]), tensor([0, 1], { dtype: 'int32' })) // log 4
 */
export function linearCrossEntropy(
  input: Tensor, linearWeight: Tensor, target: Tensor, options: LinearCrossEntropyOptions = {},
): Tensor {
  const op = 'linearCrossEntropy'
  checkOptions(op, options, { ...crossEntropyNames, linearBias: true })
  checkTensor(op, 'input', input)
  checkTensor(op, 'linearWeight', linearWeight, input)
  const { linearBias = null, ...rest } = options
  const size = linearWeight.shape[linearWeight.rank - 1]
  const outputs = linearWeight.shape.slice(0, -1)
  if (outputs.length < 1 || (input.rank !== 1 && input.rank !== 2) || input.shape.at(-1) !== size) {
    throw new ShapeError(
      `${op}: the input is ${shapeText(input)}, linearWeight ${shapeText(linearWeight)}: expected [batch, size] or ` +
        '[size], and [classes, size]',
    )
  }
  const logits = linear(input, linearWeight.reshape([-1, size]), linearBias && linearBias.reshape([-1]))
  return crossEntropy(logits.reshape([...input.shape.slice(0, -1), ...outputs]), target, rest)
}

export interface LinearCrossEntropyLossOptions extends CrossEntropyOptions, ParameterOptions {
  /** Sizes of the places that have a label each. */
  outFeatures?: readonly number[]
  bias?: boolean
}
const names: Names<LinearCrossEntropyLossOptions> = {
  ...crossEntropyNames, ...parameterNames, outFeatures: true, bias: true,
}

/**
 * Cross entropy of a linear map of the input, whose weight it holds: `linear.weight`.
 *
 * @remarks Shapes: input `[N, inFeatures]` or `[inFeatures]`; target labels `[N, ...outFeatures]`, or probabilities
 * `[N, numClasses, ...outFeatures]`.
 * @param inFeatures - size of the input's last axis
 * @param numClasses - how many classes there are
 * @param options - `outFeatures` ([]), `bias` (false), and those of CrossEntropyLoss
 * @example
 * const loss = new nn.LinearCrossEntropyLoss(8, 10)
 * loss.forward(randn([2, 8]), tensor([3, 1], { dtype: 'int32' })).shape // []
 */
export class LinearCrossEntropyLoss extends Module<[input: Tensor, target: Tensor]> {
  readonly linear: Linear
  readonly numClasses: number
  readonly outFeatures: readonly number[]
  readonly options: Omit<CrossEntropyOptions, 'weight'>
  /** Of the classes: part of the state, as in PyTorch. */
  readonly weight: Buffer | Parameter | null

  constructor(inFeatures: number, numClasses: number, options: LinearCrossEntropyLossOptions = {}) {
    super()
    checkOptions('LinearCrossEntropyLoss', options, names)
    const { outFeatures = [], bias = false, weight, dtype: _, device: __, ...rest } = options
    this.numClasses = positive('LinearCrossEntropyLoss: numClasses', numClasses)
    this.outFeatures = outFeatures.map(d => positive('LinearCrossEntropyLoss: outFeatures', d))
    this.linear = new Linear(inFeatures, outFeatures.reduce((a, b) => a * b, numClasses), { bias, ...madeOf(options) })
    this.options = rest
    this.weight = held('weight', weight)
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const outputs = [this.numClasses, ...this.outFeatures]
    const { weight, bias } = this.linear
    const linearBias = bias && bias.reshape(outputs)
    const options = { ...this.options, weight: this.weight, linearBias }
    return linearCrossEntropy(input, weight.reshape([...outputs, -1]), target, options)
  }
}
