/** @file Normalization. */
import type { Tensor } from '../../tensor/index.ts'
import { inFloat32, reduceWindow, wide } from '../../tensor/internal.ts'
import { ShapeError } from '../../util/errors.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { positive } from '../sizes.ts'

export interface Affine { weight?: Tensor | null; bias?: Tensor | null; eps?: number }
const affineNames: Names<Affine> = { weight: true, bias: true, eps: true }

export interface Statistics { readonly mean: Tensor; readonly variance: Tensor }

/** Mean and (biased) variance along the axes, which stay with size 1; float32 of a half. */
function statisticsOf(x: Tensor, axes: number | readonly number[]): Statistics {
  const w = wide(x)
  const mean = w.mean(axes, { keepdims: true })
  return { mean, variance: w.sub(mean).square().mean(axes, { keepdims: true }) }
}

/** (x − mean)/√(variance + eps) · weight + bias. */
const normalized = (x: Tensor, { mean, variance }: Statistics, { weight, bias, eps = 1e-5 }: Affine): Tensor =>
  inFloat32(x, w => {
    const unit = w.sub(mean).mul(variance.add(eps).rsqrt())
    const scaled = weight ? unit.mul(weight) : unit
    return bias ? scaled.add(bias) : scaled
  })

/** Mean and (biased) variance of each channel of `[batch, channels, ...]`, as [1, channels, 1, …]. */
export function channelStatistics(x: Tensor): Statistics {
  if (x.rank < 2)
    throw new ShapeError(`batchNorm: the input is [${x.shape.join(',')}]: expected [batch, channels, ...]`)
  return statisticsOf(x, x.shape.map((_, i) => i).filter(i => i !== 1))
}

/** A value for each channel, laid along axis 1 of x. */
const alongChannels = (t: Tensor, x: Tensor): Tensor => t.reshape([1, t.size, ...x.shape.slice(2).map(() => 1)])

/** Each channel of `[batch, channels, ...]` less its mean, over its deviation, then · weight + bias. */
export function normalizeChannels(x: Tensor, statistics: Statistics, { weight, bias, eps }: Affine): Tensor {
  return normalized(x, statistics, {
    weight: weight && alongChannels(weight, x),
    bias: bias && alongChannels(bias, x),
    eps,
  })
}

export interface BatchNormOptions extends Affine {
  /** The statistics to normalize with; those of the batch if there are none. `[channels]` */
  runningMean?: Tensor | null
  runningVar?: Tensor | null
}
/** Each channel of `[batch, channels, ...]` with mean 0 and variance 1, then · weight + bias. */
export function batchNorm(x: Tensor, options: BatchNormOptions = {}): Tensor {
  checkOptions('batchNorm', options, { ...affineNames, runningMean: true, runningVar: true })
  const { runningMean, runningVar, ...affine } = options
  const statistics = runningMean && runningVar
    ? { mean: alongChannels(runningMean, x), variance: alongChannels(runningVar, x) }
    : channelStatistics(x)
  return normalizeChannels(x, statistics, affine)
}

/** The numbers of the last axes, which must be of the shape given. */
function lastAxes(op: string, x: Tensor, shape: readonly number[]): number[] {
  const first = x.rank - shape.length
  if (shape.length === 0 || first < 0 || shape.some((d, i) => d !== x.shape[first + i]))
    throw new ShapeError(`${op}: the last axes of the input [${x.shape.join(',')}] are not [${shape.join(',')}]`)
  return shape.map((_, i) => first + i)
}

/** The last axes, of the shape given, with mean 0 and variance 1, then · weight + bias. */
export function layerNorm(
  x: Tensor,
  normalizedShape: readonly number[],
  options: Affine = {},
): Tensor {
  checkOptions('layerNorm', options, affineNames)
  return normalized(x, statisticsOf(x, lastAxes('layerNorm', x, normalizedShape)), options)
}

