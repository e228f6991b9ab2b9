/** @file Normalization. */
import type { Tensor } from '../../tensor/index.ts'
import { ShapeError } from '../../util/errors.ts'

export interface Affine { weight?: Tensor | null; bias?: Tensor | null; eps?: number }

export interface Statistics { readonly mean: Tensor; readonly variance: Tensor }

/** (x − mean)/√(variance + eps) · weight + bias. */
function normalized(x: Tensor, { mean, variance }: Statistics, { weight, bias, eps = 1e-5 }: Affine): Tensor {
  const unit = x.sub(mean).mul(variance.add(eps).rsqrt())
  const scaled = weight ? unit.mul(weight) : unit
  return bias ? scaled.add(bias) : scaled
}

/** Mean and (biased) variance of each channel of `[batch, channels, ...]`, as [1, channels, 1, …]. */
export function channelStatistics(x: Tensor): Statistics {
  if (x.rank < 2)
    throw new ShapeError(`batchNorm: the input is [${x.shape.join(',')}]: expected [batch, channels, ...]`)
  const axes = x.shape.map((_, i) => i).filter(i => i !== 1)
  const mean = x.mean(axes, { keepdims: true })
  return { mean, variance: x.sub(mean).square().mean(axes, { keepdims: true }) }
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
export function batchNorm(x: Tensor, { runningMean, runningVar, ...affine }: BatchNormOptions = {}): Tensor {
  const statistics = runningMean && runningVar
    ? { mean: alongChannels(runningMean, x), variance: alongChannels(runningVar, x) }
    : channelStatistics(x)
  return normalizeChannels(x, statistics, affine)
}

/** The last axes, of the shape given, with mean 0 and variance 1, then · weight + bias. */
export function layerNorm(
  x: Tensor,
  normalizedShape: readonly number[],
  { weight, bias, eps = 1e-5 }: Affine = {},
): Tensor {
  const n = normalizedShape.length
  const last = x.shape.slice(x.rank - n)
  if (n === 0 || last.length !== n || last.some((d, i) => d !== normalizedShape[i])) {
    throw new ShapeError(
      `layerNorm: the last axes of the input [${x.shape.join(',')}] are not [${normalizedShape.join(',')}]`,
    )
  }
  const axes = last.map((_, i) => x.rank - n + i)
  const mean = x.mean(axes, { keepdims: true })
  const variance = x.sub(mean).square().mean(axes, { keepdims: true })
  return normalized(x, { mean, variance }, { weight, bias, eps })
}
