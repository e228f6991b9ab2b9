/** @file Convolution over one axis (sequences, sound). */
import type { Tensor } from '../../../tensor/index.ts'
import { conv1d } from '../../functional/conv.ts'
import type { Size } from '../../sizes.ts'
import { Conv, type ConvLayerOptions } from './conv.ts'

/**
 * Convolution (cross-correlation) over one axis (sequences, sound): y[o] = b[o] + Σ_{c,u} w[o,c,u]·x[c, s·i + d·u],
 * with stride s and dilation d; outside of the input, where the padding lies, x is 0.
 *
 * @remarks Input `[batch, inChannels, length]` (or without batch), output `[batch, outChannels, length]` with sizes
 * ⌊(n + 2·padding − dilation·(k − 1) − 1)/stride⌋ + 1; weight `[outChannels, inChannels/groups, k]`, bias
 * `[outChannels]`, both from U(±1/√fan in).
 * @param inChannels - channels of the input
 * @param outChannels - channels of the output
 * @param kernelSize - of the window: a number, or one an axis
 * @param options - `stride` (1), `padding` (0; or 'same', 'valid'), `dilation` (1), `groups` (1), `bias` (true),
 * `paddingMode` ('zeros', 'reflect', 'replicate', 'circular'), `dtype`, `device`
 * @example
 * new nn.Conv1d(16, 33, 3, { stride: 2 }).forward(randn([20, 16, 50])).shape // [20, 33, 24]
 */
export class Conv1d extends Conv {
  constructor(inChannels: number, outChannels: number, kernelSize: Size, options: ConvLayerOptions = {}) {
    super(1, inChannels, outChannels, kernelSize, options)
  }
  override forward(x: Tensor): Tensor { return conv1d(this.padded(x), this.weight, this.bias, this.attributes) }
}