export interface RmsNormOptions { weight?: Tensor | null; eps?: number | null }
/** The distance of 1 from the next number: PyTorch's ε where none is given. */
const epsilon: Readonly<Record<string, number>> = { float16: 2 ** -10, bfloat16: 2 ** -7, float64: 2 ** -52 }

/** The last axes, of the shape given, over √(their mean square + eps), then · weight. */
export function rmsNorm(x: Tensor, normalizedShape: readonly number[], options: RmsNormOptions = {}): Tensor {
  checkOptions('rmsNorm', options, { weight: true, eps: true })
  const { weight, eps } = options
  const axes = lastAxes('rmsNorm', x, normalizedShape)
  return inFloat32(x, w => {
    const square = w.square().mean(axes, { keepdims: true })
    const unit = w.mul(square.add(eps ?? epsilon[x.dtype] ?? 2 ** -23).rsqrt())
    return weight ? unit.mul(weight) : unit
  })
}

/** Groups of channels of each example of `[batch, channels, ...]` with mean 0 and variance 1, then · weight + bias. */
export function groupNorm(x: Tensor, numGroups: number, options: Affine = {}): Tensor {
  checkOptions('groupNorm', options, affineNames)
  if (x.rank < 2 || x.shape[1] % numGroups !== 0) {
    throw new ShapeError(
      `groupNorm: the input is [${x.shape.join(',')}]: expected [batch, channels, ...] with channels in ${numGroups} groups`,
    )
  }
  const { weight, bias, eps = 1e-5 } = options
  const groups = x.reshape([x.shape[0], numGroups, -1])
  const unit = normalized(groups, statisticsOf(groups, 2), { eps }).reshape(x.shape)
  const scaled = weight ? unit.mul(alongChannels(weight, x)) : unit
  return bias ? scaled.add(alongChannels(bias, x)) : scaled
}

/** Mean and (biased) variance of each channel of each example of `[batch, channels, ...]`. */
export const exampleStatistics = (x: Tensor): Statistics => statisticsOf(x, x.shape.map((_, i) => i).slice(2))

/**
 * Each channel of each example of `[batch, channels, ...]` with mean 0 and variance 1, then · weight + bias; or by the
 * statistics given, as batchNorm.
 */
export function instanceNorm(x: Tensor, options: BatchNormOptions = {}): Tensor {
  checkOptions('instanceNorm', options, { ...affineNames, runningMean: true, runningVar: true })
  if (x.rank < 3)
    throw new ShapeError(`instanceNorm: the input is [${x.shape.join(',')}]: expected [batch, channels, length, ...]`)
  const { runningMean, runningVar, ...affine } = options
  return runningMean && runningVar ? batchNorm(x, options) : groupNorm(x, x.shape[1], affine)
}

export interface LocalResponseNormOptions { alpha?: number; beta?: number; k?: number }
export const localResponseNames: Names<LocalResponseNormOptions> = { alpha: true, beta: true, k: true }
/** x/(k + α · mean of the squares of `size` neighbouring channels)^β, zeros counting beyond the channels. */
export function localResponseNorm(x: Tensor, size: number, options: LocalResponseNormOptions = {}): Tensor {
  checkOptions('localResponseNorm', options, localResponseNames)
  positive('localResponseNorm: size', size)
  if (x.rank < 3)
    throw new ShapeError(`localResponseNorm: the input is [${x.shape.join(',')}]: expected [batch, channels, ...]`)
  const { alpha = 1e-4, beta = 0.75, k = 1 } = options
  return inFloat32(x, w => {
    const sums = reduceWindow(w.square().reshape([x.shape[0], x.shape[1], -1]), 'add', {
      size: [size, 1], stride: [1, 1], dilation: [1, 1],
      pad: [[Math.floor(size / 2), Math.floor((size - 1) / 2)], [0, 0]],
    })
    return w.div(sums.mul(alpha / size).add(k).pow(beta).reshape(x.shape))
  })
}
