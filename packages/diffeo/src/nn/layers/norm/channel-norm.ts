/** @file What batch and instance normalization share: an affine map of each channel, and running statistics. */
import { Buffer, type Parameter, zeros, type Tensor } from '../../../tensor/index.ts'
import { constant } from '../../init/constant.ts'
import { Module } from '../../module.ts'
import { positive } from '../../sizes.ts'
import type { Member } from '../../tree.ts'
import { filledParameter, madeOf, type ParameterOptions } from '../parameters.ts'

const stateKeys: Readonly<Record<string, string>> = {
  runningMean: 'running_mean', runningVar: 'running_var', numBatchesTracked: 'num_batches_tracked',
}

interface Settings extends ParameterOptions {
  readonly eps: number
  readonly affine: boolean
  readonly bias: boolean
  readonly trackRunningStats: boolean
}

export abstract class ChannelNorm extends Module {
  readonly weight: Parameter | null
  readonly bias: Parameter | null
  readonly runningMean: Buffer | null
  readonly runningVar: Buffer | null
  readonly numBatchesTracked: Buffer | null
  readonly numFeatures: number
  readonly eps: number

  constructor(numFeatures: number, { eps, affine, bias, trackRunningStats, ...made }: Settings) {
    super()
    const { name } = new.target
    const shape = [positive(`${name}: numFeatures`, numFeatures)]
    const running = (key: string, value: number): Buffer | null =>
      trackRunningStats ? new Buffer(constant(shape, value, madeOf(made)), { name: `${name}.${key}` }) : null
    this.weight = affine ? filledParameter(`${name}.weight`, shape, 1, made) : null
    this.bias = affine && bias ? filledParameter(`${name}.bias`, shape, 0, made) : null
    this.runningMean = running('running_mean', 0)
    this.runningVar = running('running_var', 1)
    this.numBatchesTracked = trackRunningStats
      ? new Buffer(zeros([], { dtype: 'int32', device: made.device }), { name: `${name}.num_batches_tracked` })
      : null
    this.numFeatures = numFeatures
    this.eps = eps
  }

  /** @internal */
  override members(): Member[] {
    return [...super.members()].map(m => ({ ...m, name: stateKeys[m.name] ?? m.name }))
  }

  override describe(): string { return `${this.constructor.name} ${this.numFeatures}` }
}

/** old + share · (now − old), in old's dtype. */
export const towards = (old: Buffer, now: Tensor, share: number | Tensor): Tensor =>
  old.add(now.reshape(old.shape).cast(old.dtype).sub(old).mul(share))
