/** @file The affine map, and the bilinear one. */
import { einsum, type Tensor } from '../../tensor/index.ts'
import { checkTensor } from '../../tensor/internal.ts'
import { ShapeError } from '../../util/errors.ts'

/**
 * x·Wᵀ + b: `[..., in]` → `[..., out]` with weight `[out, in]` and bias `[out]`.
 * @throws ShapeError where the last axis is not the weight's
 */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  checkTensor('linear', 'input', x)
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

/**
 * Σ_{i,j} x[i]·W[o,i,j]·y[j] + b[o]: `[..., in1]` and `[..., in2]` → `[..., out]` with weight `[out, in1, in2]`.
 * @throws ShapeError where the inputs' axes are not alike, or the last ones not the weight's
 */
export function bilinear(x: Tensor, y: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  checkTensor('bilinear', 'first input', x)
  checkTensor('bilinear', 'second input', y)
  const lead = x.shape.slice(0, -1)
  const alike = x.rank > 0 && x.rank === y.rank && lead.every((d, i) => d === y.shape[i])
  if (!alike || weight.rank !== 3 || x.shape.at(-1) !== weight.shape[1] || y.shape.at(-1) !== weight.shape[2]) {
    throw new ShapeError(
      `bilinear: the inputs are [${x.shape.join(',')}] and [${y.shape.join(',')}], the weight [${weight.shape.join(',')}]: ` +
        'expected [..., in1] and [..., in2] with weight [out, in1, in2]',
    )
  }
  const [rows, columns] = [x.reshape([-1, weight.shape[1]]), y.reshape([-1, weight.shape[2]])]
  const product = einsum('bi,oij,bj->bo', rows, weight, columns).reshape([...lead, weight.shape[0]])
  return bias ? product.add(bias) : product
}
