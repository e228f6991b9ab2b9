/** @file Convolutions (cross-correlations) over one, two and three axes. */
import type { Tensor } from '../../tensor/index.ts'
import { checkTensor, conv } from '../../tensor/internal.ts'
import { ShapeError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import { sizes, type Size } from '../sizes.ts'

export type Padding = Size | 'same' | 'valid'
export interface ConvOptions {
  stride?: Size
  /** Zeros on both sides of each axis; 'same' keeps the size (stride 1 only), 'valid' is 0. */
  padding?: Padding
  dilation?: Size
  groups?: number
}

type Pads = readonly (readonly [number, number])[]

/** [before, after] of each axis, for windows that reach over so many elements. */
export function padsOf(padding: Padding, stride: readonly number[], reach: readonly number[]): Pads {
  if (padding === 'valid') return reach.map(() => [0, 0])
  if (padding !== 'same') return sizes('conv: padding', padding, reach.length, 0).map(p => [p, p])
  if (stride.some(s => s !== 1))
    throw new ShapeError(`conv: padding 'same' goes with stride 1, got [${stride.join(',')}]`)
  // where the total is odd the end gets one more, as in PyTorch
  return reach.map(r => [(r - 1) >> 1, r - 1 - ((r - 1) >> 1)])
}

function convolve(n: number, x: Tensor, weight: Tensor, bias: Tensor | null, options: ConvOptions): Tensor {
  const op = `conv${n}d`
  checkTensor(op, 'input', x)
  checkTensor(op, 'weight', weight)
  if (bias !== null) checkTensor(op, 'third argument, the bias,', bias, x)
  checkOptions(op, options, { stride: true, padding: true, dilation: true, groups: true })
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options
  if (x.rank !== n + 2 && x.rank !== n + 1) {
    throw new ShapeError(
      `${op}: the input is [${x.shape.join(',')}]: expected [batch, channels, ...${n} axes], or that without batch`,
    )
  }
  const batched = x.rank === n + 2 ? x : x.unsqueeze(0)
  const steps = sizes('conv: stride', stride, n)
  const spread = sizes('conv: dilation', dilation, n)
  const reach = weight.shape.slice(2).map((k, i) => (k - 1) * spread[i] + 1)
  const product = conv(batched, weight, {
    stride: steps, pad: padsOf(padding, steps, reach), dilateInput: steps.map(() => 1), dilateKernel: spread, groups,
  })
  const out = bias ? product.add(bias.reshape([bias.size, ...steps.map(() => 1)])) : product
  return batched === x ? out : out.squeeze(0)
}

/** `[batch, in, length]` with weight `[out, in/groups, k]`. */
export const conv1d = (x: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvOptions = {}): Tensor =>
  convolve(1, x, weight, bias, options)
/** `[batch, in, height, width]` with weight `[out, in/groups, kh, kw]`. */
export const conv2d = (x: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvOptions = {}): Tensor =>
  convolve(2, x, weight, bias, options)
/** `[batch, in, depth, height, width]` with weight `[out, in/groups, kd, kh, kw]`. */
export const conv3d = (x: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvOptions = {}): Tensor =>
  convolve(3, x, weight, bias, options)
