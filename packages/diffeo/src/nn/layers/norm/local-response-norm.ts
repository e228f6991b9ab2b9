/** @file Local response normalization. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { localResponseNames, localResponseNorm, type LocalResponseNormOptions } from '../../functional/norm.ts'
import { Module } from '../../module.ts'
import { positive } from '../../sizes.ts'

/**
 * y = x/(k + α/size · Σx²)^β, the sum over `size` neighbouring channels. Krizhevsky et al., "ImageNet classification
 * with deep convolutional neural networks" (2012).
 *
 * @remarks Input and output `[batch, channels, ...]`, at least 3 axes.
 * @param size - how many channels are taken together
 * @param options - `alpha` (1e-4), `beta` (0.75), `k` (1)
 * @example
 * new nn.LocalResponseNorm(5).forward(randn([2, 8, 4, 4])).shape // [2, 8, 4, 4]
 */
export class LocalResponseNorm extends Module {
  readonly size: number
  readonly options: LocalResponseNormOptions

  constructor(size: number, options: LocalResponseNormOptions = {}) {
    super()
    checkOptions('LocalResponseNorm', options, localResponseNames)
    this.size = positive('LocalResponseNorm: size', size)
    this.options = options
  }

  override forward(x: Tensor): Tensor { return localResponseNorm(x, this.size, this.options) }
  override describe(): string { return `LocalResponseNorm ${this.size}` }
}
