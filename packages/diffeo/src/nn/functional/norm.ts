/** @file Normalization. */
import type { Tensor } from '../../tensor/index.ts'
import { ShapeError } from '../../util/errors.ts'

export interface Affine { weight?: Tensor | null; bias?: Tensor | null; eps?: number }

/** (x − mean)/√(var + eps) · weight + bias. */
function normalized(x: Tensor, mean: Tensor, variance: Tensor, eps: number, weight?: Tensor | null, bias?: Tensor | null): Tensor {
  const unit = x.sub(mean).mul(variance.add(eps).rsqrt())
  const scaled = weight ? unit.mul(weight) : unit
  return bias ? scaled.add(bias) : scaled
}

export interface Statistics { readonly mean: Tensor; readonly variance: Tensor }
/** Mean and (biased) variance of each channel of `[batch, channels, ...]`, as [1, channels, 1, …]. */
export function channelStatistics(x: Tensor): Statistics {
  if (x.rank < 2) throw new ShapeError(`batchNorm: the input is [${x.shape.join(',')}]: expected [batch, channels, ...]`)
  const axes = x.shape.map((_, i) => i).filter(i => i !== 1)
  const mean = x.mean(axes, { keepdims: true })
  return { mean, variance: x.sub(mean).square().mean(axes, { keepdims: true }) }
}

export interface BatchNormOptions extends Affine {
  /** The statistics to normalize with; those of the batch if there are none. `[channels]` */
  runningMean?: Tensor | null
  runningVar?: Tensor | null
}
/** Each channel of `[batch, channels, ...]` with mean 0 and variance 1, then · weight + bias. */
export function batchNorm(x: Tensor, options: BatchNormOptions = {}): Tensor {
  const { weight, bias, runningMean, runningVar, eps = 1e-5 } = options
  const wide = (t: Tensor | null | undefined): Tensor | null => (t ? t.reshape([1, t.size, ...x.shape.slice(2).map(() => 1)]) : null)
  const known = runningMean && runningVar
  const { mean, variance } = known ? { mean: wide(runningMean)!, variance: wide(runningVar)! } : channelStatistics(x)
  return normalized(x, mean, variance, eps, wide(weight), wide(bias))
}

/** The last axes, of the shape given, with mean 0 and variance 1, then · weight + bias. */
export function layerNorm(x: Tensor, normalizedShape: readonly number[], { weight, bias, eps = 1e-5 }: Affine = {}): Tensor {
  const n = normalizedShape.length
  const last = x.shape.slice(x.rank - n)
  if (n === 0 || last.length !== n || last.some((d, i) => d !== normalizedShape[i])) {
    throw new ShapeError(`layerNorm: the last axes of the input [${x.shape.join(',')}] are not [${normalizedShape.join(',')}]`)
  }
  const axes = last.map((_, i) => x.rank - n + i)
  const mean = x.mean(axes, { keepdims: true })
  const variance = x.sub(mean).square().mean(axes, { keepdims: true })
  return normalized(x, mean, variance, eps, weight, bias)
}
