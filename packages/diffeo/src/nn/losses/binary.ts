/** @file Binary cross entropy, of probabilities and of logits. */
import { arange, customGradient, where, type Tensor } from '../../tensor/index.ts'
import { takeRows } from '../../tensor/internal.ts'
import { checkOptions, type Names } from '../../util/options.ts'
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
const lossOf = customGradient(
  (x: Tensor, y: Tensor) => oneMinus(y).mul(logOfOther(x).clamp(least)).add(y.mul(x.log().clamp(least))).neg(),
  (g, { inputs: [x, y] }) => [
    g.mul(x.sub(y)).div(x.mul(oneMinus(x)).clamp(edge)),
    g.mul(logOfOther(x).sub(x.log())),
  ],
)

/** x, of which the program looks whether it lies in [0, 1]: where not, an index leaves the table of the two ends. */
function probabilities(x: Tensor): Tensor {
  const outside = x.ge(0).and(x.le(1)).not()
  const ends = arange(2, { dtype: 'int32', device: x.device })
  // 0 where all is well: the sum is x itself
  return x.add(takeRows(ends, where(outside, 2, 0).cast('int32')).cast(x.dtype))
}

/**
 * −(y·log x + (1 − y)·log(1 − x)) of probabilities x; logarithms are not below −100. An x outside of [0, 1] is a
 * DataError when the program runs.
 */
export function binaryCrossEntropy(input: Tensor, target: Tensor, options: BCEOptions = {}): Tensor {
  checkOptions('binaryCrossEntropy', options, bceNames)
  const { weight, reduction } = options
  checkPair('binaryCrossEntropy', input, target)
  const loss = lossOf(probabilities(input), likeInput(target, input))
  return reduced('binaryCrossEntropy', weighted(loss, weight), reduction)
}

/**
 * binaryCrossEntropy of sigmoid(x), stable for logits x of any size: (1 − y)·x − (1 + (posWeight − 1)·y)·log
 * sigmoid(x).
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
