/** @file The factor of a symmetric positive definite matrix. */
import { customGradient, scan, where, type Tensor } from '../tensor/index.ts'
import { ShapeError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import {
  alike,
  check,
  checkSquare,
  identity,
  outer,
  overBatch,
  overBlocks,
  range,
  rowOf,
  shapeText,
} from './support.ts'
import { solveTriangle } from './triangular.ts'

/** Lᵀ of A = LLᵀ, of which A's lower triangle is read; NaN from the first row on that has no root. */
function factor(a: Tensor): Tensor {
  const n = a.shape[0]
  const places = range(n, a)
  const step = (rest: Tensor, from: Tensor, width: number) => {
    const rows = from.add(range(width, a))
    const turn = (panel: Tensor, [c, k]: readonly Tensor[]): [Tensor, Tensor] => {
      const row = rowOf(panel, c)
      const scaled = where(places.lt(k), 0, row.div(rowOf(row, k).sqrt()))
      const inPanel = where(range(width, a).gt(c), scaled.indexSelect(0, rows), 0)
      return [panel.sub(outer(inPanel, scaled)), scaled]
    }
    const [, panel] = scan(turn, rest.indexSelect(0, rows), [range(width, a), rows])
    return { state: rest.sub(panel.T.matmul(panel)), out: [panel] }
  }
  return n === 0 ? a : overBlocks(n, a, a.T, step).out[0].triu()
}

/**
 * With Φ the lower triangle, its diagonal halved: Ā = ½(S + Sᵀ), S = L⁻ᵀΦ(LᵀL̄)L⁻¹ (Murray, "Differentiation of the
 * Cholesky decomposition", 2016, eq. 10).
 */
const lowerFactor = (a: Tensor): Tensor => customGradient(
  (a: Tensor) => factor(a).T,
  (g, { inputs: [a], output: l }) => {
    const product = l.T.matmul(g).tril()
    const phi = product.sub(product.mul(identity(a.shape[0], a)).mul(0.5))
    const left = solveTriangle(l.T, phi, { upper: true, unit: false })
    const s = solveTriangle(l.T, left.T, { upper: true, unit: false })
    return s.add(s.T).mul(0.5)
  },
  { linear: true },
)(a)

export interface TriangleOptions { upper?: boolean }

/**
 * L `[..., n, n]`, lower triangular, with A = LLᵀ for a symmetric positive definite A `[..., n, n]`, of which the lower
 * triangle is read. With `upper: true` Lᵀ.
 *
 * Where A is not positive definite L has NaN from that row on (PyTorch throws: here values are not read; `choleskyEx`
 * says which row).
 *
 * @throws ShapeError where A is not square
 * @example await linalg.cholesky(tensor([[4, 2], [2, 5]])).array() // [[2, 0], [1, 2]]
 */
export function cholesky(A: Tensor, options: TriangleOptions = {}): Tensor {
  checkOptions('linalg.cholesky', options, { upper: true })
  checkSquare('cholesky', A)
  return overBatch('cholesky', a => (options.upper ? lowerFactor(a).T : lowerFactor(a)), [A])
}

/**
 * `cholesky` as `{ L, info }`: `info`, int32 `[...]`, is 0 where A is positive definite, else the order (from 1) of the
 * leading block that is not.
 */
export function choleskyEx(A: Tensor, options: TriangleOptions = {}): { L: Tensor; info: Tensor } {
  const L = cholesky(A, options)
  const fine = L.diagonal(0, -2, -1).gt(0)
  return { L, info: where(fine.all(-1), 0, fine.cast('int32').argmin(-1).add(1)).cast('int32') }
}

/**
 * X with AX = B from L, the lower triangular factor of A = LLᵀ (with `upper: true` the upper one): B `[..., n, k]`, L
 * `[..., n, n]`. The order of arguments is `torch.cholesky_solve`'s.
 *
 * @throws ShapeError where L is not square or B does not fit
 * @example
 * const L = linalg.cholesky(tensor([[4, 0], [0, 9]]))
 * await linalg.choleskySolve(tensor([[8], [9]]), L).array() // [[2.000], [1.000]]
 */
export function choleskySolve(B: Tensor, L: Tensor, options: TriangleOptions = {}): Tensor {
  checkOptions('linalg.choleskySolve', options, { upper: true })
  checkSquare('choleskySolve', L)
  check('choleskySolve', B, 2, L)
  alike('choleskySolve', L, B)
  if (B.shape.at(-2) !== L.shape.at(-1))
    throw new ShapeError(`linalg.choleskySolve: B of shape ${shapeText(B)} does not fit L of shape ${shapeText(L)}`)
  return overBatch('choleskySolve', (l: Tensor, b: Tensor) => {
    const low = options.upper ? l.T : l
    const y = solveTriangle(low, b, { upper: false, unit: false })
    return solveTriangle(low.T, y, { upper: true, unit: false })
  }, [L, B])
}

/** A⁻¹ from the factor L of A = LLᵀ (with `upper: true` the upper one), as `torch.cholesky_inverse`. */
export function choleskyInverse(L: Tensor, options: TriangleOptions = {}): Tensor {
  checkSquare('choleskyInverse', L)
  return choleskySolve(identity(L.shape.at(-1)!, L), L, options)
}
