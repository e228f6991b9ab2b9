/** @file Channels and pixels that change places, and images as columns of their windows. */
import { eye, slice, stack, type Tensor } from '../../tensor/index.ts'
import { ShapeError } from '../../util/errors.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { positive, sizes, type Size } from '../sizes.ts'
import { convTranspose2d } from './conv-transpose.ts'

const wrong = (op: string, x: Tensor, wanted: string): ShapeError =>
  new ShapeError(`${op}: the input is [${x.shape.join(',')}]: expected ${wanted}`)

/** `[..., c·r², h, w]` → `[..., c, h·r, w·r]`: every r² channels become a square of pixels. */
export function pixelShuffle(x: Tensor, upscaleFactor: number): Tensor {
  const r = positive('pixelShuffle: the factor', upscaleFactor)
  if (x.rank < 3 || x.shape[x.rank - 3] % r ** 2 !== 0)
    throw wrong('pixelShuffle', x, `[..., channels, height, width] with a multiple of ${r}² channels`)
  const [c, h, w] = x.shape.slice(-3)
  const split = x.reshape([-1, c / r ** 2, r, r, h, w])
  return split.permute(0, 1, 4, 2, 5, 3).reshape([...x.shape.slice(0, -3), c / r ** 2, h * r, w * r])
}

/** `[..., c, h·r, w·r]` → `[..., c·r², h, w]`, the opposite of pixelShuffle. */
export function pixelUnshuffle(x: Tensor, downscaleFactor: number): Tensor {
  const r = positive('pixelUnshuffle: the factor', downscaleFactor)
  const [c, h, w] = x.shape.slice(-3)
  if (x.rank < 3 || h % r !== 0 || w % r !== 0)
    throw wrong('pixelUnshuffle', x, `[..., channels, height, width] with height and width multiples of ${r}`)
  const split = x.reshape([-1, c, h / r, r, w / r, r])
  return split.permute(0, 1, 3, 5, 2, 4).reshape([...x.shape.slice(0, -3), c * r ** 2, h / r, w / r])
}

/** `[batch, channels, ...]` with the channels of all groups taken in turn. */
export function channelShuffle(x: Tensor, groups: number): Tensor {
  positive('channelShuffle: groups', groups)
  if (x.rank < 3 || x.shape[1] % groups !== 0)
    throw wrong('channelShuffle', x, `[batch, channels, ...] with a multiple of ${groups} channels`)
  return x.unflatten(1, [groups, -1]).transpose(1, 2).reshape(x.shape)
}

export interface FoldOptions { dilation?: Size; padding?: Size; stride?: Size }
export const foldNames: Names<FoldOptions> = { dilation: true, padding: true, stride: true }

interface Windows {
  readonly kernel: readonly number[]
  readonly dilation: readonly number[]
  readonly padding: readonly number[]
  readonly stride: readonly number[]
  /** How many there are on each axis. */
  readonly counts: readonly number[]
}
function windowsOf(op: string, space: readonly number[], kernelSize: Size, options: FoldOptions): Windows {
  checkOptions(op, options, foldNames)
  const kernel = sizes(`${op}: the window`, kernelSize, 2)
  const dilation = sizes(`${op}: dilation`, options.dilation ?? 1, 2)
  const padding = sizes(`${op}: padding`, options.padding ?? 0, 2, 0)
  const stride = sizes(`${op}: stride`, options.stride ?? 1, 2)
  const reach = kernel.map((k, i) => (k - 1) * dilation[i] + 1)
  const counts = space.map((d, i) => Math.floor((d + 2 * padding[i] - reach[i]) / stride[i]) + 1)
  if (counts.some(c => c < 1))
    throw new ShapeError(`${op}: windows over [${reach.join(',')}] pixels do not fit into [${space.join(',')}]`)
  return { kernel, dilation, padding, stride, counts }
}

/**
 * The windows of images as columns (im2col): `[batch, channels, h, w]` → `[batch, channels·kh·kw, windows]`, or that
 * without batch.
 */
export function unfold(x: Tensor, kernelSize: Size, options: FoldOptions = {}): Tensor {
  if (x.rank !== 3 && x.rank !== 4) throw wrong('unfold', x, '[batch, channels, height, width], or that without batch')
  const { kernel, dilation, padding, stride, counts } = windowsOf('unfold', x.shape.slice(-2), kernelSize, options)
  const lead = x.shape.slice(0, -2)
  const around = x.pad([...lead.map(() => [0, 0] as const), ...padding.map(p => [p, p] as const)])
  // the pixels that stand at place u of all windows
  const places = (axis: number, u: number): ReturnType<typeof slice> => {
    const from = u * dilation[axis]
    return slice(from, from + (counts[axis] - 1) * stride[axis] + 1, stride[axis])
  }
  const pixels = Array.from({ length: kernel[0] * kernel[1] }, (_, k) =>
    around.index('...', places(0, Math.floor(k / kernel[1])), places(1, k % kernel[1])))
  const channels = lead[lead.length - 1] * pixels.length
  return stack(pixels, -3).reshape([...lead.slice(0, -1), channels, counts[0] * counts[1]])
}

/**
 * Columns of windows summed into images (col2im), the transpose of unfold: `[batch, channels·kh·kw, windows]` →
 * `[batch, channels, ...outputSize]`, or that without batch.
 */
export function fold(x: Tensor, outputSize: Size, kernelSize: Size, options: FoldOptions = {}): Tensor {
  const size = sizes('fold: the output size', outputSize, 2)
  const { kernel, dilation, padding, stride, counts } = windowsOf('fold', size, kernelSize, options)
  const area = kernel[0] * kernel[1]
  if (
    (x.rank !== 2 && x.rank !== 3) ||
    x.shape[x.rank - 2] % area !== 0 ||
    x.shape[x.rank - 1] !== counts[0] * counts[1]
  )
    throw wrong('fold', x, `[batch, a multiple of ${area}, ${counts[0] * counts[1]}], or that without batch`)
  const channels = x.shape[x.rank - 2] / area
  // row k of the identity, as a window, puts a value at place k
  const one = eye(area, { dtype: x.dtype, device: x.device }).reshape([area, 1, ...kernel])
  const images = x.reshape([-1, area, ...counts])
  const outputPadding = size.map((d, i) =>
    d + 2 * padding[i] - ((counts[i] - 1) * stride[i] + (kernel[i] - 1) * dilation[i] + 1))
  const whole = convTranspose2d(images, one, null, { stride, padding, dilation, outputPadding })
  return whole.reshape([...x.shape.slice(0, -2), channels, ...size])
}
