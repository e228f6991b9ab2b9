/** @file Transposed convolution over one axis (sequences, sound). */
import type { Tensor } from '../../../tensor/index.ts'
import { convTranspose1d } from '../../functional/conv-transpose.ts'
import type { Size } from '../../sizes.ts'
import { ConvTranspose, type ConvTransposeLayerOptions } from './conv-transpose.ts'

/**
 * Transposed convolution over one axis (sequences, sound): the gradient of Conv1d with respect to its input. Each
 * element of the input adds x[c, i]·w[c, o, u] at s·i + d·u − padding of the output, with stride s and dilation d; then
 * b[o] is added. Dumoulin & Visin, "A guide to convolution arithmetic for deep learning" (2016).
 *
 * @remarks Input `[batch, inChannels, length]` (or without batch), output with outChannels and sizes
 * (n − 1)·stride − 2·padding + dilation·(k − 1) + outputPadding + 1; weight `[inChannels, outChannels/groups, k]`,
 * bias `[outChannels]`, both from U(±1/√(outChannels/groups · window)).
 * @param inChannels - channels of the input
 * @param outChannels - channels of the output
 * @param kernelSize - of the window: a number, or one an axis
 * @param options - `stride` (1), `padding` (0), `outputPadding` (0), `groups` (1), `dilation` (1), `bias` (true),
 * `dtype`, `device`
 * @throws ShapeError where channels, groups or sizes do not fit together
 * @example
 * new nn.ConvTranspose1d(16, 8, 4, { stride: 2, padding: 1 }).forward(randn([2, 16, 10])).shape // [2, 8, 20]
 */
export class ConvTranspose1d extends ConvTranspose {
  constructor(inChannels: number, outChannels: number, kernelSize: Size, options: ConvTransposeLayerOptions = {}) {
    super(1, inChannels, outChannels, kernelSize, options)
  }
  /** `outputSize`: the sizes of the last axes, where they are not the least; instead of `outputPadding`. */
  override forward(x: Tensor, outputSize?: readonly number[]): Tensor {
    return convTranspose1d(x, this.weight, this.bias, this.attributesFor(x, outputSize))
  }
}
