/**
 * @file Decides how a nest is walked: which loops are vectors, how far they are unrolled, and what turns are
 * independent.
 */
import type { IndexVar } from '../../expr/index.ts'
import type { Expr } from '../../expr/scalar.ts'
import { walkExprs, type Nest, type Store } from '../nest.ts'
import type { Target } from '../ir.ts'

export interface Plan {
  /** Ids of the variables whose loops are vectors. */
  readonly vectors: ReadonlySet<number>
  readonly unroll: number
  /** Loops shared by all stores, outermost first, whose turns are handed to threads. */
  readonly parallel: readonly IndexVar[]
  /** The parallel loop is the vector loop itself, in blocks of this many elements. */
  readonly block: number
  readonly total: number
  /** Costly row values that several passes use: kept in scratch by the first. */
  readonly kept: ReadonlyMap<Expr, { readonly row: IndexVar; readonly offset: number }>
  readonly scratchBytes: number
}

const costly = new Set(['exp', 'exp2', 'expm1', 'log', 'log2', 'log1p', 'sin', 'cos', 'tanh', 'erf', 'pow'])
const maxScratch = 1 << 17

export function plan(nest: Nest, target: Target): Plan {
  const reductions: Expr[] = []
  walkExprs(nest.stores.map(s => s.value), x => {
    if (x.op === 'reduce' || x.op === 'argReduce') reductions.push(x)
  })
  const vectors = chooseVectors(nest.stores, reductions)
  const unroll = unrollFor(nest.stores.map(s => s.value))
  const shared = sharedPrefix(nest.stores)
  const parallel: IndexVar[] = []
  let total = 1
  for (const v of shared) {
    if (vectors.has(v.id) || total >= 64) break
    parallel.push(v)
    total *= v.extent
  }
  let block = 0
  const first = shared[0]
  if (parallel.length === 0 && first && vectors.has(first.id)) {
    const step = target.lanes * unroll
    block = reductions.length > 0 ? step : Math.ceil(4096 / step) * step
    total = Math.ceil(first.extent / block)
  }
  return { vectors, unroll, parallel, block, total, ...keepRows(nest.stores, reductions, vectors) }
}

/**
 * Registers a turn of a vector loop: many for short bodies, to hide latency; few for long ones, to keep values in
 * registers.
 */
export function unrollFor(bodies: readonly Expr[]): number {
  let weight = 0
  const seen = new Set<Expr>()
  const stack = [...bodies]
  for (let x = stack.pop(); x; x = stack.pop()) {
    if (seen.has(x) || x.op === 'reduce' || x.op === 'argReduce') continue
    seen.add(x)
    weight += costly.has(x.op) ? 10 : x.op === 'constant' ? 0 : 1
    stack.push(...x.args)
  }
  return weight <= 12 ? 4 : weight <= 32 ? 2 : 1
}

/** Loops that every store begins with. */
function sharedPrefix(stores: readonly Store[]): IndexVar[] {
  const first = stores[0].vars
  let n = first.length
  for (const s of stores) {
    let k = 0
    while (k < n && s.vars[k] === first[k]) k++
    n = k
  }
  return first.slice(0, n)
}

/**
 * A reduction whose loads run along its own variable is a row: that variable is the vector, and nothing the row
 * depends on can be one. Elsewhere the variable along which the store runs is the vector, if it may.
 */
function chooseVectors(stores: readonly Store[], reductions: readonly Expr[]): Set<number> {
  const vectors = new Set<number>()
  const blocked = new Set<number>()
  const wanted: IndexVar[] = []
  // Vectors are stored side by side, and a store has one loop of them.
  const usable = (v: IndexVar) => stores.every(s =>
    !s.vars.includes(v) || (s.index.coefficient(v) === 1 && !s.vars.some(w => w !== v && vectors.has(w.id))))
  for (const r of reductions) {
    const unit = unitVariable(r)
    if (unit && !usable(unit)) continue
    if (unit && r.vars.includes(unit)) {
      vectors.add(unit.id)
      for (const v of r.free) blocked.add(v.id)
      for (const v of r.vars) if (v !== unit) blocked.add(v.id)
    } else if (unit) wanted.push(unit)
  }
  for (const v of wanted) if (!blocked.has(v.id) && usable(v)) vectors.add(v.id)
  for (const s of stores) {
    if (s.vars.some(v => vectors.has(v.id))) continue
    const unit = s.vars.find(v => s.index.coefficient(v) === 1)
    if (unit && !blocked.has(unit.id) && usable(unit)) vectors.add(unit.id)
  }
  return vectors
}

/** The variable along which most loads below `x` are contiguous. */
function unitVariable(x: Expr): IndexVar | null {
  const votes = new Map<IndexVar, number>()
  walkExprs(x.args, y => {
    if (y.op !== 'load' || !y.index) return
    y.index.atoms.forEach((a, i) => {
      if (a.kind === 'var' && (y.index as { coefs: readonly number[] }).coefs[i] === 1)
        votes.set(a, (votes.get(a) ?? 0) + a.extent)
    })
  })
  let best: IndexVar | null = null
  for (const [v, n] of votes) if (!best || n > (votes.get(best) ?? 0)) best = v
  return best
}

/** Finds what several passes over the same row would compute again. */
function keepRows(
  stores: readonly Store[],
  reductions: readonly Expr[],
  vectors: ReadonlySet<number>,
): Pick<Plan, 'kept' | 'scratchBytes'> {
  const uses = new Map<Expr, number>()
  const passes = [
    ...reductions.map(r => ({ body: r.args[0], vars: r.vars })),
    ...stores.map(s => ({ body: s.value, vars: s.vars })),
  ]
  for (const { body } of passes) for (const x of costlyIn(body)) uses.set(x, (uses.get(x) ?? 0) + 1)
  const kept = new Map<Expr, { row: IndexVar; offset: number }>()
  let offset = 0
  for (const [x, n] of uses) {
    if (n < 2) continue
    const row = x.free.find(v => vectors.has(v.id) && reductions.some(r => r.vars.length === 1 && r.vars[0] === v))
    if (
      !row ||
      x.dtype !== 'float32' ||
      !passes.every(p => !costlyIn(p.body).has(x) || p.vars[p.vars.length - 1] === row)
    )
      continue
    const bytes = Math.ceil(row.extent / 16) * 64
    if (offset + bytes > maxScratch) continue
    kept.set(x, { row, offset })
    offset += bytes
  }
  return { kept, scratchBytes: offset }
}

/** Costly values of a pass itself, outermost only, not those inside reductions. */
function costlyIn(body: Expr): Set<Expr> {
  const found = new Set<Expr>()
  const seen = new Set<Expr>()
  const stack = [body]
  for (let x = stack.pop(); x; x = stack.pop()) {
    if (seen.has(x) || x.op === 'reduce' || x.op === 'argReduce') continue
    seen.add(x)
    if (costly.has(x.op)) found.add(x)
    else stack.push(...x.args)
  }
  return found
}
