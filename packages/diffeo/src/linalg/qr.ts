/** @file A = QR by Householder's reflections. */
import { concat, customGradient, scan, stopGradient, where, type Tensor } from '../tensor/index.ts'
import { DiffeoError, ShapeError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import {
  check,
  identity,
  outer,
  overBatch,
  overBlocks,
  range,
  rowOf,
  scaled,
  shapeText,
  type Block,
} from './support.ts'
import { solveTriangle, substitute } from './triangular.ts'

/** H₁H₂… = I − VTVᵀ of reflections Hᵢ = I − τᵢvᵢvᵢᵀ, the rows of `v`. */
interface Reflections { readonly v: Tensor; readonly tau: Tensor }

/**
 * T of Schreiber and Van Loan's form: (D⁻¹ + the part of VᵀV above its diagonal)⁻¹ with D = diag τ (Joffrain et al.,
 * "Accumulating Householder transformations, revisited", 2006), written so that τ may be 0.
 */
function triangleOf({ v, tau }: Reflections): Tensor {
  const width = v.shape[0]
  const diagonal = identity(width, v).mul(tau)
  const product = outer(tau, tau.mul(0).add(1)).mul(v.matmul(v.T)).triu(1)
  return substitute(product.flip([0, 1]), diagonal.flip([0, 1]), true).flip([0, 1])
}

/**
 * The reflection that takes x (above k: as it is) to β at k and 0 below, as LAPACK's larfg: v is 1 at k, τ = (β − α)/β,
 * and it is none (τ = 0) where x is 0 below k already.
 */
function reflection(x: Tensor, k: Tensor): { v: Tensor; tau: Tensor; taken: Tensor } {
  const places = range(x.shape[0], x)
  const below = where(places.gt(k), x, 0)
  const alpha = rowOf(x, k)
  const rest = below.square().sum()
  const none = rest.eq(0)
  const norm = alpha.square().add(rest).sqrt()
  const beta = where(none, alpha, where(alpha.lt(0), norm, norm.neg()))
  const safe = where(none, 1, beta)
  const v = where(places.eq(k), 1, below.div(where(none, 1, alpha.sub(beta))))
  const tau = where(none, 0, safe.sub(alpha).div(safe))
  return { v, tau, taken: where(places.lt(k), x, where(places.eq(k), beta, 0)) }
}

/** Reflections for columns [from, from + width) of A, whose transpose is `at`; out: v, τ and the columns of R. */
function reflectBlock(at: Tensor, from: Tensor, width: number): Block<Tensor> {
  const columns = from.add(range(width, at))
  const turn = (panel: Tensor, [c, k]: readonly Tensor[]): [Tensor, Tensor[]] => {
    const { v, tau, taken } = reflection(rowOf(panel, c), k)
    const later = where(range(width, at).gt(c), panel.matmul(v), 0)
    return [panel.sub(outer(later.mul(tau), v)), [v, tau, taken]]
  }
  const [, [v, tau, taken]] = scan(turn, at.indexSelect(0, columns), [range(width, at), columns])
  const change = at.matmul(v.T).matmul(triangleOf({ v, tau })).matmul(v)
  return { state: at.sub(change), out: [v, tau, taken] }
}

/** Reflections and R [m, n], of the size that A is. */
function reflect(a: Tensor): Reflections & { R: Tensor } {
  const [m, n] = a.shape
  const k = Math.min(m, n)
  const { state, out: [v, tau, taken] } = overBlocks(k, a, a.T, reflectBlock)
  const rows = n > k ? concat([taken, state.split([k, n - k])[1]]) : taken
  return { v, tau, R: rows.T.triu() }
}

/** The first `columns` columns of H₁H₂…: [m, columns]. */
function productOf({ v, tau }: Reflections, columns: number): Tensor {
  const [k, m] = v.shape
  const step = (qt: Tensor, _: Tensor, __: number, [v, tau]: readonly Tensor[]): Block<Tensor> => ({
    state: qt.sub(qt.matmul(v.T).matmul(triangleOf({ v, tau }).T).matmul(v)), out: [],
  })
  return overBlocks(k, v, identity(columns, v, m), step, { xs: [v, tau], reverse: true }).state.T
}

export interface QR { Q: Tensor; R: Tensor }

/** The values alone. Scaled, lest squares overflow. */
export function orthogonalize(a: Tensor, complete: boolean): QR {
  const [m, n] = a.shape
  const k = Math.min(m, n)
  if (k === 0 || m === 0) return { Q: identity(m, a, complete ? m : k), R: complete ? a : a.split([k, m - k])[0] }
  const { unit, scale } = scaled(a)
  const { v, tau, R } = reflect(unit)
  const r = R.mul(scale)
  return { Q: productOf({ v, tau }, complete ? m : k), R: complete ? r : r.split([k, m - k])[0] }
}

/**
 * m ≥ n: Ā = (Q̄ + Q·sym(triu(R̄Rᵀ − QᵀQ̄)))R⁻ᵀ, sym(X) = X + Xᵀ less the diagonal (Seeger et al.,
 * "Auto-differentiating linear algebra", 2017, §4.3; PyTorch's linalg_qr_backward).
 */
const tall = (a: Tensor, complete: boolean): QR => customGradient(
  (a: Tensor) => orthogonalize(a, complete),
  (g, { inputs: [a], output: { Q, R } }) => {
    const n = a.shape[1]
    const over = g.R.matmul(R.T).sub(Q.T.matmul(g.Q)).triu()
    const both = over.add(over.T).sub(over.mul(identity(n, a)))
    const right = g.Q.add(Q.matmul(both))
    return solveTriangle(R, right.T, { upper: true, unit: false }).T
  },
  { linear: true },
)(a)

/** Of a wide A the square part decides on Q; the rest follows. */
function wide(a: Tensor): QR {
  const [m, n] = a.shape
  const [left, right] = a.split([m, n - m], 1)
  const { Q, R } = tall(left, false)
  return { Q, R: concat([R, Q.T.matmul(right)], 1) }
}

export interface QROptions { mode?: 'reduced' | 'complete' | 'r' }

/**
 * A `[..., m, n]` as `{ Q, R }` with A = QR, QᵀQ = I and R upper triangular; with k = min(m, n) Q is `[..., m, k]` and
 * R `[..., k, n]`. `mode: 'complete'` gives Q `[..., m, m]` and R `[..., m, n]`, without gradient where m > n; `mode:
 * 'r'` an empty Q. Signs are LAPACK's. Gradients need the first k columns of A to be independent.
 *
 * @example
 * const { Q, R } = linalg.qr(tensor([[3, 1], [4, 2]]))
 * await Q.matmul(R).array() // [[3.000, 1.000], [4.000, 2.000]]
 */
export function qr(A: Tensor, options: QROptions = {}): QR {
  checkOptions('linalg.qr', options, { mode: true })
  check('qr', A)
  const { mode = 'reduced' } = options
  if (!['reduced', 'complete', 'r'].includes(mode))
    throw new DiffeoError(`linalg.qr: the mode is '${mode}', and must be 'reduced', 'complete' or 'r'`)
  const [m, n] = A.shape.slice(-2)
  const out = overBatch<QR>('qr', a => {
    if (m < n && m > 0) return wide(a)
    return m > n && mode === 'complete' ? orthogonalize(stopGradient(a), true) : tall(a, false)
  }, [A])
  return mode === 'r' ? { Q: out.Q.split([0, out.Q.shape.at(-1)!], -1)[0], R: out.R } : out
}

/**
 * Householder's reflections of A as `{ a, tau }`, R being the upper triangle of `a` and the vectors below: for
 * `householderProduct`.
 */
export function geqrf(A: Tensor): { a: Tensor; tau: Tensor } {
  check('geqrf', A)
  return overBatch('geqrf', x => {
    const { v, tau, R } = reflect(stopGradient(x))
    const [m, n] = x.shape
    return { a: v.T.tril(-1).pad([[0, 0], [0, n - Math.min(m, n)]]).add(R), tau }
  }, [A])
}

/**
 * The first n columns of H₁H₂…Hₖ, Hᵢ = I − τᵢvᵢvᵢᵀ, vᵢ being column i of A `[..., m, n]` below its diagonal (1 on it, 0
 * above): `[..., m, n]`; `tau` is `[..., k]`, k ≤ n ≤ m.
 */
export function householderProduct(A: Tensor, tau: Tensor): Tensor {
  check('householderProduct', A)
  check('householderProduct', tau, 1, A)
  const [m, n] = A.shape.slice(-2)
  const k = tau.shape.at(-1)!
  if (k > n || n > m)
    throw new ShapeError(`linalg.householderProduct: takes k ≤ n ≤ m, got tau ${shapeText(tau)} and A ${shapeText(A)}`)
  return overBatch('householderProduct', (a: Tensor, tau: Tensor) => {
    const v = a.split([k, n - k], 1)[0].tril(-1).add(identity(m, a, k)).T
    return productOf({ v, tau }, n)
  }, [A, tau], [2, 1])
}
