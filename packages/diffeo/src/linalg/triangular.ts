/** @file Systems with triangular matrices. */
import { customGradient, scan, type Tensor } from '../tensor/index.ts'
import { checkOptions } from '../util/options.ts'
import { ShapeError } from '../util/errors.ts'
import { alike, check, checkSquare, outer, overBatch, overBlocks, range, rowOf, shapeText } from './support.ts'

/** L⁻¹B of a lower triangular [n, n] by forward substitution: a column of L leaves B at each turn. */
export function substitute(l: Tensor, b: Tensor, unit: boolean): Tensor {
  const n = l.shape[0]
  const turn = (rest: Tensor, [column, i]: readonly Tensor[]): [Tensor, Tensor] => {
    const row = rowOf(rest, i)
    const x = unit ? row : row.div(rowOf(column, i))
    return [rest.sub(outer(column, x)), x]
  }
  return scan(turn, b, [l.T, range(n, l)])[1]
}

/** The same in blocks: those on the diagonal are inverted, and the rest is products. */
export function lowerSolve(lower: Tensor, b: Tensor, unit: boolean): Tensor {
  const l = lower.tril()
  const n = l.shape[0]
  const step = (rest: Tensor, from: Tensor, width: number, [columns]: readonly Tensor[]) => {
    const at = from.add(range(width, l))
    const block = columns.indexSelect(1, at).T
    const x = substitute(block, rest.indexSelect(0, at), unit)
    return { state: rest.sub(columns.T.matmul(x)), out: [x] }
  }
  return n === 0 ? b : overBlocks(n, l, b, step, { xs: [l.T] }).out[0]
}

export interface Triangle { readonly upper: boolean; readonly unit: boolean }
/** T⁻¹B */
export function triangularSolve(t: Tensor, b: Tensor, { upper, unit }: Triangle): Tensor {
  // reversing rows and columns makes an upper triangle a lower one
  return upper ? lowerSolve(t.flip([0, 1]), b.flip(0), unit).flip(0) : lowerSolve(t, b, unit)
}

/**
 * T⁻¹B with its gradient. With X = T⁻¹B: B̄ = T⁻ᵀX̄ and T̄ = −B̄Xᵀ on the triangle (Giles, "Collected matrix derivative
 * results for forward and reverse mode algorithmic differentiation", 2008, §2.3.1).
 */
export function solveTriangle(t: Tensor, b: Tensor, form: Triangle): Tensor {
  const { upper, unit } = form
  return customGradient(
    (t: Tensor, b: Tensor) => triangularSolve(t, b, form),
    (g, { inputs: [t], output: x }) => {
      const gb = solveTriangle(t.T, g, { upper: !upper, unit })
      const full = gb.matmul(x.T).neg()
      const offset = unit ? 1 : 0
      return [upper ? full.triu(offset) : full.tril(-offset), gb]
    },
    { linear: true },
  )(t, b)
}

export interface SolveTriangularOptions { upper: boolean; left?: boolean; unitriangular?: boolean }

/**
 * X with AX = B, A `[..., n, n]` being triangular and B `[..., n, k]`; with `left: false` X with XA = B, B being
 * `[..., k, n]`. Of A only the triangle is read, with `unitriangular` only what is off its diagonal.
 *
 * Leading axes broadcast. A zero on the diagonal gives ∞ or NaN, as in PyTorch.
 *
 * @throws ShapeError where A is not square or B does not fit; DTypeError unless both are float32 or both float64
 * @example
 * const a = tensor([[2, 0], [1, 4]])
 * await linalg.solveTriangular(a, tensor([[2], [9]]), { upper: false }).array() // [[1], [2]]
 */
export function solveTriangular(A: Tensor, B: Tensor, options: SolveTriangularOptions): Tensor {
  checkOptions('linalg.solveTriangular', options, { upper: true, left: true, unitriangular: true })
  checkSquare('solveTriangular', A)
  check('solveTriangular', B, 2, A)
  alike('solveTriangular', A, B)
  const { upper, left = true, unitriangular: unit = false } = options
  if (B.shape.at(left ? -2 : -1) !== A.shape.at(-1))
    throw new ShapeError(`linalg.solveTriangular: B of shape ${shapeText(B)} does not fit A of ${shapeText(A)}`)
  const one = (a: Tensor, b: Tensor): Tensor =>
    left ? solveTriangle(a, b, { upper, unit }) : solveTriangle(a.T, b.T, { upper: !upper, unit }).T
  return overBatch('solveTriangular', one, [A, B])
}
