/** @file The factors A = PLU by elimination with partial pivoting. */
import { concat, customGradient, scan, stopGradient, where, zerosLike, type Tensor } from '../tensor/index.ts'
import { identity, outer, overBlocks, range, rowOf, type Block } from './support.ts'
import { solveTriangle, substitute, triangularSolve } from './triangular.ts'

export interface Elimination {
  /** L and U in one: [m, n], L (whose ones are not written) below U's diagonal, rows in the order of the pivots. */
  readonly LU: Tensor
  /** A's row that stands at each place: int32 [m]. */
  readonly order: Tensor
}

export interface Pivoted extends Elimination {
  /** The row (from 0) that row i was exchanged with at turn i: int32 [min(m, n)]. */
  readonly pivots: Tensor
}

/** What elimination carries: rows stay where they are, and `order` says in which order they count. */
interface Rows { readonly at: Tensor; readonly order: Tensor; readonly used: Tensor }

/**
 * One column of a panel (transposed: [width, m]): its greatest element among the rows not used yet is the pivot (as
 * LAPACK's getf2, the first among equals), and leaves the columns to its right.
 */
function eliminateColumn(
  { at, order, used }: Rows, c: Tensor, k: Tensor,
): [Rows, { pivot: Tensor }] {
  const [width, m] = at.shape
  const places = range(m, at)
  const column = rowOf(at, c)
  const candidates = where(places.lt(k), -1, column.abs().indexSelect(0, order))
  const place = candidates.argmax()
  const row = rowOf(order, place)
  const newOrder = where(places.eq(k), row, where(places.eq(place), rowOf(order, k), order))
  const taken = used.or(places.eq(row))
  const pivot = rowOf(column, row)
  // a column of zeros stays one
  const factors = where(taken.or(pivot.eq(0)), 0, column.div(pivot))
  const later = range(width, at).gt(c)
  const reduced = at.sub(outer(where(later, at.indexSelect(1, row.reshape(1)).flatten(), 0), factors))
  const kept = where(taken, column, factors)
  const next = where(range(width, at).eq(c).unsqueeze(1), kept.unsqueeze(0), reduced)
  return [{ at: next, order: newOrder, used: taken }, { pivot: place }]
}

function eliminateBlock({ at, order, used }: Rows, from: Tensor, width: number): Block<Rows> {
  const columns = from.add(range(width, at))
  const start: Rows = { at: at.indexSelect(0, columns), order, used }
  const [panel, { pivot }] = scan(
    (rows: Rows, [c, k]: readonly Tensor[]) => eliminateColumn(rows, c, k), start, [range(width, at), columns],
  )
  const rows = panel.order.indexSelect(0, columns)
  const lower = panel.at.indexSelect(1, rows).T.tril(-1)
  const upper = substitute(lower, at.indexSelect(1, rows).T, true)
  const left = where(panel.used, 0, panel.at)
  return {
    state: { at: at.sub(upper.T.matmul(left)), order: panel.order, used: panel.used },
    out: [panel.at, upper, pivot],
  }
}

/** A [m, n] by columns in blocks. */
export function eliminate(a: Tensor): Pivoted {
  const [m, n] = a.shape
  const k = Math.min(m, n)
  const order = range(m, a)
  if (k === 0) return { LU: a, pivots: range(0, a), order }
  const { state, out: [left, upper, pivots] } = overBlocks<Rows>(
    k, a, { at: a.T, order, used: zerosLike(order, { dtype: 'bool' }) }, eliminateBlock,
  )
  const lower = left.indexSelect(1, state.order).T.tril(-1)
  const [below, above] = [m - k, n - k]
  return {
    LU: lower.pad([[0, 0], [0, above]]).add(upper.triu().pad([[0, below], [0, 0]])),
    pivots, order: state.order,
  }
}

/** The order that exchanges of rows, from 1 as LAPACK counts, leave behind: int32 [n]. */
export function orderOf(pivots: Tensor): Tensor {
  const places = range(pivots.shape[0], pivots)
  const exchange = (order: Tensor, [pivot, i]: readonly Tensor[]): [Tensor, null] => {
    const place = pivot.sub(1)
    const [here, there] = [rowOf(order, i), rowOf(order, place)]
    return [where(places.eq(i), there, where(places.eq(place), here, order)), null]
  }
  return scan(exchange, places, [pivots, places])[0]
}

