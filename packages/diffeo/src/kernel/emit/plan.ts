/**
 * @file Decides how a nest is walked: which loops are vectors, how far they are unrolled, and what turns are
 * independent.
 */
import type { Index, IndexVar } from '../../expr/index.ts'
import type { Expr } from '../../expr/scalar.ts'
import { walkExprs, type Nest, type Store } from '../nest.ts'
import { bytesOf } from '../dtypes.ts'
import type { Target } from '../ir.ts'
import { tileBytes, type Tile } from './transpose.ts'

/** Stores that share loops, and how these are walked. */
export interface Piece {
  readonly stores: readonly Store[]
  readonly unroll: number
  /** Loops shared by its stores, outermost first, whose turns are handed to threads. */
  readonly parallel: readonly IndexVar[]
  /** The vector loop inside these is handed out too, in blocks of this many elements; 0: it is not. */
  readonly block: number
  readonly total: number
}

/** Elements to be fetched before they are asked for. */
export interface Fetch { readonly hint: 'read' | 'write'; readonly buffer: number; readonly index: Index }

export interface Plan {
  /** Ids of the variables whose loops are vectors. */
  readonly vectors: ReadonlySet<number>
  readonly pieces: readonly Piece[]
  /** Turns of all pieces, one piece after the other. */
  readonly total: number
  /** Costly row values that several passes use: kept in scratch by the first. */
  readonly kept: ReadonlyMap<Expr, { readonly row: IndexVar; readonly offset: number }>
  /** What a reduction over a row fetches before it is asked for. */
  readonly ahead: ReadonlyMap<Expr, readonly Fetch[]>
  /** Offsets in scratch, after the kept rows, of the buffers that are tiles. */
  readonly tiles: ReadonlyMap<number, number>
  readonly scratchBytes: number
}

const costly = new Set(['exp', 'exp2', 'expm1', 'log', 'log2', 'log1p', 'sin', 'cos', 'tanh', 'erf', 'pow'])
const maxScratch = 1 << 17
const pageBytes = 4096
/** How far ahead a row of more than a page is fetched: of 512 to 4096 bytes this was best, by up to 4 %. */
const nearAhead = 1024
/** Buffers larger than this are not in the caches that are near. */
const farMemory = 1 << 20

/** Turns enough for any number of threads. */
const enoughTurns = 64
/** Elements of a map that stay together. */
const mapBlock = 4096
/** More pieces than this are written out with one register a turn, or code grows beyond its use. */
const manyPieces = 8

export function plan(
  nest: Nest, parts: readonly (readonly Store[])[], tiles: readonly Tile[], target: Target,
): Plan {
  const reductions = reductionsIn(nest.stores.map(s => s.value))
  const vectors = chooseVectors(nest.stores, reductions)
  const pieces = parts.map(stores => {
    const unroll = parts.length > manyPieces ? 1 : unrollFor(stores.map(s => s.value))
    return planPiece(stores, unroll, vectors, target)
  })
  const total = pieces.reduce((n, p) => n + p.total, 0)
  const { kept, bytes } = keepRows(nest.stores, reductions, vectors)
  const first = nest.buffers.length - tiles.length
  return {
    vectors, pieces, total, kept, ahead: fetchesAhead(nest, pieces),
    tiles: new Map(tiles.map((t, i) => [first + i, bytes + t.offset])),
    scratchBytes: bytes + Math.max(0, ...tiles.map(t => t.offset + tileBytes(t))),
  }
}

