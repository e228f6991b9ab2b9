/** @file The distance from a mean, measured in the deviations of the data. */
import { eye, linalg, type Tensor } from 'diffeo'

/** Of the mean variance, what is added to each: some features of small tables are mixtures of others. */
const ridge = 1e-3

/**
 * Squared Mahalanobis distances (x − μ)ᵀ Σ⁻¹ (x − μ) to the mean μ of known examples, Σ their covariance.
 * @param known - `[examples, features]`
 * @param x - `[rows, features]`
 * @returns `[rows]`
 * @example const score = baselines.mahalanobis(healthy, parts)
 */
export function mahalanobis(known: Tensor, x: Tensor): Tensor {
  const [examples, features] = known.shape
  const mean = known.mean(0)
  const centred = known.sub(mean).cast('float64')
  const covariance = centred.T.matmul(centred).div(Math.max(1, examples - 1))
  const level = linalg.diagonal(covariance).mean().mul(ridge)
  const offset = x.sub(mean).cast('float64')
  const solved = linalg.solve(covariance.add(eye(features, { dtype: 'float64' }).mul(level)), offset.T)
  return offset.T.mul(solved).sum(0).cast(x.dtype).detach()
}
