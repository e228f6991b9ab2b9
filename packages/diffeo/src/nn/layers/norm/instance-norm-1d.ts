/** @file Instance normalization over 1 axis. */
import { InstanceNorm, type InstanceNormOptions } from './instance-norm.ts'

/**
 * y = (x − E[x])/√(Var[x] + ε) · weight + bias, with mean and (biased) variance of each channel of each example, in
 * training and evaluation alike; where running statistics are kept, evaluation uses these. Ulyanov et al., "Instance
 * normalization" (2016).
 *
 * @remarks Input and output `[batch, channels, length]`, or without batch; weight and bias `[numFeatures]`,
 * 1 and 0 at first, if `affine`.
 * @param numFeatures - the number of channels
 * @param options - `eps` (1e-5), `momentum` (0.1), `affine` (false), `bias` (true), `trackRunningStats`
 * (false), `dtype`, `device`
 * @throws ShapeError where the input has another rank or number of channels
 * @example
 * new nn.InstanceNorm1d(3).forward(randn([2, 3, 7])).shape // [2, 3, 7]
 */
export class InstanceNorm1d extends InstanceNorm {
  constructor(numFeatures: number, options: InstanceNormOptions = {}) { super(1, numFeatures, options) }
}
