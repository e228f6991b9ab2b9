/** @file Convolutions of any number of input channels. */
import type { Tensor } from '../../../tensor/index.ts'
import { positive, type Size } from '../../sizes.ts'
import { Conv1d } from '../conv/conv-1d.ts'
import { Conv2d } from '../conv/conv-2d.ts'
import { Conv3d } from '../conv/conv-3d.ts'
import { ConvTranspose1d } from '../conv/conv-transpose-1d.ts'
import { ConvTranspose2d } from '../conv/conv-transpose-2d.ts'
import { ConvTranspose3d } from '../conv/conv-transpose-3d.ts'
import type { ConvTransposeLayerOptions } from '../conv/conv-transpose.ts'
import type { ConvLayerOptions } from '../conv/conv.ts'
import type { AnyModule } from '../../module.ts'
import { channelsOf, Lazy } from './lazy.ts'

/** What they share: all but the number of input channels. */
abstract class LazyConvolution<M extends AnyModule, O> extends Lazy<M> {
  readonly axes: number
  readonly outChannels: number
  readonly kernelSize: Size
  readonly options: O

  constructor(axes: number, outChannels: number, kernelSize: Size, options: O) {
    super()
    this.axes = axes
    this.outChannels = positive(`${new.target.name}: outChannels`, outChannels)
    this.kernelSize = kernelSize
    this.options = options
  }

  protected abstract readonly kind: new (inChannels: number, outChannels: number, kernelSize: Size, options: O) => M
  protected override make(x: Tensor): M {
    return new this.kind(channelsOf(x, this.axes), this.outChannels, this.kernelSize, this.options)
  }
}

/**
 * `Conv1d` with as many input channels as the first input has.
 * @example
 * new nn.LazyConv1d(4, 3).forward(randn([1, 2, 8])).shape // [1, 4, 6]
 */
export class LazyConv1d extends LazyConvolution<Conv1d, ConvLayerOptions> {
  constructor(outChannels: number, kernelSize: Size, options: ConvLayerOptions = {}) {
    super(1, outChannels, kernelSize, options)
  }
  protected get kind(): typeof Conv1d { return Conv1d }
}

/**
 * `Conv2d` with as many input channels as the first input has.
 * @example
 * new nn.LazyConv2d(4, 3).forward(randn([1, 2, 8, 8])).shape // [1, 4, 6, 6]
 */
export class LazyConv2d extends LazyConvolution<Conv2d, ConvLayerOptions> {
  constructor(outChannels: number, kernelSize: Size, options: ConvLayerOptions = {}) {
    super(2, outChannels, kernelSize, options)
  }
  protected get kind(): typeof Conv2d { return Conv2d }
}

/**
 * `Conv3d` with as many input channels as the first input has.
 * @example
 * new nn.LazyConv3d(4, 3).forward(randn([1, 2, 8, 8, 8])).shape // [1, 4, 6, 6, 6]
 */
export class LazyConv3d extends LazyConvolution<Conv3d, ConvLayerOptions> {
  constructor(outChannels: number, kernelSize: Size, options: ConvLayerOptions = {}) {
    super(3, outChannels, kernelSize, options)
  }
  protected get kind(): typeof Conv3d { return Conv3d }
}

/**
 * `ConvTranspose1d` with as many input channels as the first input has.
 * @example
 * new nn.LazyConvTranspose1d(4, 3).forward(randn([1, 2, 8])).shape // [1, 4, 10]
 */
export class LazyConvTranspose1d extends LazyConvolution<ConvTranspose1d, ConvTransposeLayerOptions> {
  constructor(outChannels: number, kernelSize: Size, options: ConvTransposeLayerOptions = {}) {
    super(1, outChannels, kernelSize, options)
  }
  protected get kind(): typeof ConvTranspose1d { return ConvTranspose1d }
}

/**
 * `ConvTranspose2d` with as many input channels as the first input has.
 * @example
 * new nn.LazyConvTranspose2d(4, 3).forward(randn([1, 2, 8, 8])).shape // [1, 4, 10, 10]
 */
export class LazyConvTranspose2d extends LazyConvolution<ConvTranspose2d, ConvTransposeLayerOptions> {
  constructor(outChannels: number, kernelSize: Size, options: ConvTransposeLayerOptions = {}) {
    super(2, outChannels, kernelSize, options)
  }
  protected get kind(): typeof ConvTranspose2d { return ConvTranspose2d }
}

/**
 * `ConvTranspose3d` with as many input channels as the first input has.
 * @example
 * new nn.LazyConvTranspose3d(4, 3).forward(randn([1, 2, 8, 8, 8])).shape // [1, 4, 10, 10, 10]
 */
export class LazyConvTranspose3d extends LazyConvolution<ConvTranspose3d, ConvTransposeLayerOptions> {
  constructor(outChannels: number, kernelSize: Size, options: ConvTransposeLayerOptions = {}) {
    super(3, outChannels, kernelSize, options)
  }
  protected get kind(): typeof ConvTranspose3d { return ConvTranspose3d }
}
