/** @file Norms, and what is measured by them or by singular values. */
import { customGradient, where, type Tensor } from '../tensor/index.ts'
import { DiffeoError, ShapeError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import { alike, check, checkSquare, overBatch, shapeText } from './support.ts'
import { eigh, eigvalsh } from './eigh.ts'
import { svdvals, thin } from './svd.ts'
import { inv } from './solve.ts'

export type Axes = number | readonly number[]
export interface VectorNormOptions { ord?: number; axes?: Axes; keepdims?: boolean }

/**
 * (Σ|x|ᵖ)^(1/p) with p = `ord` (2), along `axes` (all): ∞ is the greatest |x|, −∞ the least, 0 the count of what is not
 * 0. Gradient 0 at 0.
 *
 * @example await linalg.vectorNorm(tensor([3, 4])).item() // 5
 */
export function vectorNorm(x: Tensor, options: VectorNormOptions = {}): Tensor {
  checkOptions('linalg.vectorNorm', options, { ord: true, axes: true, keepdims: true })
  check('vectorNorm', x, 0)
  const { ord = 2, axes, keepdims = false } = options
  return x.norm(axes, { p: ord, keepdims })
}

export type MatrixOrder = 'fro' | 'nuc' | 1 | -1 | 2 | -2 | number
export interface MatrixNormOptions { ord?: MatrixOrder; axes?: readonly [number, number]; keepdims?: boolean }

const orders = "'fro', 'nuc', ∞, −∞, 1, −1, 2 or −2"

/**
 * A norm of matrices `[..., m, n]`, or of those that lie on two other `axes`: `[...]`. 'fro' (the default) is the root
 * of the sum of squares, 'nuc' the sum of singular values, ∞ (−∞) the greatest (least) sum of a row's |x|, 1 (−1) of a
 * column's, 2 (−2) the greatest (least) singular value.
 *
 * @throws DiffeoError where there is no such norm
 * @example await linalg.matrixNorm(tensor([[1, -2], [3, 4]]), { ord: Infinity }).item() // 7
 */
export function matrixNorm(A: Tensor, options: MatrixNormOptions = {}): Tensor {
  checkOptions('linalg.matrixNorm', options, { ord: true, axes: true, keepdims: true })
  check('matrixNorm', A)
  const { ord = 'fro', axes = [-2, -1], keepdims = false } = options
  const [row, column] = axes.map(i => (i < 0 ? i + A.rank : i))
  if (axes.length !== 2 || row === column)
    throw new ShapeError(`linalg.matrixNorm: axes [${axes.join(', ')}] are not two different ones`)
  const rest = A.shape.map((_, i) => i).filter(i => i !== row && i !== column)
  const out = ofLast(A.permute([...rest, row, column]), ord)
  return keepdims ? out.reshape(A.shape.map((d, i) => (i === row || i === column ? 1 : d))) : out
}

function ofLast(a: Tensor, ord: MatrixOrder): Tensor {
  switch (ord) {
    case 'fro': return a.norm([-2, -1])
    case 'nuc': return svdvals(a).sum(-1)
    case Infinity: return a.abs().sum(-1).amax(-1)
    case -Infinity: return a.abs().sum(-1).amin(-1)
    case 1: return a.abs().sum(-2).amax(-1)
    case -1: return a.abs().sum(-2).amin(-1)
    case 2: return svdvals(a).amax(-1)
    case -2: return svdvals(a).amin(-1)
    default: throw new DiffeoError(`linalg.matrixNorm: there is no norm ${String(ord)}: use ${orders}`)
  }
}

export interface NormOptions { ord?: MatrixOrder; axes?: Axes; keepdims?: boolean }
/**
 * `vectorNorm` or `matrixNorm`, as PyTorch chooses: without `ord` the 2-norm of all elements along `axes` (all); with
 * it the norm of a vector where one axis is named or there is one, of a matrix where two are.
 */
export function norm(x: Tensor, options: NormOptions = {}): Tensor {
  checkOptions('linalg.norm', options, { ord: true, axes: true, keepdims: true })
  const { ord, axes, keepdims } = options
  if (ord === undefined) return vectorNorm(x, { axes, keepdims })
  const count = axes === undefined ? x.rank : typeof axes === 'number' ? 1 : axes.length
  if (count === 1 && typeof ord === 'number') return vectorNorm(x, { ord, axes, keepdims })
  if (count !== 2)
    throw new ShapeError(`linalg.norm: with ord ${ord} takes one axis or two, got ${count}: say which with axes`)
  return matrixNorm(x, { ord, keepdims, ...(axes === undefined ? {} : { axes: axes as readonly [number, number] }) })
}

/**
 * The condition number `[...]` of `[..., m, n]`: the greatest singular value over the least (`ord: -2`: the inverse of
 * that), or with another norm of a square matrix ‖A‖·‖A⁻¹‖. ∞ where A is singular.
 *
 * @example await linalg.cond(tensor([[2, 0], [0, 4]])).item() // 2
 */
export function cond(A: Tensor, options: { ord?: MatrixOrder } = {}): Tensor {
  checkOptions('linalg.cond', options, { ord: true })
  const { ord = 2 } = options
  if (ord === 2 || ord === -2) {
    const s = svdvals(A)
    return ord === 2 ? s.amax(-1).div(s.amin(-1)) : s.amin(-1).div(s.amax(-1))
  }
  checkSquare('cond', A)
  const product = matrixNorm(A, { ord }).mul(matrixNorm(inv(A), { ord }))
  return where(product.isNaN(), Infinity, product)
}

export interface Tolerances { atol?: number; rtol?: number; hermitian?: boolean }

/**
 * What counts as 0 of singular values [..., k]: max(atol, rtol · the greatest), rtol being ε·max(m, n) unless given.
 */
function cutoff(s: Tensor, A: Tensor, { atol = 0, rtol }: Tolerances): Tensor {
  const epsilon = A.dtype === 'float64' ? 2 ** -52 : 2 ** -23
  const relative = rtol ?? (atol > 0 ? 0 : epsilon * Math.max(...A.shape.slice(-2)))
  return s.amax(-1, { keepdims: true }).mul(relative).maximum(atol)
}

const toleranceNames = { atol: true, rtol: true, hermitian: true } as const
const isEmpty = (A: Tensor): boolean => Math.min(...A.shape.slice(-2)) === 0

/**
 * How many singular values are greater than max(atol, rtol·s₁): int32 `[...]`. rtol is ε·max(m, n) unless one of the
 * two is given; `hermitian: true` takes |λ| of a symmetric A.
 *
 * @example await linalg.matrixRank(tensor([[1, 2], [2, 4]])).item() // 1
 */
export function matrixRank(A: Tensor, options: Tolerances = {}): Tensor {
  checkOptions('linalg.matrixRank', options, toleranceNames)
  check('matrixRank', A)
  if (isEmpty(A)) return A.sum([-2, -1]).cast('int32')
  const s = options.hermitian ? eigvalsh(A).abs() : svdvals(A)
  return s.gt(cutoff(s, A, options)).cast('int32').sum(-1)
}

/**
 * With P = A⁺: Ā = −PᵀP̄Pᵀ + (I − AP)P̄ᵀPPᵀ + PᵀPP̄ᵀ(I − PA) (Golub and Pereyra, "The differentiation of
 * pseudo-inverses and nonlinear least squares problems whose variables separate", 1973).
 */
const pseudoinverse = (a: Tensor, from: (a: Tensor) => Tensor): Tensor => customGradient(
  from,
  (g, { inputs: [a], output: p }) => {
    const [pt, gt] = [p.T, g.T]
    const inner = pt.matmul(g).matmul(pt).neg()
    const left = gt.sub(a.matmul(p.matmul(gt))).matmul(p).matmul(pt)
    const beyond = pt.matmul(p).matmul(gt.sub(gt.matmul(p).matmul(a)))
    return inner.add(left).add(beyond)
  },
  { linear: true },
)(a)

/**
 * The Moore–Penrose inverse `[..., n, m]` of `[..., m, n]`: singular values up to max(atol, rtol·s₁) are taken as 0.
 * rtol is ε·max(m, n) unless one of the two is given; `hermitian: true` takes the eigenvalues of a symmetric A.
 *
 * @example await linalg.pinv(tensor([[2, 0], [0, 0]])).array() // [[0.5, 0], [0, 0]]
 */
export function pinv(A: Tensor, options: Tolerances = {}): Tensor {
  checkOptions('linalg.pinv', options, toleranceNames)
  check('pinv', A)
  if (isEmpty(A)) return A.transpose(-1, -2)
  if (options.hermitian) checkSquare('pinv', A)
  const inverse = (s: Tensor, a: Tensor): Tensor => {
    const small = s.abs().le(cutoff(s.abs(), a, options))
    return where(small, 0, where(small, 1, s).reciprocal())
  }
  const from = (a: Tensor): Tensor => {
    if (options.hermitian) {
      const { eigenvalues, eigenvectors: v } = eigh(a)
      return v.mul(inverse(eigenvalues, a)).matmul(v.T)
    }
    const { U, S, Vh } = thin(a)
    return Vh.T.mul(inverse(S, a)).matmul(U.T)
  }
  return overBatch('pinv', a => pseudoinverse(a, from), [A])
}

export interface LeastSquares { solution: Tensor; residuals: Tensor; rank: Tensor; singularValues: Tensor }

/**
 * X `[..., n, k]` with the least ‖AX − B‖, and of those the least ‖X‖: A `[..., m, n]`, B `[..., m, k]`. Singular
 * values up to `rcond`·s₁ are taken as 0 (ε·max(m, n)).
 *
 * `residuals` `[..., k]` are the sums of squares of AX − B, `rank` int32 `[...]`, `singularValues` A's. (PyTorch leaves
 * residuals empty unless m > n and the rank is full; sizes here do not depend on data.)
 *
 * @throws ShapeError where B does not fit
 * @example
 * const { solution } = linalg.lstsq(tensor([[1, 0], [1, 1], [1, 2]]), tensor([[1], [3], [5]]))
 * await solution.array() // [[1.000], [2.000]]
 */
export function lstsq(A: Tensor, B: Tensor, options: { rcond?: number } = {}): LeastSquares {
  checkOptions('linalg.lstsq', options, { rcond: true })
  check('lstsq', A)
  check('lstsq', B, 2, A)
  alike('lstsq', A, B)
  if (A.shape.at(-2) !== B.shape.at(-2))
    throw new ShapeError(`linalg.lstsq: B of shape ${shapeText(B)} does not fit A of shape ${shapeText(A)}`)
  const { rcond: rtol } = options
  const solution = pinv(A, { rtol }).matmul(B)
  return {
    solution, residuals: A.matmul(solution).sub(B).square().sum(-2), rank: matrixRank(A, { rtol }),
    singularValues: svdvals(A),
  }
}
