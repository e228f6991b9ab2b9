/** @file Transposed convolutions: the gradients of convolutions with respect to their inputs. */
import type { Tensor } from '../../tensor/index.ts'
import { checkTensor, conv } from '../../tensor/internal.ts'
import { ShapeError } from '../../util/errors.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { positive, sizes, type Size } from '../sizes.ts'

export interface ConvTransposeOptions {
  /** Distance in the output of what neighbours in the input give. */
  stride?: Size
  /** What the convolution that this is the transpose of pads: so much is cut from the output. */
  padding?: Size
  /** What the output is longer by at its end, less than the stride or the dilation. */
  outputPadding?: Size
  groups?: number
  dilation?: Size
}
export const convTransposeNames: Names<ConvTransposeOptions> = {
  stride: true, padding: true, outputPadding: true, groups: true, dilation: true,
}

/** `[in, out/groups, ...window]` as the kernel `[out, in/groups, ...window]` of the convolution that does the same. */
function turned(weight: Tensor, groups: number): Tensor {
  const [inputs, perGroup, ...window] = weight.shape
  const split = weight.reshape([groups, inputs / groups, perGroup, ...window]).transpose(1, 2)
  return split.reshape([groups * perGroup, inputs / groups, ...window]).flip(window.map((_, i) => i + 2))
}

function checkShapes(op: string, n: number, x: Tensor, weight: Tensor, groups: number): void {
  if (x.rank !== n + 2 && x.rank !== n + 1) {
    throw new ShapeError(
      `${op}: the input is [${x.shape.join(',')}]: expected [batch, channels, ...${n} axes], or that without batch`,
    )
  }
  const channels = x.shape[x.rank - n - 1]
  if (weight.rank !== n + 2 || weight.shape[0] !== channels || channels % groups !== 0) {
    throw new ShapeError(
      `${op}: the input [${x.shape.join(',')}] has ${channels} channels, the weight is [${weight.shape.join(',')}]: ` +
        `expected [${channels}, out/groups, ...${n} axes], and ${channels} to be a multiple of groups ${groups}`,
    )
  }
}

function convolveTransposed(
  n: number, x: Tensor, weight: Tensor, bias: Tensor | null, options: ConvTransposeOptions,
): Tensor {
  const op = `convTranspose${n}d`
  checkTensor(op, 'input', x)
  checkTensor(op, 'weight', weight)
  if (bias !== null) checkTensor(op, 'third argument, the bias,', bias, x)
  checkOptions(op, options, convTransposeNames)
  const groups = positive(`${op}: groups`, options.groups ?? 1)
  checkShapes(op, n, x, weight, groups)
  const stride = sizes(`${op}: stride`, options.stride ?? 1, n)
  const dilation = sizes(`${op}: dilation`, options.dilation ?? 1, n)
  const padding = sizes(`${op}: padding`, options.padding ?? 0, n, 0)
  const more = sizes(`${op}: outputPadding`, options.outputPadding ?? 0, n, 0)
  more.forEach((extra, i) => {
    if (extra >= Math.max(stride[i], dilation[i]) && extra > 0) {
      throw new ShapeError(
        `${op}: outputPadding ${extra} must be less than the stride ${stride[i]} or the dilation ${dilation[i]}`,
      )
    }
  })
  const pad = padding.map((p, i) => {
    const around = (weight.shape[i + 2] - 1) * dilation[i] - p
    return [around, around + more[i]] as const
  })
  const batched = x.rank === n + 2 ? x : x.unsqueeze(0)
  pad.forEach(([before, after], i) => {
    const reach = (weight.shape[i + 2] - 1) * dilation[i]
    const size = (batched.shape[i + 2] - 1) * stride[i] + 1 + before + after - reach
    if (batched.shape[i + 2] === 0 || size > 0) return
    throw new ShapeError(
      `${op}: axis ${i} of the output would have size ${size}: the padding ${padding[i]} takes more than there is`,
    )
  })
  const product = conv(batched, turned(weight, groups), {
    stride: stride.map(() => 1), pad, dilateInput: stride, dilateKernel: dilation, groups,
  })
  const out = bias ? product.add(bias.reshape([bias.size, ...stride.map(() => 1)])) : product
  return batched === x ? out : out.squeeze(0)
}

/** `[batch, in, length]` with weight `[in, out/groups, k]`. */
export const convTranspose1d = (
  x: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvTransposeOptions = {},
): Tensor => convolveTransposed(1, x, weight, bias, options)
/** `[batch, in, height, width]` with weight `[in, out/groups, kh, kw]`. */
export const convTranspose2d = (
  x: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvTransposeOptions = {},
): Tensor => convolveTransposed(2, x, weight, bias, options)
/** `[batch, in, depth, height, width]` with weight `[in, out/groups, kd, kh, kw]`. */
export const convTranspose3d = (
  x: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvTransposeOptions = {},
): Tensor => convolveTransposed(3, x, weight, bias, options)