function planPiece(
  stores: readonly Store[], unroll: number, vectors: ReadonlySet<number>, target: Target,
): Piece {
  const reductions = reductionsIn(stores.map(s => s.value))
  const shared = sharedPrefix(stores)
  const parallel: IndexVar[] = []
  let total = 1
  for (const v of shared) {
    if (vectors.has(v.id) || total >= enoughTurns) break
    parallel.push(v)
    total *= v.extent
  }
  const next = shared[parallel.length]
  const mayCut = total < enoughTurns && next && vectors.has(next.id) && !reductions.some(r => r.vars.includes(next))
  if (!mayCut) return { stores, unroll, parallel, block: 0, total }
  const step = target.lanes * unroll
  const block = reductions.length > 0 ? step : Math.ceil(mapBlock / step) * step
  const blocks = Math.ceil(next.extent / block)
  return { stores, unroll, parallel, block: blocks > 1 ? block : 0, total: total * blocks }
}

/** A plan for what is emitted without loops of its own. */
export const loopless = (vectors: ReadonlySet<number> = new Set()): Plan => ({
  vectors, pieces: [], total: 1, kept: new Map(), ahead: new Map(), tiles: new Map(), scratchBytes: 0,
})

export function reductionsIn(values: readonly Expr[]): Expr[] {
  const found: Expr[] = []
  walkExprs(values, x => {
    if (x.op === 'reduce' || x.op === 'argReduce') found.push(x)
  })
  return found
}

/**
 * Registers a turn of a vector loop: many for short bodies, to hide latency; few for long ones, to keep values in
 * registers.
 */
export function unrollFor(bodies: readonly Expr[]): number {
  const weight = weightOf(bodies)
  return weight <= 12 ? 4 : weight <= 32 ? 2 : 1
}

/** About how many instructions, loads included, reductions inside not. */
export function weightOf(bodies: readonly Expr[]): number {
  let weight = 0
  const seen = new Set<Expr>()
  const stack = [...bodies]
  for (let x = stack.pop(); x; x = stack.pop()) {
    if (seen.has(x) || x.op === 'reduce' || x.op === 'argReduce') continue
    seen.add(x)
    weight += costly.has(x.op) ? 10 : x.op === 'constant' ? 0 : 1
    stack.push(...x.args)
  }
  return weight
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
export function unitVariable(x: Expr): IndexVar | null {
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
): { readonly kept: Plan['kept']; readonly bytes: number } {
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
  return { kept, bytes: offset }
}

const distance = (rowBytes: number): number => (rowBytes > pageBytes ? nearAhead : pageBytes)

/**
 * What the reductions of rows fetch. A later pass over a row fetches the next row, and the lines where this one goes.
 * A first pass waits for memory itself: it fetches ahead, as the processor's own fetching ends with each page; of short
 * rows the next ones.
 */
function fetchesAhead({ buffers }: Nest, pieces: readonly Piece[]): Map<Expr, readonly Fetch[]> {
  const ahead = new Map<Expr, readonly Fetch[]>()
  for (const { stores, parallel } of pieces) {
    const turn = parallel[parallel.length - 1]
    const passes = reductionsIn(stores.map(s => s.value)).filter(r => r.vars.length === 1)
    const earlier = reductionsIn(passes.flatMap(r => r.args))
    const last = passes.filter(r => !earlier.includes(r))
    if (!turn) continue
    last.forEach((r, i) => {
      const [row] = r.vars
      const fetches: Fetch[] = stores.filter(s => i === 0 && s.vars.includes(row))
        .map(({ buffer, index }) => ({ hint: 'write', buffer, index }))
      const later = reductionsIn(r.args).length > 0
      walkExprs(r.args, x => {
        const step = x.op === 'load' && x.index?.coefficient(row) === 1 ? x.index.coefficient(turn) : 0
        if (!x.index || step <= 0) return
        const bytes = bytesOf(buffers[x.buffer].dtype)
        if (later) fetches.push({ hint: 'read', buffer: x.buffer, index: x.index.plus(step) })
        else if (buffers[x.buffer].size * bytes >= farMemory)
          fetches.push({ hint: 'read', buffer: x.buffer, index: x.index.plus(distance(row.extent * bytes) / bytes) })
      }, x => x.vars.length === 0)
      if (fetches.length > 0) ahead.set(r, fetches)
    })
  }
  return ahead
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
