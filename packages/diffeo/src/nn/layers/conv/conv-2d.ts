/** @file Convolution over two axes (images). */
import type { Tensor } from '../../../tensor/index.ts'
import { conv2d } from '../../functional/conv.ts'
import type { Size } from '../../sizes.ts'
import { Conv, type ConvLayerOptions } from './conv.ts'

/**
 * Convolution (cross-correlation) over two axes (images): y[o] = b[o] + Σ_{c,u,v} w[o,c,u,v]·x[c, s·i + d·u, s·j +
 * d·v], with stride s and dilation d; outside of the input, where the padding lies, x is 0.
 *
 * @remarks Input `[batch, inChannels, height, width]` (or without batch), output `[batch, outChannels, height, width]`
 * with sizes ⌊(n + 2·padding − dilation·(k − 1) − 1)/stride⌋ + 1; weight `[outChannels, inChannels/groups, kh, kw]`,
 * bias `[outChannels]`, both from U(±1/√fan in).
 * @param inChannels - channels of the input
 * @param outChannels - channels of the output
 * @param kernelSize - of the window: a number, or one an axis
 * @param options - `stride` (1), `padding` (0; or 'same', 'valid'), `dilation` (1), `groups` (1), `bias` (true),
 * `paddingMode` ('zeros', 'reflect', 'replicate', 'circular'), `dtype`, `device`
 * @example
 * new nn.Conv2d(3, 8, 3, { padding: 1 }).forward(randn([2, 3, 32, 32])).shape // [2, 8, 32, 32]
 */
export class Conv2d extends Conv {
  constructor(inChannels: number, outChannels: number, kernelSize: Size, options: ConvLayerOptions = {}) {
    super(2, inChannels, outChannels, kernelSize, options)
  }
  override forward(x: Tensor): Tensor { return conv2d(this.padded(x), this.weight, this.bias, this.attributes) }
}
