/**
 * @file Products with something added, and sums of products: PyTorch's short names for `matmul` and what goes with it.
 */
import { ShapeError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import { asTensor } from '../create.ts'
import { shapeText } from '../functions/promote.ts'
import type { Tensor, TensorLike } from '../tensor.ts'

export interface Scales {
  /** What the tensor is multiplied by: 1 unless given. With 0 it is not looked at. */
  beta?: number
  /** What the product is multiplied by: 1 unless given. */
  alpha?: number
}
function plus(op: string, x: TensorLike, product: Tensor, options: Scales): Tensor {
  checkOptions(op, options, { beta: true, alpha: true })
  const { alpha = 1, beta = 1 } = options
  const scaled = alpha === 1 ? product : product.mul(alpha)
  if (beta === 0) return scaled
  return scaled.add(beta === 1 ? x : asTensor(x).mul(beta))
}
function ranks(op: string, given: readonly TensorLike[], wanted: readonly number[]): Tensor[] {
  const all = given.map(x => asTensor(x))
  if (all.some((t, i) => t.rank !== wanted[i])) {
    throw new ShapeError(
      `${op} multiplies tensors of ${wanted.join(' and ')} axes, got shapes ${all.map(t => shapeText(t.shape)).join(' and ')}`,
    )
  }
  return all
}

/**
 * β·x + α·a·b of matrices.
 * @example await addmm([1, 1], [[1, 2]], [[3, 4], [5, 6]]).array() // [[14, 17]]
 */
export function addmm(x: TensorLike, a: TensorLike, b: TensorLike, options: Scales = {}): Tensor {
  const [left, right] = ranks('addmm', [a, b], [2, 2])
  return plus('addmm', x, left.matmul(right), options)
}
/**
 * β·x + α·a·v of a matrix and a vector.
 * @example await addmv([1, 1], [[1, 2], [3, 4]], [1, 1], { alpha: 10 }).array() // [31, 71]
 */
export function addmv(x: TensorLike, a: TensorLike, v: TensorLike, options: Scales = {}): Tensor {
  const [left, right] = ranks('addmv', [a, v], [2, 1])
  return plus('addmv', x, left.matmul(right), options)
}
/**
 * β·x + α·u·vᵀ of two vectors.
 * @example await addr([[1, 1], [1, 1]], [1, 2], [3, 4], { beta: 0 }).array() // [[3, 4], [6, 8]]
 */
export function addr(x: TensorLike, u: TensorLike, v: TensorLike, options: Scales = {}): Tensor {
  const [left, right] = ranks('addr', [u, v], [1, 1])
  return plus('addr', x, left.outer(right), options)
}
/**
 * β·x + α·Σ aᵢ·bᵢ over a batch of matrices.
 * @example await addbmm(ones([1, 1]), ones([3, 1, 2]), ones([3, 2, 1])).array() // [[7]]
 */
export function addbmm(x: TensorLike, a: TensorLike, b: TensorLike, options: Scales = {}): Tensor {
  const [left, right] = ranks('addbmm', [a, b], [3, 3])
  return plus('addbmm', x, left.matmul(right).sum(0), options)
}
/**
 * β·x + α·aᵢ·bᵢ of each matrix of a batch.
 * @example baddbmm(zeros([3, 1, 4]), ones([3, 1, 2]), ones([3, 2, 4])).shape // [3, 1, 4]
 */
export function baddbmm(x: TensorLike, a: TensorLike, b: TensorLike, options: Scales = {}): Tensor {
  const [left, right] = ranks('baddbmm', [a, b], [3, 3])
  return plus('baddbmm', x, left.matmul(right), options)
}
/**
 * Sums of products over the last axes of both; numbers multiply.
 * @example await inner([[1, 2], [3, 4]], [1, 10]).array() // [21, 43]
 */
export function inner(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = [asTensor(a), asTensor(b)]
  if (x.rank === 0 || y.rank === 0) return x.mul(y)
  if (x.shape.at(-1) !== y.shape.at(-1))
    throw new ShapeError(`inner: the last axes of ${shapeText(x.shape)} and ${shapeText(y.shape)} differ`)
  const n = x.shape.at(-1)!
  const product = x.reshape(-1, n).matmul(y.reshape(-1, n).T)
  return product.reshape([...x.shape.slice(0, -1), ...y.shape.slice(0, -1)])
}

/**
 * The Kronecker product: every element of a times all of b, block by block; axes of size 1 come in front of the shorter
 * shape.
 * @example await kron([1, 10], [1, 2]).array() // [1, 2, 10, 20]
 */
export function kron(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = [asTensor(a), asTensor(b)]
  const rank = Math.max(x.rank, y.rank)
  const full = (t: Tensor): number[] => [...Array.from({ length: rank - t.rank }, () => 1), ...t.shape]
  const [left, right] = [full(x), full(y)]
  const product = x.reshape(left.flatMap(d => [d, 1])).mul(y.reshape(right.flatMap(d => [1, d])))
  return product.reshape(left.map((d, i) => d * right[i]))
}
