/** @file Systems, inverses and determinants, by A = PLU. */
import { concat, customGradient, onesLike, where, type Tensor } from '../tensor/index.ts'
import { ShapeError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import { factorize, factorsOf, inOrder, orderOf, outOfOrder, solveBy, type Elimination, type Pivoted } from './lu.ts'
import { alike, check, checkSquare, identity, overBatch, range, shapeText } from './support.ts'
import { solveTriangle, triangularSolve } from './triangular.ts'

/** Whether B holds vectors: it has one axis, or one less than A and A's shape without the last, as PyTorch says. */
const isVectors = (A: Tensor, B: Tensor): boolean =>
  B.rank === 1 || (B.rank === A.rank - 1 && B.shape.join() === A.shape.slice(0, -1).join())

function checkFits(op: string, A: Tensor, B: Tensor, size: number | undefined): void {
  if (size !== A.shape.at(-1))
    throw new ShapeError(`linalg.${op}: B of shape ${shapeText(B)} does not fit A of shape ${shapeText(A)}`)
}

/**
 * X with AX = B: A `[..., n, n]`, B `[..., n, k]`, or vectors `[..., n]` (`[n]`, or A's shape without its last axis).
 * With `left: false` X with XA = B. Leading axes broadcast.
 *
 * By A = PLU with partial pivoting. A singular A gives ∞ or NaN (PyTorch throws: here values are not read).
 *
 * @throws ShapeError where A is not square or B does not fit; DTypeError unless both are float32 or both float64
 * @example
 * const x = linalg.solve(tensor([[2, 1], [1, 3]]), tensor([3, 5]))
 * await x.array() // [0.8, 1.4]
 */
export function solve(A: Tensor, B: Tensor, options: { left?: boolean } = {}): Tensor {
  checkOptions('linalg.solve', options, { left: true })
  checkSquare('solve', A)
  check('solve', B, 1, A)
  alike('solve', A, B)
  const { left = true } = options
  const single = isVectors(A, B)
  if (single && !left) throw new ShapeError('linalg.solve: with left: false B is a matrix, not vectors')
  const b = single ? B.unsqueeze(-1) : B
  checkFits('solve', A, B, b.shape.at(left ? -2 : -1))
  const one = (a: Tensor, b: Tensor): Tensor =>
    left ? solveBy(factorize(a), a, b) : solveBy(factorize(a), a, b.T, true).T
  const x = overBatch<Tensor>('solve', one, [A, b])
  return single ? x.squeeze(-1) : x
}

/** A⁻¹ of a matrix, without checks. */
export const inverse = (a: Tensor): Tensor => solveBy(factorize(a), a, identity(a.shape[0], a))

/**
 * A⁻¹ of `[..., n, n]`. `solve(A, B)` is more accurate than `inv(A).matmul(B)`. A singular A gives ∞ or NaN.
 *
 * @throws ShapeError where A is not square
 * @example await linalg.inv(tensor([[2, 0], [0, 4]])).array() // [[0.5, 0], [0, 0.25]]
 */
export function inv(A: Tensor): Tensor {
  checkSquare('inv', A)
  return overBatch('inv', inverse, [A])
}

/** int32: 0 where every pivot is a number but 0, else the first (from 1) that is not. */
function failed(diagonal: Tensor): Tensor {
  const bad = diagonal.eq(0).or(diagonal.isFinite().not())
  return where(bad.any(-1), bad.argmax(-1).add(1), 0).cast('int32')
}

/**
 * `solve` as `{ result, info }`: `info`, int32 `[...]`, is 0 where A is regular, else the first pivot (from 1) that is
 * 0.
 */
export function solveEx(A: Tensor, B: Tensor, options: { left?: boolean } = {}): { result: Tensor; info: Tensor } {
  return { result: solve(A, B, options), info: overBatch('solveEx', a => failed(factorize(a).LU.diagonal()), [A]) }
}

/** `inv` as `{ inverse, info }`, `info` being as in `solveEx`. */
export function invEx(A: Tensor): { inverse: Tensor; info: Tensor } {
  return { inverse: inv(A), info: overBatch('invEx', a => failed(factorize(a).LU.diagonal()), [A]) }
}

/** −1 for each row that was exchanged with another. */
const signOf = ({ LU, pivots }: Pivoted): Tensor =>
  where(pivots.eq(range(pivots.shape[0], LU)), 1, -1).cast(LU.dtype).prod()

/** Π of the elements before each: 1, u₀, u₀u₁, … along the last axis. */
const before = (u: Tensor): Tensor => {
  const [all] = u.split([u.shape.at(-1)! - 1, 1], -1)
  return concat([onesLike(u.split([1, u.shape.at(-1)! - 1], -1)[0]), all], -1).cumprod(-1)
}

/**
 * The cofactors adj(A)ᵀ from PA = LU, without a division by a pivot: adj U = diag(Πₖ₍ₖ﹤ᵢ₎uₖ)·(I + T)⁻¹·diag(Πₖ₍ₖ﹥ⱼ₎uₖ)
 * with Tᵢₖ = Uᵢₖ · Π of the pivots between i and k (back substitution for U⁻¹, multiplied by them), and adj A = ±adj
 * U·L⁻¹P.
 */
function cofactors({ LU, order }: Elimination, sign: Tensor): Tensor {
  const n = LU.shape[0]
  const u = LU.diagonal()
  const places = range(n, LU)
  const between = before(where(places.gt(places.unsqueeze(1)), u, 1))
  const inverse = triangularSolve(LU.mul(between).triu(1), identity(n, LU), { upper: true, unit: true })
  const adjugate = before(u).unsqueeze(1).mul(inverse).mul(before(u.flip(0)).flip(0))
  return outOfOrder(triangularSolve(LU.T, adjugate.T, { upper: true, unit: true }), order).mul(sign)
}

/**
 * sign · Π diag U, and d det A = det A · A⁻ᵀ (Giles 2008, §2.2.4); where a pivot is 0, the cofactors that this tends
 * to.
 */
function determinantBy(a: Tensor, { LU, order }: Elimination, sign: Tensor): Tensor {
  return customGradient(
    (_: Tensor, LU: Tensor, __: Tensor, sign: Tensor) => sign.mul(LU.diagonal().prod()),
    (g, { inputs: [a, LU, order, sign] }) => {
      const isSingular = LU.diagonal().reciprocal().isFinite().not().any()
      const inverse = solveBy({ LU, order }, a, identity(a.shape[0], a), true)
      const regular = inverse.mul(determinantBy(a, { LU, order }, sign))
      return [where(isSingular, cofactors({ LU, order }, sign), regular).mul(g), null, null, null]
    },
    { linear: true },
  )(a, LU, order, sign)
}

/**
 * The determinant of `[..., n, n]`: `[...]`. `slogdet` does not overflow. The gradient, the cofactors, is exact for a
 * singular A too (0 where its rank is below n − 1); second derivatives of a singular one are NaN.
 *
 * @throws ShapeError where A is not square
 * @example await linalg.det(tensor([[1, 2], [3, 4]])).item() // -2.000
 */
export function det(A: Tensor): Tensor {
  checkSquare('det', A)
  return overBatch('det', a => {
    const f = factorize(a)
    return determinantBy(a, f, signOf(f))
  }, [A])
}

/**
 * The determinant as `{ sign, logabsdet }`, each `[...]`: sign · e^logabsdet. Of a singular A 0 and −∞.
 *
 * @throws ShapeError where A is not square
 * @example
 * const { sign, logabsdet } = linalg.slogdet(tensor([[0, 2], [3, 0]]))
 * [await sign.item(), await logabsdet.exp().item()] // [-1, 6]
 */
export function slogdet(A: Tensor): { sign: Tensor; logabsdet: Tensor } {
  checkSquare('slogdet', A)
  const logOf = customGradient(
    (_: Tensor, LU: Tensor, __: Tensor) => LU.diagonal().abs().log().sum(),
    (g, { inputs: [a, LU, order] }) => [solveBy({ LU, order }, a, identity(a.shape[0], a), true).mul(g), null, null],
    { linear: true },
  )
  return overBatch('slogdet', a => {
    const f = factorize(a)
    return { sign: signOf(f).mul(f.LU.diagonal().sign().prod()), logabsdet: logOf(a, f.LU, f.order) }
  }, [A])
}

/**
 * log det A of `[..., n, n]`: `[...]`, NaN where the determinant is negative and −∞ where it is 0.
 *
 * @throws ShapeError where A is not square
 * @example await linalg.logdet(tensor([[2, 0], [0, 3]])).exp().item() // 6.000
 */
export function logdet(A: Tensor): Tensor {
  checkSquare('logdet', A)
  const { sign, logabsdet } = slogdet(A)
  return where(sign.lt(0), NaN, logabsdet)
}

/**
 * A `[..., m, n]` as `{ P, L, U }` with A = PLU and k = min(m, n): P `[..., m, m]` a permutation, L `[..., m, k]` lower
 * triangular with ones on its diagonal, U `[..., k, n]` upper triangular. Pivots are those of LAPACK.
 *
 * @example
 * const { P, L, U } = linalg.lu(tensor([[1, 2], [3, 4]]))
 * await P.matmul(L).matmul(U).array() // [[1, 2], [3, 4]]
 */
export function lu(A: Tensor): { P: Tensor; L: Tensor; U: Tensor } {
  check('lu', A)
  return overBatch('lu', a => {
    const f = factorize(a)
    // the row of A at place i is order[i]
    const P = f.order.unsqueeze(0).eq(range(f.order.size, a).unsqueeze(1)).cast(a.dtype)
    return { P, ...factorsOf(a, f) }
  }, [A])
}

/**
 * The same factors in one, for `luSolve`: `{ LU, pivots }`. L's ones are not written; row i was exchanged with row
 * `pivots[i]` (int32 `[..., min(m, n)]`, from 1, as LAPACK counts).
 *
 * @example await linalg.luSolve(linalg.luFactor(tensor([[2, 0], [0, 4]])), tensor([[2], [2]])).array() // [[1], [0.5]]
 */
export function luFactor(A: Tensor): { LU: Tensor; pivots: Tensor } {
  check('luFactor', A)
  return overBatch('luFactor', a => {
    const f = factorize(a)
    const { L, U } = factorsOf(a, f)
    const [m, n] = a.shape
    const k = Math.min(m, n)
    return { LU: L.tril(-1).pad([[0, 0], [0, n - k]]).add(U.pad([[0, m - k], [0, 0]])), pivots: f.pivots.add(1) }
  }, [A])
}

/** `luFactor` as `{ LU, pivots, info }`, `info` being as in `solveEx`. */
export function luFactorEx(A: Tensor): { LU: Tensor; pivots: Tensor; info: Tensor } {
  const factors = luFactor(A)
  return { ...factors, info: failed(factors.LU.diagonal(0, -2, -1)) }
}

/**
 * X with AX = B (with `left: false` XA = B) from what `luFactor(A)` gave; with `adjoint` for Aᵀ.
 *
 * @throws ShapeError where A is not square or B does not fit
 */
export function luSolve(
  { LU, pivots }: { LU: Tensor; pivots: Tensor }, B: Tensor, options: { left?: boolean; adjoint?: boolean } = {},
): Tensor {
  checkOptions('linalg.luSolve', options, { left: true, adjoint: true })
  checkSquare('luSolve', LU)
  check('luSolve', B, 2, LU)
  alike('luSolve', LU, B)
  const { left = true, adjoint = false } = options
  checkFits('luSolve', LU, B, B.shape.at(left ? -2 : -1))
  const one = (lu: Tensor, pivots: Tensor, b: Tensor): Tensor => {
    const order = orderOf(pivots)
    const right = left ? b : b.T
    if (adjoint === left) {
      const y = solveTriangle(lu.T, right, { upper: false, unit: false })
      const x = inOrder(solveTriangle(lu.T, y, { upper: true, unit: true }), order.argsort())
      return left ? x : x.T
    }
    const y = solveTriangle(lu, inOrder(right, order), { upper: false, unit: true })
    const x = solveTriangle(lu, y, { upper: true, unit: false })
    return left ? x : x.T
  }
  return overBatch('luSolve', one, [LU, pivots, B], [2, 1, 2])
}