/** The rows of b in the order of the elimination, and back. */
export const inOrder = (b: Tensor, order: Tensor): Tensor => b.indexSelect(0, order)
export const outOfOrder = (b: Tensor, order: Tensor): Tensor => b.indexSelect(0, order.argsort())

const unitLower = { upper: false, unit: true }
const unitUpper = { upper: true, unit: true }
const lower = { upper: false, unit: false }
const upper = { upper: true, unit: false }

/** A⁻¹b, or A⁻ᵀb, from A's factors. */
function applyInverse(LU: Tensor, order: Tensor, b: Tensor, transpose: boolean): Tensor {
  if (!transpose) return triangularSolve(LU, triangularSolve(LU, inOrder(b, order), unitLower), upper)
  return outOfOrder(triangularSolve(LU.T, triangularSolve(LU.T, b, lower), unitUpper), order)
}

/**
 * X = A⁻¹B (or A⁻ᵀB) from factors of A that are there already, with gradients to A and B: B̄ = A⁻ᵀX̄, Ā = −B̄Xᵀ (Giles
 * 2008, §2.3.1). Derivatives of every order take the same factors.
 */
export function solveBy({ LU, order }: Elimination, a: Tensor, b: Tensor, transpose = false): Tensor {
  return customGradient(
    (_: Tensor, b: Tensor, LU: Tensor, order: Tensor) => applyInverse(LU, order, b, transpose),
    (g, { inputs: [a, , LU, order], output: x }) => {
      const gb = solveBy({ LU, order }, a, g, !transpose)
      return [(transpose ? x.matmul(gb.T) : gb.matmul(x.T)).neg(), gb, null, null]
    },
    { linear: true },
  )(a, b, LU, order)
}

export interface Factors { L: Tensor; U: Tensor }

/**
 * L [m, k] and U [k, n] of P⁻¹A. With M = LᵀL̄ below the diagonal and ŪUᵀ from it on, square factors have
 * P⁻¹Ā = L⁻ᵀMU⁻¹; those of a wide or tall A follow from its square part (PyTorch's lu_factor_ex_backward).
 */
export function factorsOf(a: Tensor, { LU, order }: Elimination): Factors {
  const [m, n] = a.shape
  const k = Math.min(m, n)
  return customGradient(
    (_: Tensor, LU: Tensor, __: Tensor): Factors => {
      const left = LU.split([k, n - k], 1)[0]
      const top = LU.split([k, m - k], 0)[0]
      return { L: left.tril(-1).add(identity(m, a, k)), U: top.triu() }
    },
    (g, { inputs: [, , order], output }) => [outOfOrder(gradientOfFactors(g, output, k), order), null, null],
    { linear: true },
  )(a, LU, order)
}

/** Of the rows in the order of the elimination. */
function gradientOfFactors(g: Factors, { L, U }: Factors, k: number): Tensor {
  const [tall, wide] = [L.shape[0] - k, U.shape[1] - k]
  const [[l1, l2], [gl1, gl2]] = [L.split([k, tall]), g.L.split([k, tall])]
  const [[u1, u2], [gu1, gu2]] = [U.split([k, wide], 1), g.U.split([k, wide], 1)]
  const rightOf = (x: Tensor): Tensor => solveTriangle(u1, x.T, upper).T
  const leftOf = (x: Tensor): Tensor => solveTriangle(l1.T, x, unitUpper)
  const below = l1.T.matmul(gl1)
  const above = gu1.matmul(u1.T)
  const middle = wide > 0 ? below.sub(gu2.matmul(u2.T)).tril(-1).add(above.triu())
    : tall > 0 ? below.tril(-1).add(above.sub(l2.T.matmul(gl2)).triu()) : below.tril(-1).add(above.triu())
  const square = rightOf(leftOf(middle))
  if (wide > 0) return concat([square, leftOf(gu2)], 1)
  return tall > 0 ? concat([square, rightOf(gl2)]) : square
}

/** The factors of a matrix, as values. */
export const factorize = (a: Tensor): Pivoted => eliminate(stopGradient(a))
