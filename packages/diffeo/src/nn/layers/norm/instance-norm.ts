/** @file What instance normalization over any number of axes shares. */
import { Buffer, type Tensor } from '../../../tensor/index.ts'
import { assignAll } from '../../../tensor/internal.ts'
import { ShapeError } from '../../../util/errors.ts'
import { checkOptions } from '../../../util/options.ts'
import { exampleStatistics, instanceNorm, normalizeChannels } from '../../functional/norm.ts'
import { parameterNames, type ParameterOptions } from '../parameters.ts'
import { ChannelNorm, towards } from './channel-norm.ts'

export interface InstanceNormOptions extends ParameterOptions {
  eps?: number
  /** How much of the running statistics a batch replaces (0.1). */
  momentum?: number
  /** Whether there are weight and bias (false). */
  affine?: boolean
  /** Whether there is a bias beside the weight (true). */
  bias?: boolean
  /** Whether running statistics are kept in training, and used in evaluation (false). */
  trackRunningStats?: boolean
}

/** Normalizes `[batch, channels, ...axes]`, or that without batch. */
export abstract class InstanceNorm extends ChannelNorm {
  readonly momentum: number
  readonly axes: number

  constructor(axes: number, numFeatures: number, options: InstanceNormOptions) {
    checkOptions(new.target.name, options, {
      eps: true, momentum: true, affine: true, bias: true, trackRunningStats: true, ...parameterNames,
    })
    const { eps = 1e-5, momentum = 0.1, affine = false, bias = true, trackRunningStats = false, ...made } = options
    super(numFeatures, { eps, affine, bias, trackRunningStats, ...made })
    this.axes = axes
    this.momentum = momentum
  }

  override forward(x: Tensor): Tensor {
    const batchless = x.rank === this.axes + 1
    const batched = batchless ? x.unsqueeze(0) : x
    if (batched.rank !== this.axes + 2 || batched.shape[1] !== this.numFeatures) {
      throw new ShapeError(
        `${this.constructor.name}: the input is [${x.shape.join(',')}]: expected [batch, ${this.numFeatures} channels, ` +
          `...${this.axes} axes], or that without batch`,
      )
    }
    const out = this.normalize(batched)
    return batchless ? out.squeeze(0) : out
  }

  private normalize(x: Tensor): Tensor {
    const { weight, bias, runningMean, runningVar, eps } = this
    const affine = { weight, bias, eps }
    if (!runningMean || !runningVar) return instanceNorm(x, affine)
    if (!this.training) return instanceNorm(x, { ...affine, runningMean, runningVar })
    const { mean, variance } = exampleStatistics(x)
    const n = x.size / (x.shape[0] * x.shape[1])
    if (n <= 1) {
      throw new ShapeError(
        `${this.constructor.name}: the input [${x.shape.join(',')}] has one value a channel: there is no variance to keep`,
      )
    }
    // inside functionalCall they may be plain tensors, which keep their value
    if (runningMean instanceof Buffer && runningVar instanceof Buffer) {
      const computed = [x, mean, variance].map(t => t.make(t.node))
      assignAll([
        [runningMean, towards(runningMean, mean.mean(0), this.momentum)],
        // the running variance is the unbiased one
        [runningVar, towards(runningVar, variance.mean(0).mul(n / (n - 1)), this.momentum)],
      ], { results: computed, keep: true })
    }
    return normalizeChannels(x, { mean, variance }, affine)
  }
}
