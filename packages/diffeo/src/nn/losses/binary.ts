/** @file Binary cross entropy, of probabilities and of logits. */
import { stopGradient, where, type Tensor } from '../../tensor/index.ts'
import { checkPair, likeInput, reduced, type ReductionOptions } from './reduction.ts'

export interface BCEOptions extends ReductionOptions {
  /** A weight for each element; broadcasts. */
  weight?: Tensor | null
}
export interface BCEWithLogitsOptions extends BCEOptions {
  /** The weight of positive targets; broadcasts (one a class). */
  posWeight?: Tensor | null
}

const weighted = (loss: Tensor, weight?: Tensor | null): Tensor => (weight ? loss.mul(weight) : loss)

// PyTorch takes (a float) 10⁻¹² for x(1 − x) where that is less in the gradient, and −100 for logarithms below that
const edge = Math.fround(1e-12)
const least = -100

/** −(y·log x + (1 − y)·log(1 − x)) of probabilities x; logarithms are not below −100. */
export function binaryCrossEntropy(input: Tensor, target: Tensor, { weight, reduction }: BCEOptions = {}): Tensor {
  checkPair('binaryCrossEntropy', input, target)
  const y = likeInput(target, input)
  const inner = input.mul(input.neg().add(1)).gt(edge)
  const x = where(inner, input, 0.5)
  const loss = (log: Tensor, logOther: Tensor): Tensor => y.mul(logOther.sub(log)).sub(logOther)
  const inside = loss(x.log(), x.neg().log1p())
  // at the edges the logarithms are constants, and the slope is (x − y)/edge
  const z = stopGradient(input)
  const slope = stopGradient(input.sub(y)).mul(1 / edge)
  const outside = loss(z.log().clamp(least), z.neg().log1p().clamp(least)).add(input.sub(z).mul(slope))
  return reduced('binaryCrossEntropy', weighted(where(inner, inside, outside), weight), reduction)
}

/** binaryCrossEntropy of sigmoid(x), stable for logits x of any size: (1 − y)·x − (1 + (posWeight − 1)·y)·log sigmoid(x). */
export function binaryCrossEntropyWithLogits(input: Tensor, target: Tensor, options: BCEWithLogitsOptions = {}): Tensor {
  const { weight, posWeight, reduction } = options
  checkPair('binaryCrossEntropyWithLogits', input, target)
  const y = likeInput(target, input)
  const log = input.logSigmoid()
  const scaled = posWeight ? log.mul(y.mul(posWeight.sub(1)).add(1)) : log
  const loss = y.neg().add(1).mul(input).sub(scaled)
  return reduced('binaryCrossEntropyWithLogits', weighted(loss, weight), reduction)
}
