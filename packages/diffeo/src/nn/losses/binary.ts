/** @file Binary cross entropy, of probabilities and of logits. */
import { customGradient, type Tensor } from '../../tensor/index.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { whereAll } from './range.ts'
import { checkPair, likeInput, reduced, type ReductionOptions } from './reduction.ts'

export interface BCEOptions extends ReductionOptions {
  /** A weight for each element; broadcasts. */
  weight?: Tensor | null
}
export interface BCEWithLogitsOptions extends BCEOptions {
  /** The weight of positive targets; broadcasts (one a class). */
  posWeight?: Tensor | null
}

export const bceNames: Names<BCEOptions> = { weight: true, reduction: true }
export const bceWithLogitsNames: Names<BCEWithLogitsOptions> = { ...bceNames, posWeight: true }

const weighted = (loss: Tensor, weight?: Tensor | null): Tensor => (weight ? loss.mul(weight) : loss)

// what PyTorch takes (as a float) for x(1 − x) in the gradient where that is less, and for logarithms below that
const edge = Math.fround(1e-12)
const least = -100

const oneMinus = (x: Tensor): Tensor => x.neg().add(1)
const logOfOther = (x: Tensor): Tensor => x.neg().log1p()

/** The loss of each element; its gradient is finite in x at 0 and 1, where those of the logarithms are not. */
const lossOf = /* @__PURE__ */ customGradient(
  (x: Tensor, y: Tensor) => oneMinus(y).mul(logOfOther(x).clamp(least)).add(y.mul(x.log().clamp(least))).neg(),
  (g, { inputs: [x, y] }) => [
    g.mul(x.sub(y)).div(x.mul(oneMinus(x)).clamp(edge)),
    g.mul(logOfOther(x).sub(x.log())),
  ],
)

const notProbabilities = 'binaryCrossEntropy: an input is no probability, from 0 to 1: for logits there is '
  + 'binaryCrossEntropyWithLogits'

/**
 * −(y·log x + (1 − y)·log(1 − x)) of probabilities x; logarithms are not below −100. An x outside of [0, 1] is a
 * DataError when the program runs.
 *
 * @param options - `weight` (broadcasts), `reduction` ('mean')
 * @throws ShapeError unless both have one shape
 * @example nn.binaryCrossEntropy(logits.sigmoid(), targets)
 */
export function binaryCrossEntropy(input: Tensor, target: Tensor, options: BCEOptions = {}): Tensor {
  checkOptions('binaryCrossEntropy', options, bceNames)
  const { weight, reduction } = options
  checkPair('binaryCrossEntropy', input, target)
  const x = whereAll(input, input.ge(0).and(input.le(1)), notProbabilities)
  const loss = lossOf(x, likeInput(target, input))
  return reduced('binaryCrossEntropy', weighted(loss, weight), reduction)
}

/**
 * binaryCrossEntropy of sigmoid(x), stable for logits x of any size: (1 − y)·x − (1 + (posWeight − 1)·y)·log
 * sigmoid(x).
 *
 * @param options - `weight` and `posWeight` (broadcast), `reduction` ('mean')
 * @throws ShapeError unless both have one shape
 * @example nn.binaryCrossEntropyWithLogits(logits, targets, { posWeight: tensor([3]) })
 */
export function binaryCrossEntropyWithLogits(
  input: Tensor,
  target: Tensor,
  options: BCEWithLogitsOptions = {},
): Tensor {
  checkOptions('binaryCrossEntropyWithLogits', options, bceWithLogitsNames)
  const { weight, posWeight, reduction } = options
  checkPair('binaryCrossEntropyWithLogits', input, target)
  const y = likeInput(target, input)
  const log = input.logSigmoid()
  const scaled = posWeight ? log.mul(y.mul(posWeight.sub(1)).add(1)) : log
  const loss = oneMinus(y).mul(input).sub(scaled)
  return reduced('binaryCrossEntropyWithLogits', weighted(loss, weight), reduction)
}
