/** @file Eigenvalues and eigenvectors of symmetric matrices. */
import { customGradient, where, type Tensor } from '../tensor/index.ts'
import { DiffeoError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import { orthogonalRows, polished } from './jacobi.ts'
import { checkSquare, identity, overBatch, scaled } from './support.ts'

/** The symmetric matrix whose lower (upper) triangle is that of a. */
const symmetric = (a: Tensor, upper: boolean): Tensor =>
  upper ? a.triu().add(a.triu(1).T) : a.tril().add(a.tril(-1).T)

export interface Eigen { eigenvalues: Tensor; eigenvectors: Tensor }

/**
 * A + shift·I has the eigenvectors of A, and with shift above every |λ| all its eigenvalues are positive: then rows of
 * a rotated one that are orthogonal are eigenvectors, each times its eigenvalue.
 */
function decompose(a: Tensor): Eigen {
  const n = a.shape[0]
  if (n === 0) return { eigenvalues: a.sum(1), eigenvectors: a }
  const unit = scaled(a).unit
  // λ⁴ is an eigenvalue of A⁴, and no greater than the root of its sum of squares
  const square = unit.matmul(unit)
  const shift = square.matmul(square).norm().pow(0.25).mul(1.25).maximum(2 ** -60)
  const rows = orthogonalRows(unit.add(identity(n, a).mul(shift)))
  const v = polished(rows.div(rows.norm(1, { keepdims: true })))
  // Rayleigh's quotients: their error is the square of the vectors'
  const found = v.mul(v.matmul(a)).sum(1)
  const order = found.argsort()
  return { eigenvalues: found.indexSelect(0, order), eigenvectors: v.indexSelect(0, order).T }
}

/** x/(wⱼ − wᵢ) off the diagonal, 0 on it and where the two are equal: there vectors have no derivative of their own. */
export function overGaps(x: Tensor, w: Tensor): Tensor {
  const gap = w.unsqueeze(0).sub(w.unsqueeze(1))
  const same = gap.eq(0)
  return where(same, 0, x.div(where(same, 1, gap)))
}

/** Ā is the symmetric part of V(diag λ̄ + VᵀV̄ / (λⱼ − λᵢ))Vᵀ (Giles 2008, §3.1). */
const differentiable = (a: Tensor, upper: boolean): Eigen => customGradient(
  (a: Tensor): Eigen => decompose(symmetric(a, upper)),
  (g, { inputs: [a], output: { eigenvalues: w, eigenvectors: v } }) => {
    const inner = overGaps(v.T.matmul(g.eigenvectors), w).add(identity(a.shape[0], a).mul(g.eigenvalues))
    return v.matmul(inner.add(inner.T).mul(0.5)).matmul(v.T)
  },
  { linear: true },
)(a)

export interface EighOptions { uplo?: 'L' | 'U' }
function isUpper(op: string, options: EighOptions): boolean {
  checkOptions(`linalg.${op}`, options, { uplo: true })
  const { uplo = 'L' } = options
  if (uplo !== 'L' && uplo !== 'U')
    throw new DiffeoError(`linalg.${op}: uplo is '${String(uplo)}', and must be 'L' or 'U'`)
  return uplo === 'U'
}

/**
 * A symmetric A `[..., n, n]` as `{ eigenvalues, eigenvectors }`: A = V diag(λ) Vᵀ, λ `[..., n]` ascending, V `[..., n,
 * n]` orthogonal, a vector a column. Of A the lower triangle is read (`uplo: 'U'`: the upper one).
 *
 * By one-sided Jacobi rotations, in a number of turns that the size gives. The sign of a vector is arbitrary; gradients
 * of what depends on it, or on single vectors of equal eigenvalues, are no better defined than the vectors: between
 * equal eigenvalues they are taken as 0.
 *
 * @throws ShapeError where A is not square
 * @example
 * const { eigenvalues } = linalg.eigh(tensor([[2, 1], [1, 2]]))
 * await eigenvalues.array() // [1.000, 3.000]
 */
export function eigh(A: Tensor, options: EighOptions = {}): Eigen {
  const upper = isUpper('eigh', options)
  checkSquare('eigh', A)
  return overBatch('eigh', a => differentiable(a, upper), [A])
}

/** The eigenvalues alone, ascending: `[..., n]`. Their gradient is well defined for equal ones too. */
export function eigvalsh(A: Tensor, options: EighOptions = {}): Tensor {
  const upper = isUpper('eigvalsh', options)
  checkSquare('eigvalsh', A)
  return overBatch('eigvalsh', a => differentiable(a, upper).eigenvalues, [A])
}
