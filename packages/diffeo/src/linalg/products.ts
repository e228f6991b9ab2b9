/** @file Products, and what is written by them. */
import { arange, stack, type Tensor } from '../tensor/index.ts'
import { ShapeError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import { solve } from './solve.ts'
import { alike, check, checkSquare, shapeText } from './support.ts'

/** The product of matrices, as `a.matmul(b)`. */
export const matmul = (A: Tensor, B: Tensor): Tensor => A.matmul(B)

/** Diagonals of the last two axes (or of `axis1` and `axis2`), `offset` above the main one: as `x.diagonal`. */
export function diagonal(A: Tensor, options: { offset?: number; axis1?: number; axis2?: number } = {}): Tensor {
  checkOptions('linalg.diagonal', options, { offset: true, axis1: true, axis2: true })
  const { offset = 0, axis1 = -2, axis2 = -1 } = options
  return A.diagonal(offset, axis1, axis2)
}

/**
 * The sums of products of two vectors along the axis, the others broadcasting.
 *
 * @example await linalg.vecdot(tensor([[1, 2], [3, 4]]), tensor([1, 10])).array() // [21, 43]
 */
export function vecdot(x: Tensor, y: Tensor, options: { axis?: number } = {}): Tensor {
  checkOptions('linalg.vecdot', options, { axis: true })
  return x.mul(y).sum(options.axis ?? -1)
}

/**
 * The vector product of vectors of 3 along the axis (the last), the others broadcasting.
 *
 * @throws ShapeError where the axis is not 3 long
 * @example await linalg.cross(tensor([1, 0, 0]), tensor([0, 1, 0])).array() // [0, 0, 1]
 */
export function cross(x: Tensor, y: Tensor, options: { axis?: number } = {}): Tensor {
  checkOptions('linalg.cross', options, { axis: true })
  const { axis = -1 } = options
  for (const t of [x, y]) {
    if (t.shape.at(axis) !== 3)
      throw new ShapeError(`linalg.cross: axis ${axis} of shape ${shapeText(t)} must be 3 long`)
  }
  const [x1, x2, x3] = x.unbind(axis)
  const [y1, y2, y3] = y.unbind(axis)
  const minor = (a: Tensor, b: Tensor, c: Tensor, d: Tensor): Tensor => a.mul(d).sub(b.mul(c))
  const parts = [minor(x2, x3, y2, y3), minor(x3, x1, y3, y1), minor(x1, x2, y1, y2)]
  return stack(parts, axis < 0 ? axis : axis + parts[0].rank + 1 - Math.max(x.rank, y.rank))
}

/**
 * The matrix [..., n, N] of the powers 0, 1, … N − 1 (N = n unless given) of each number of `[..., n]`.
 *
 * @example await linalg.vander(tensor([1, 2, 3])).array() // [[1, 1, 1], [1, 2, 4], [1, 3, 9]]
 */
export function vander(x: Tensor, options: { N?: number } = {}): Tensor {
  checkOptions('linalg.vander', options, { N: true })
  if (x.rank === 0) throw new ShapeError('linalg.vander: takes vectors, got a 0-d tensor')
  const count = options.N ?? x.shape.at(-1)!
  if (!Number.isInteger(count) || count < 1) throw new ShapeError(`linalg.vander: N is ${count}, and must be from 1 up`)
  return x.unsqueeze(-1).pow(arange(count, { dtype: x.dtype, device: x.device }))
}

/**
 * The product of two or more matrices in the order that takes the fewest multiplications. The first and the last may be
 * vectors.
 *
 * @throws ShapeError below two, or where they do not fit
 * @example linalg.multiDot([ones([2, 9]), ones([9, 9]), ones([9, 3])]).shape // [2, 3]
 */
export function multiDot(tensors: readonly Tensor[]): Tensor {
  if (!Array.isArray(tensors) || tensors.length < 2)
    throw new ShapeError('linalg.multiDot: takes an array of two tensors or more')
  const last = tensors.length - 1
  const row = tensors[0].rank === 1
  const column = tensors[last].rank === 1
  const list = tensors.map((t, i) => {
    const whole = i === 0 && row ? t.unsqueeze(0) : i === last && column ? t.unsqueeze(1) : t
    if (whole.rank !== 2) throw new ShapeError(`linalg.multiDot: tensor ${i} of shape ${shapeText(t)} is no matrix`)
    return whole
  })
  list.slice(1).forEach((t, i) => {
    if (list[i].shape[1] !== t.shape[0]) {
      throw new ShapeError(
        `linalg.multiDot: tensor ${i} of shape ${shapeText(tensors[i])} does not fit ${shapeText(tensors[i + 1])}`,
      )
    }
  })
  const out = chain(list)
  const shape = [...(row ? [] : [out.shape[0]]), ...(column ? [] : [out.shape[1]])]
  return out.reshape(shape)
}

/** The matrix chain in its best order (Cormen et al., Introduction to Algorithms, §14.2). */
function chain(list: readonly Tensor[]): Tensor {
  const sizes = [list[0].shape[0], ...list.map(t => t.shape[1])]
  const best: { cost: number; cut: number }[][] = list.map(() => [])
  list.forEach((_, i) => { best[i][i] = { cost: 0, cut: i } })
  for (let length = 2; length <= list.length; length++) {
    for (let i = 0; i + length <= list.length; i++) {
      const j = i + length - 1
      best[i][j] = { cost: Infinity, cut: i }
      for (let cut = i; cut < j; cut++) {
        const cost = best[i][cut].cost + best[cut + 1][j].cost + sizes[i] * sizes[cut + 1] * sizes[j + 1]
        if (cost < best[i][j].cost) best[i][j] = { cost, cut }
      }
    }
  }
  const product = (i: number, j: number): Tensor =>
    i === j ? list[i] : product(i, best[i][j].cut).matmul(product(best[i][j].cut + 1, j))
  return product(0, list.length - 1)
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((p, d) => p * d, 1)

/**
 * B⁻¹ of tensors under `tensordot`: A, whose first `ind` axes hold as many elements as the others, as a square matrix.
 *
 * @throws ShapeError where they do not
 * @example linalg.tensorinv(eye(24).reshape(4, 6, 8, 3)).shape // [8, 3, 4, 6]
 */
export function tensorinv(A: Tensor, options: { ind?: number } = {}): Tensor {
  checkOptions('linalg.tensorinv', options, { ind: true })
  check('tensorinv', A)
  const { ind = 2 } = options
  const [front, back] = [A.shape.slice(0, ind), A.shape.slice(ind)]
  if (ind < 1 || sizeOf(front) !== sizeOf(back))
    throw new ShapeError(`linalg.tensorinv: the first ${ind} axes of ${shapeText(A)} do not hold as much as the others`)
  const n = sizeOf(front)
  const a = A.reshape(n, n)
  checkSquare('tensorinv', a)
  const identity = arange(n, { dtype: 'int32', device: A.device })
  return solve(a, identity.unsqueeze(0).eq(identity.unsqueeze(1)).cast(A.dtype)).reshape([...back, ...front])
}

/**
 * X with tensordot(A, X) = B: A has B's axes, then X's, and as many elements on both sides; `axes` of A are moved to
 * its end first.
 *
 * @throws ShapeError where A is not square in this sense
 */
export function tensorsolve(A: Tensor, B: Tensor, options: { axes?: readonly number[] } = {}): Tensor {
  checkOptions('linalg.tensorsolve', options, { axes: true })
  check('tensorsolve', A, 1)
  check('tensorsolve', B, 0, A)
  alike('tensorsolve', A, B)
  const last = (options.axes ?? []).map(i => (i < 0 ? i + A.rank : i))
  const first = A.shape.map((_, i) => i).filter(i => !last.includes(i))
  const a = A.permute([...first, ...last])
  const shape = a.shape.slice(B.rank)
  if (sizeOf(shape) !== B.size)
    throw new ShapeError(`linalg.tensorsolve: A of shape ${shapeText(A)} is not square for B of shape ${shapeText(B)}`)
  return solve(a.reshape(B.size, B.size), B.reshape(B.size)).reshape(shape)
}
