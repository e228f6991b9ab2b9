/** @file What batch normalization over any number of axes shares. */
import { Buffer, type Parameter, tensor, zeros, type Tensor } from '../../../tensor/index.ts'
import { assignAll } from '../../../tensor/internal.ts'
import { ShapeError } from '../../../util/errors.ts'
import { checkOptions, type Names } from '../../../util/options.ts'
import { batchNorm, channelStatistics, normalizeChannels, type Statistics } from '../../functional/norm.ts'
import { Module } from '../../module.ts'
import { positive } from '../../sizes.ts'
import type { Member } from '../../tree.ts'
import { filledParameter, madeOf, parameterNames, type ParameterOptions } from '../parameters.ts'
import { constant } from '../../init/constant.ts'

export interface BatchNormLayerOptions extends ParameterOptions {
  /** Added to the variance. */
  eps?: number
  /** How much of the running statistics a batch replaces; null averages all batches alike. */
  momentum?: number | null
  /** Whether there are weight and bias. */
  affine?: boolean
  trackRunningStats?: boolean
}

const optionNames: Names<BatchNormLayerOptions> = {
  eps: true, momentum: true, affine: true, trackRunningStats: true, ...parameterNames,
}

const stateKeys: Readonly<Record<string, string>> = {
  runningMean: 'running_mean', runningVar: 'running_var', numBatchesTracked: 'num_batches_tracked',
}

export abstract class BatchNorm extends Module {
  readonly weight: Parameter | null
  readonly bias: Parameter | null
  readonly runningMean: Buffer | null
  readonly runningVar: Buffer | null
  readonly numBatchesTracked: Buffer | null
  readonly eps: number
  readonly momentum: number | null

  constructor(
    numFeatures: number,
    options: BatchNormLayerOptions,
  ) {
    super()
    const name = new.target.name
    checkOptions(name, options, optionNames)
    const { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true } = options
    const shape = [positive(`${name}: numFeatures`, numFeatures)]
    this.weight = affine ? filledParameter(`${name}.weight`, shape, 1, options) : null
    this.bias = affine ? filledParameter(`${name}.bias`, shape, 0, options) : null
    const running = (key: string, value: number): Buffer | null =>
      trackRunningStats ? new Buffer(constant(shape, value, madeOf(options)), { name: `${name}.${key}` }) : null
    this.runningMean = running('running_mean', 0)
    this.runningVar = running('running_var', 1)
    this.numBatchesTracked = trackRunningStats
      ? new Buffer(zeros([], { dtype: 'int32', device: options.device }), { name: `${name}.num_batches_tracked` })
      : null
    this.eps = eps
    this.momentum = momentum
  }

  /** @internal */
  override members(): Member[] {
    return [...super.members()].map(m => ({ ...m, name: stateKeys[m.name] ?? m.name }))
  }

  /** @throws ShapeError where the input has another rank or number of channels */
  protected normalize(x: Tensor, ranks: readonly number[]): Tensor {
    const channels = this.weight?.size ?? this.runningMean?.size ?? x.shape[1]
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
    const towards = (old: Buffer, now: Tensor): Tensor =>
      old.add(now.reshape(old.shape).cast(old.dtype).sub(old).mul(share))
    // outside of compile these are computed in the same pass and kept, lest what follows does it again; the tensors of
    // their own keep the history of x, mean and variance as it is
    const computed = [x, mean, variance].map(t => t.make(t.node))
    assignAll([
      [runningMean, towards(runningMean, mean)],
      // the running variance is the unbiased one
      [runningVar, towards(runningVar, variance.mul(n / (n - 1)))],
      [numBatchesTracked, count],
    ], { results: computed, keep: true })
  }

  override describe(): string {
    return `${this.constructor.name} ${this.weight?.size ?? this.runningMean?.size ?? ''}`.trimEnd()
  }
}
