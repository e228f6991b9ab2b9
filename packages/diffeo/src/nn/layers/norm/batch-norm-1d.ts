/** @file Batch normalization over batch (and length). */
import type { Tensor } from '../../../tensor/index.ts'
import { BatchNorm, type BatchNormLayerOptions } from './batch-norm.ts'

/**
 * y = (x − E[x])/√(Var[x] + ε) · weight + bias, with mean and (biased) variance of each feature over batch (and length)
 * in training, and their running values in evaluation: running ← running + momentum · (batch's − running).
 *
 * @remarks Input and output `[batch, features]` or `[batch, features, length]`; weight and bias `[numFeatures]`, 1 and
 * 0 at first. Ioffe & Szegedy, "Batch normalization" (2015).
 * @param numFeatures - size of axis 1
 * @param options - `eps` (1e-5), `momentum` (0.1; null averages all batches), `affine` (true), `bias`
 * (true), `trackRunningStats` (true)
 * @example
 * new nn.BatchNorm1d(16).forward(randn([8, 16])).shape // [8, 16]
 */
export class BatchNorm1d extends BatchNorm {
  constructor(numFeatures: number, options: BatchNormLayerOptions = {}) { super(numFeatures, options) }
  override forward(x: Tensor): Tensor { return this.normalize(x, [2, 3]) }
}
