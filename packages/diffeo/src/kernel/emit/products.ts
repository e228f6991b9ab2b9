/**
 * @file Sums of products that are no contraction of float32s: several rows a turn, so that what they share of one
 * operand is loaded once.
 */
import { Index, indexVar, type IndexVar } from '../../expr/index.ts'
import type { Expr, Exprs } from '../../expr/scalar.ts'
import type { Target } from '../ir.ts'
import { cutLoop, substituteStore, unrollLoop, walkExprs, type Store } from '../nest.ts'

/** A part of sums of products that run along their columns, cut into one of `rows` rows a turn and one of the rest. */
export function batchProducts(e: Exprs, part: readonly Store[], target: Target): (readonly Store[])[] {
  // As many sums as there are rows, each in a few registers, must fit.
  const rows = target.vectorRegisters >= 32 ? 4 : 2
  const row = sharedRow(part)
  if (!row || row.extent < rows) return [part]
  const edge = row.extent - row.extent % rows
  const cut = edge < row.extent ? cutLoop(e, part, row, [edge]) : part
  const whole = cut.slice(0, part.length)
  const at = part[0].vars.indexOf(row)
  const [outer, inner] = [indexVar(edge / rows), indexVar(rows)]
  const map = new Map([[whole[0].vars[at].id, Index.of(outer).times(rows).add(Index.of(inner))]])
  const turns = unrollLoop(e, whole.map(s => substituteStore(e, s, map)), inner)
  return [turns, ...(edge < row.extent ? [cut.slice(part.length)] : [])]
}

/** The innermost loop of which one factor of all products does not depend, where the other runs along no column. */
function sharedRow(part: readonly Store[]): IndexVar | null {
  const [{ vars, index }] = part
  const column = vars.find(v => index.coefficient(v) === 1)
  if (!column || part.some(s => s.vars.join() !== vars.join())) return null
  const sums: Expr[] = []
  walkExprs(part.map(s => s.value), x => { if (x.vars.length > 0) sums.push(x) })
  const isProduct = (x: Expr) => x.op === 'reduce' && x.combine === 'add' && x.args[0].op === 'mul'
  if (sums.length === 0 || !sums.every(isProduct)) return null
  const shared = (v: IndexVar) => sums.every(({ args: [{ args }] }) =>
    args.some(a => !a.free.includes(v) && runsAlong(a, column)) && args.some(a => !a.free.includes(column)))
  return [...vars].reverse().find(v => v !== column && shared(v)) ?? null
}

function runsAlong(x: Expr, column: IndexVar): boolean {
  let along = false
  walkExprs([x], y => { if (y.op === 'load' && y.index?.coefficient(column) === 1) along = true })
  return along
}
