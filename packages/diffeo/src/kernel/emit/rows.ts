/**
 * @file Several short-bodied row reductions a turn: streams from memory side by side, and one load of what they share.
 */
import { Index, indexVar, type IndexVar } from '../../expr/index.ts'
import type { Expr, Exprs } from '../../expr/scalar.ts'
import { cutLoop, substituteStore, unrollLoop, walkExprs, type Store } from '../nest.ts'
import type { Target } from '../ir.ts'
import { weightOf } from './plan.ts'

/**
 * Streams side by side: one from memory gives 10.5 GB/s, two 12, four 13, eight 13.7 and sixteen no more (one thread).
 * Eight short rows are 2 to 4 % slower than four, and with fewer registers their sums do not fit.
 */
const rowsATurn = (elements: number, { vectorRegisters }: Target): number =>
  vectorRegisters >= 32 && elements >= 1024 ? 8 : 4
/** Rows beyond which turns are enough although each does several, and elements beyond which it is worth the code. */
const leastRows = 256
const leastElements = 1 << 16
/** A load, a product with another operand. */
const heaviest = 3

export function batchRows(e: Exprs, part: readonly Store[], target: Target): (readonly Store[])[] {
  const found = lightRows(part)
  if (!found) return [part]
  const { rows, row } = found
  const together = rowsATurn(row.extent, target)
  const edge = rows.extent - rows.extent % together
  const cut = edge < rows.extent ? cutLoop(e, part, rows, [edge]) : part
  const [outer, inner] = [indexVar(edge / together), indexVar(together)]
  const [first] = cut[0].vars.slice(-1)
  const map = new Map([[first.id, Index.of(outer).times(together).add(Index.of(inner))]])
  const whole = cut.slice(0, part.length).map(s => substituteStore(e, s, map))
  return [unrollLoop(e, whole, inner), ...(edge < rows.extent ? [cut.slice(part.length)] : [])]
}

/** The loops over rows and over a row, when all that the part does is to reduce each with little arithmetic. */
function lightRows(part: readonly Store[]): { rows: IndexVar; row: IndexVar } | null {
  const [{ vars }] = part
  const rows = vars[vars.length - 1]
  if (!rows || rows.extent < leastRows || part.some(s => s.vars.join() !== vars.join())) return null
  const reductions: Expr[] = []
  walkExprs(part.map(s => s.value), x => { if (x.vars.length > 0) reductions.push(x) })
  const [row] = reductions[0]?.vars ?? []
  const light = reductions.every(r =>
    r.op === 'reduce' && r.vars.length === 1 && r.vars[0] === row && runsAlong(r, row, rows) &&
    weightOf(r.args) <= heaviest)
  return row && light && rows.extent * row.extent >= leastElements ? { rows, row } : null
}

/** Whether some operand lies along `row`, each of `rows` elsewhere. */
function runsAlong(r: Expr, row: IndexVar, rows: IndexVar): boolean {
  let along = false
  walkExprs(r.args, x => {
    if (x.op === 'load' && x.index?.coefficient(row) === 1 && x.index.coefficient(rows) > 1) along = true
  })
  return along
}
