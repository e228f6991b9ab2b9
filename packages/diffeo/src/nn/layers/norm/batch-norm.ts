/** @file What batch normalization over any number of axes shares. */
import { Buffer, tensor, type Tensor } from '../../../tensor/index.ts'
import { assignAll } from '../../../tensor/internal.ts'
import { ShapeError } from '../../../util/errors.ts'
import { checkOptions, type Names } from '../../../util/options.ts'
import { batchNorm, channelStatistics, normalizeChannels, type Statistics } from '../../functional/norm.ts'
import { parameterNames, type ParameterOptions } from '../parameters.ts'
import { ChannelNorm, towards } from './channel-norm.ts'

export interface BatchNormLayerOptions extends ParameterOptions {
  /** Added to the variance. */
  eps?: number
  /** How much of the running statistics a batch replaces; null averages all batches alike. */
  momentum?: number | null
  /** Whether there are weight and bias. */
  affine?: boolean
  /** Whether there is a bias beside the weight (true). */
  bias?: boolean
  trackRunningStats?: boolean
}

const optionNames: Names<BatchNormLayerOptions> = {
  eps: true, momentum: true, affine: true, bias: true, trackRunningStats: true, ...parameterNames,
}

export abstract class BatchNorm extends ChannelNorm {
  readonly momentum: number | null

  constructor(numFeatures: number, options: BatchNormLayerOptions) {
    checkOptions(new.target.name, options, optionNames)
    const { eps = 1e-5, momentum = 0.1, affine = true, bias = true, trackRunningStats = true, ...made } = options
    super(numFeatures, { eps, affine, bias, trackRunningStats, ...made })
    this.momentum = momentum
  }

  /** @throws ShapeError where the input has another rank or number of channels */
  protected normalize(x: Tensor, ranks: readonly number[]): Tensor {
    const { numFeatures: channels } = this
    if (!ranks.includes(x.rank) || x.shape[1] !== channels) {
      throw new ShapeError(
        `${this.constructor.name}: the input is [${x.shape.join(',')}]: expected ${ranks.join(' or ')} axes ` +
          `and ${channels} channels on axis 1`,
      )
    }
    const { weight, bias, runningMean, runningVar, eps } = this
    if (!this.training && runningMean && runningVar) return batchNorm(x, { weight, bias, eps, runningMean, runningVar })
    const statistics = channelStatistics(x)
    if (this.training) this.track(x, statistics)
    return normalizeChannels(x, statistics, { weight, bias, eps })
  }

  /** Moves the running statistics towards the batch's. */
  private track(x: Tensor, { mean, variance }: Statistics): void {
    const n = x.size / x.shape[1]
    if (n <= 1)
      throw new ShapeError(
        `${this.constructor.name}: the input [${x.shape.join(',')}] has one value a channel: there is no variance to train with`,
      )
    const { runningMean, runningVar, numBatchesTracked } = this
    // inside functionalCall they may be plain tensors, which keep their value
    if (!(runningMean instanceof Buffer) || !(runningVar instanceof Buffer) || !(numBatchesTracked instanceof Buffer))
      return
    const count = numBatchesTracked.add(tensor(1, { dtype: 'int32', device: x.device }))
    const share = this.momentum ?? count.cast(runningMean.dtype).reciprocal()
    // outside of compile these are computed in the same pass and kept, lest what follows does it again; the tensors of
    // their own keep the history of x, mean and variance as it is
    const computed = [x, mean, variance].map(t => t.make(t.node))
    assignAll([
      [runningMean, towards(runningMean, mean, share)],
      // the running variance is the unbiased one
      [runningVar, towards(runningVar, variance.mul(n / (n - 1)), share)],
      [numBatchesTracked, count],
    ], { results: computed, keep: true })
  }
}
