/** @file Classes as vectors: sure ones, and random ones that have gradients. */
import { rand, stopGradient, type Tensor } from '../../tensor/index.ts'
import { checkTensor } from '../../tensor/internal.ts'
import { DataError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'

/**
 * `x.oneHot(numClasses)`: 1 at the class of a new last axis, int32. Without a number of classes, one more than the
 * greatest of them: that is data, so not inside compile.
 */
export const oneHot = (x: Tensor, numClasses?: number): Tensor => x.oneHot(numClasses)

export interface GumbelSoftmaxOptions {
  /** The temperature: the lower, the nearer to one class (1). */
  tau?: number
  /** Whether the values are of one class alone, with the gradient of the soft ones (false). */
  hard?: boolean
  /** Of the classes (−1). */
  axis?: number
}

/**
 * softmax((logits + g)/τ) with g from the standard Gumbel distribution: a random class, as a vector that has a
 * gradient. Jang et al., "Categorical reparameterization with Gumbel-softmax" (2017).
 * @example
 * nn.gumbelSoftmax(zeros([2, 3]), { hard: true }).sum(1) // [1, 1]
 */
export function gumbelSoftmax(logits: Tensor, options: GumbelSoftmaxOptions = {}): Tensor {
  checkTensor('gumbelSoftmax', 'logits', logits)
  checkOptions('gumbelSoftmax', options, { tau: true, hard: true, axis: true })
  const { tau = 1, hard = false, axis = -1 } = options
  if (!(tau > 0)) throw new DataError(`gumbelSoftmax: tau is ${tau}, and must be above 0`)
  // 1 − u is from (0, 1]; a least value keeps log of −log finite
  const exponential = rand(logits.shape, { device: logits.device }).neg().add(1).log().neg().clamp({ min: 1e-30 })
  const soft = logits.sub(exponential.log().cast(logits.dtype)).div(tau).softmax(axis)
  if (!hard) return soft
  const last = soft.transpose(axis, -1)
  const sure = last.argmax(-1).oneHot(last.shape[last.rank - 1]).cast(soft.dtype).transpose(axis, -1)
  return sure.add(soft.sub(stopGradient(soft)))
}
