/** @file Singular values and vectors. */
import { concat, customGradient, stopGradient, where, type Tensor } from '../tensor/index.ts'
import { checkOptions } from '../util/options.ts'
import { overGaps } from './eigh.ts'
import { orthogonalizer } from './jacobi.ts'
import { orthogonalize } from './qr.ts'
import { check, identity, overBatch, scaled } from './support.ts'

export interface SVD { U: Tensor; S: Tensor; Vh: Tensor }

const swapped = ({ U, S, Vh }: SVD): SVD => ({ U: Vh.T, S, Vh: U.T })

/** A = QR with VRᵀ = ΣUᵀ. */
function decompose(a: Tensor): SVD {
  const [m, n] = a.shape
  if (m < n) return swapped(decompose(a.T))
  if (n === 0) return { U: a, S: a.sum(0), Vh: identity(0, a) }
  const { Q, R } = orthogonalize(a, false)
  const { unit, scale } = scaled(R)
  const V = orthogonalizer(unit.T)
  const rows = V.matmul(unit.T)
  const order = rows.square().sum(1).argsort(0, { descending: true })
  // rows that are orthogonal and in order: R of their own factors is diagonal, and Q is orthogonal where one is 0 too
  const { Q: u, R: s } = orthogonalize(rows.indexSelect(0, order).T, false)
  const diagonal = s.diagonal()
  const sign = where(diagonal.lt(0), -1, 1).cast(a.dtype)
  return { U: Q.matmul(u).mul(sign), S: diagonal.abs().mul(scale), Vh: V.indexSelect(0, order) }
}

/**
 * With skew(X) = X − Xᵀ and Eᵢⱼ = sⱼ² − sᵢ²: Ā = U((skew(UᵀŪ)/E)S + S(skew(VᵀV̄)/E) + diag S̄)Vᵀ + (I − UUᵀ)ŪS⁻¹Vᵀ
 * + US⁻¹V̄ᵀ(I − VVᵀ), the last two where U (V) is not square (Townsend, "Differentiating the singular value
 * decomposition", 2016; PyTorch's svd_backward).
 */
function gradient(g: SVD, { U, S, Vh }: SVD): Tensor {
  const [m, n] = [U.shape[0], Vh.shape[1]]
  const k = S.shape[0]
  const squares = S.square()
  const skew = (x: Tensor): Tensor => overGaps(x.sub(x.T), squares)
  const ofU = skew(U.T.matmul(g.U)).mul(S)
  const ofV = S.unsqueeze(1).mul(skew(Vh.matmul(g.Vh.T)))
  const core = U.matmul(ofU.add(ofV).add(identity(k, S).mul(g.S)))
  const inverse = where(S.eq(0), 0, where(S.eq(0), 1, S).reciprocal())
  const beside = (x: Tensor, q: Tensor): Tensor => x.sub(q.matmul(q.T.matmul(x)))
  const left = m > k ? core.add(beside(g.U, U).mul(inverse)) : core
  const all = left.matmul(Vh)
  return n > k ? all.add(U.mul(inverse).matmul(beside(g.Vh.T, Vh.T).T)) : all
}

/** The thin factors of a matrix. */
export const thin = (a: Tensor): SVD => customGradient(
  decompose, (g, { output }) => gradient(g, output), { linear: true },
)(a)

/** The columns of q [m, k] and m − k more that complete them to an orthogonal matrix: those have no gradient. */
function completed(q: Tensor): Tensor {
  const [m, k] = q.shape
  if (m === k) return q
  return concat([q, orthogonalize(stopGradient(q), true).Q.split([k, m - k], 1)[1]], 1)
}

export interface SVDOptions { fullMatrices?: boolean }

/**
 * A `[..., m, n]` as `{ U, S, Vh }` with A = U diag(S) Vh; with k = min(m, n) S is `[..., k]`, descending, U `[..., m,
 * m]` and Vh `[..., n, n]`, or `[..., m, k]` and `[..., k, n]` with `fullMatrices: false`.
 *
 * By one-sided Jacobi rotations of the triangular factor, in a number of turns that the size gives: small singular
 * values are found to high relative accuracy. Signs of vectors are arbitrary. As in PyTorch gradients through U and Vh
 * want singular values that differ (between equal ones 0 is taken) and, of a matrix that is not square, are not 0; the
 * columns that complete U or Vh have none.
 *
 * @example
 * const { U, S, Vh } = linalg.svd(tensor([[3, 0], [0, -2], [0, 0]]), { fullMatrices: false })
 * await S.array() // [3, 2]
 * await U.mul(S).matmul(Vh).array() // [[3, 0], [0, -2], [0, 0]]
 */
export function svd(A: Tensor, options: SVDOptions = {}): SVD {
  checkOptions('linalg.svd', options, { fullMatrices: true })
  check('svd', A)
  return overBatch<SVD>('svd', a => {
    const { U, S, Vh } = thin(a)
    return options.fullMatrices === false ? { U, S, Vh } : { U: completed(U), S, Vh: completed(Vh.T).T }
  }, [A])
}

/** The singular values alone, descending: `[..., min(m, n)]`. Their gradient is well defined for equal ones too. */
export function svdvals(A: Tensor): Tensor {
  check('svdvals', A)
  return overBatch('svdvals', a => thin(a).S, [A])
}
