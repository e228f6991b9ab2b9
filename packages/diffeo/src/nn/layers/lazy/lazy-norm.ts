/** @file Normalization of any number of channels. */
import type { Tensor } from '../../../tensor/index.ts'
import type { AnyModule } from '../../module.ts'
import { BatchNorm1d } from '../norm/batch-norm-1d.ts'
import { BatchNorm2d } from '../norm/batch-norm-2d.ts'
import { BatchNorm3d } from '../norm/batch-norm-3d.ts'
import type { BatchNormLayerOptions } from '../norm/batch-norm.ts'
import { InstanceNorm1d } from '../norm/instance-norm-1d.ts'
import { InstanceNorm2d } from '../norm/instance-norm-2d.ts'
import { InstanceNorm3d } from '../norm/instance-norm-3d.ts'
import type { InstanceNormOptions } from '../norm/instance-norm.ts'
import { channelsOf, Lazy } from './lazy.ts'

/** What they share: the options. */
abstract class LazyNorm<M extends AnyModule, O> extends Lazy<M> {
  readonly options: O

  constructor(options: O) {
    super()
    this.options = options
  }

  protected abstract readonly kind: new (numFeatures: number, options: O) => M
  /** The number of channels of an input. */
  protected abstract featuresOf(x: Tensor): number
  protected override make(x: Tensor): M { return new this.kind(this.featuresOf(x), this.options) }
}

/**
 * `BatchNorm1d` with as many channels as the first input has.
 * @example
 * new nn.LazyBatchNorm1d().forward(randn([2, 3, 5])).shape // [2, 3, 5]
 */
export class LazyBatchNorm1d extends LazyNorm<BatchNorm1d, BatchNormLayerOptions> {
  constructor(options: BatchNormLayerOptions = {}) { super(options) }
  protected get kind(): typeof BatchNorm1d { return BatchNorm1d }
  protected override featuresOf(x: Tensor): number { return x.shape[1] }
}

/**
 * `BatchNorm2d` with as many channels as the first input has.
 * @example
 * new nn.LazyBatchNorm2d().forward(randn([2, 3, 5, 5])).shape // [2, 3, 5, 5]
 */
export class LazyBatchNorm2d extends LazyNorm<BatchNorm2d, BatchNormLayerOptions> {
  constructor(options: BatchNormLayerOptions = {}) { super(options) }
  protected get kind(): typeof BatchNorm2d { return BatchNorm2d }
  protected override featuresOf(x: Tensor): number { return x.shape[1] }
}

/**
 * `BatchNorm3d` with as many channels as the first input has.
 * @example
 * new nn.LazyBatchNorm3d().forward(randn([2, 3, 5, 5, 5])).shape // [2, 3, 5, 5, 5]
 */
export class LazyBatchNorm3d extends LazyNorm<BatchNorm3d, BatchNormLayerOptions> {
  constructor(options: BatchNormLayerOptions = {}) { super(options) }
  protected get kind(): typeof BatchNorm3d { return BatchNorm3d }
  protected override featuresOf(x: Tensor): number { return x.shape[1] }
}

/**
 * `InstanceNorm1d` with as many channels as the first input has.
 * @example
 * new nn.LazyInstanceNorm1d().forward(randn([2, 3, 5])).shape // [2, 3, 5]
 */
export class LazyInstanceNorm1d extends LazyNorm<InstanceNorm1d, InstanceNormOptions> {
  constructor(options: InstanceNormOptions = {}) { super(options) }
  protected get kind(): typeof InstanceNorm1d { return InstanceNorm1d }
  protected override featuresOf(x: Tensor): number { return channelsOf(x, 1) }
}

/**
 * `InstanceNorm2d` with as many channels as the first input has.
 * @example
 * new nn.LazyInstanceNorm2d().forward(randn([2, 3, 5, 5])).shape // [2, 3, 5, 5]
 */
export class LazyInstanceNorm2d extends LazyNorm<InstanceNorm2d, InstanceNormOptions> {
  constructor(options: InstanceNormOptions = {}) { super(options) }
  protected get kind(): typeof InstanceNorm2d { return InstanceNorm2d }
  protected override featuresOf(x: Tensor): number { return channelsOf(x, 2) }
}

/**
 * `InstanceNorm3d` with as many channels as the first input has.
 * @example
 * new nn.LazyInstanceNorm3d().forward(randn([2, 3, 5, 5, 5])).shape // [2, 3, 5, 5, 5]
 */
export class LazyInstanceNorm3d extends LazyNorm<InstanceNorm3d, InstanceNormOptions> {
  constructor(options: InstanceNormOptions = {}) { super(options) }
  protected get kind(): typeof InstanceNorm3d { return InstanceNorm3d }
  protected override featuresOf(x: Tensor): number { return channelsOf(x, 3) }
}
