/** @file Convolution over three axes (volumes, video). */
import type { Tensor } from '../../../tensor/index.ts'
import { conv3d } from '../../functional/conv.ts'
import type { Size } from '../../sizes.ts'
import { Conv, type ConvLayerOptions } from './conv.ts'

/**
 * Convolution (cross-correlation) over three axes (volumes, video): y[o] = b[o] + Σ_{c,t,u,v} w[o,c,t,u,v]·x[c, s·h +
 * d·t, s·i + d·u, s·j + d·v], with stride s and dilation d; outside of the input, where the padding lies, x is 0.
 *
 * @remarks Input `[batch, inChannels, depth, height, width]` (or without batch), output `[batch, outChannels, depth,
 * height, width]` with sizes ⌊(n + 2·padding − dilation·(k − 1) − 1)/stride⌋ + 1; weight `[outChannels,
 * inChannels/groups, kd, kh, kw]`, bias `[outChannels]`, both from U(±1/√fan in).
 * @param inChannels - channels of the input
 * @param outChannels - channels of the output
 * @param kernelSize - of the window: a number, or one an axis
 * @param options - `stride` (1), `padding` (0; or 'same', 'valid'), `dilation` (1), `groups` (1), `bias` (true),
 * `paddingMode` ('zeros', 'reflect', 'replicate', 'circular'), `dtype`, `device`
 * @example
 * new nn.Conv3d(1, 4, 3).forward(randn([1, 1, 8, 8, 8])).shape // [1, 4, 6, 6, 6]
 */
export class Conv3d extends Conv {
  constructor(inChannels: number, outChannels: number, kernelSize: Size, options: ConvLayerOptions = {}) {
    super(3, inChannels, outChannels, kernelSize, options)
  }
  override forward(x: Tensor): Tensor { return conv3d(this.padded(x), this.weight, this.bias, this.attributes) }
}
