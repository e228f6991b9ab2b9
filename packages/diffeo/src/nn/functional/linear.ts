/** @file The affine map. */
import type { Tensor } from '../../tensor/index.ts'
import { ShapeError } from '../../util/errors.ts'

/**
 * x·Wᵀ + b: `[..., in]` → `[..., out]` with weight `[out, in]` and bias `[out]`.
 * @throws ShapeError where the last axis is not the weight's
 */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  const [inFeatures] = weight.shape.slice(-1)
  if (x.shape.at(-1) !== inFeatures) {
    throw new ShapeError(
      `linear: the last axis of the input [${x.shape.join(',')}] is ${x.shape.at(-1) ?? 'not there'}, ` +
        `the weight [${weight.shape.join(',')}] takes ${inFeatures}`,
    )
  }
  const product = x.matmul(weight.transpose(0, 1))
  return bias ? product.add(bias) : product
}
