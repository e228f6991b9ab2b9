/**
 * @file Several short-bodied row reductions a turn: streams from memory side by side, and one load of what they share.
 */
import { Index, indexVar, type IndexVar } from '../../expr/index.ts'
import type { Expr, Exprs } from '../../expr/scalar.ts'
import { cutLoop, substituteStore, unrollLoop, walkExprs, type Store } from '../nest.ts'
import { weightOf } from './plan.ts'

const rowsATurn = 4
/** Rows beyond which turns are enough although each does several, and elements beyond which it is worth the code. */
const leastRows = 256
const leastElements = 1 << 16
/** A load, a product with another operand. */
const heaviest = 3

export function batchRows(e: Exprs, part: readonly Store[]): (readonly Store[])[] {
  const rows = lightRows(part)
  if (!rows) return [part]
  const edge = rows.extent - rows.extent % rowsATurn
  const cut = edge < rows.extent ? cutLoop(e, part, rows, [edge]) : part
  const [outer, inner] = [indexVar(edge / rowsATurn), indexVar(rowsATurn)]
  const [first] = cut[0].vars.slice(-1)
  const map = new Map([[first.id, Index.of(outer).times(rowsATurn).add(Index.of(inner))]])
  const whole = cut.slice(0, part.length).map(s => substituteStore(e, s, map))
  return [unrollLoop(e, whole, inner), ...(edge < rows.extent ? [cut.slice(part.length)] : [])]
}

/** The loop over rows, when all that the part does is to reduce each with little arithmetic. */
function lightRows(part: readonly Store[]): IndexVar | null {
  const [{ vars }] = part
  const rows = vars[vars.length - 1]
  if (!rows || rows.extent < leastRows || part.some(s => s.vars.join() !== vars.join())) return null
  const reductions: Expr[] = []
  walkExprs(part.map(s => s.value), x => { if (x.vars.length > 0) reductions.push(x) })
  const [row] = reductions[0]?.vars ?? []
  const light = reductions.every(r =>
    r.op === 'reduce' && r.vars.length === 1 && r.vars[0] === row && runsAlong(r, row, rows) &&
    weightOf(r.args) <= heaviest)
  return row && light && rows.extent * row.extent >= leastElements ? rows : null
}

/** Whether some operand lies along `row`, each of `rows` elsewhere. */
function runsAlong(r: Expr, row: IndexVar, rows: IndexVar): boolean {
  let along = false
  walkExprs(r.args, x => {
    if (x.op === 'load' && x.index?.coefficient(row) === 1 && x.index.coefficient(rows) > 1) along = true
  })
  return along
}
