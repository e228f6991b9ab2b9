/**
 * @file A loop nest before it is code: what is stored where, over which loops, as scalar expressions. Transformations
 * here rewrite expressions only; `emit/` turns the result into kernel IR.
 */
import { Index, indexVar, splits, type IndexVar } from '../expr/index.ts'
import type { DType } from '../expr/types.ts'
import { expressionOf, type Expr, type Exprs } from '../expr/scalar.ts'

/** `buffer[index] = value` for every point of `vars`, outermost loop first. */
export interface Store {
  readonly buffer: number
  readonly index: Index
  readonly value: Expr
  readonly vars: readonly IndexVar[]
}

export interface BufferInfo {
  readonly dtype: DType
  /** Elements it holds. */
  readonly size: number
}

export interface Nest {
  readonly name: string
  readonly stores: readonly Store[]
  /** Argument slot by slot. */
  readonly buffers: readonly BufferInfo[]
  readonly exprs: Exprs
  /** Slot of the status word, when an index comes from data. */
  readonly status?: number
}

/**
 * Rebuilds an expression with variables replaced. A store's loop and a reduction inside it may run over the same
 * variable (a row): `everywhere` replaces it in both (its loop is split, the range stays); else reductions keep theirs.
 */
export class Substitution {
  private readonly memo = new Map<Expr, Expr>()
  private readonly inner = new Map<string, Substitution>()
  private readonly e: Exprs
  private readonly map: ReadonlyMap<number, Index>
  private readonly everywhere: boolean

  constructor(e: Exprs, map: ReadonlyMap<number, Index>, everywhere = false) {
    this.e = e
    this.map = map
    this.everywhere = everywhere
  }

  index(i: Index): Index {
    return i.substitute(v => this.map.get(v.id) ?? null, value => this.expr(value as Expr))
  }

  expr(x: Expr): Expr {
    if (!this.everywhere || !x.reduces) {
      let touched = false
      for (let i = 0; i < x.free.length && !touched; i++) touched = this.map.has(x.free[i].id)
      if (!touched) return x
    }
    const known = this.memo.get(x)
    if (known) return known
    const out = this.rebuild(x)
    this.memo.set(x, out)
    return out
  }

  /** What is replaced inside a reduction: not what it runs over itself. */
  private inside(vars: readonly IndexVar[]): Substitution {
    const own = this.everywhere ? [] : vars.filter(v => this.map.has(v.id))
    if (own.length === 0) return this
    const key = own.map(v => v.id).join()
    let inner = this.inner.get(key)
    if (!inner) {
      const map = new Map([...this.map].filter(([id]) => !own.some(v => v.id === id)))
      this.inner.set(key, inner = new Substitution(this.e, map))
    }
    return inner
  }

  private rebuild(x: Expr): Expr {
    const within = this.inside(x.vars)
    if (within !== this) return within.expr(x)
    const e = this.e
    if (x.op === 'where') {
      // What a known condition leaves out is not rebuilt: each piece of a concat of n parts visits its own part alone.
      const condition = this.expr(x.args[0])
      if (condition.op === 'constant') return this.expr(x.args[condition.value ? 1 : 2])
      return e.where(condition, this.expr(x.args[1]), this.expr(x.args[2]))
    }
    const args = x.args.map(a => this.expr(a))
    switch (x.op) {
      case 'constant': return x
      case 'load': return e.load(x.buffer, this.index(x.index as Index), x.dtype)
      case 'index': return e.index(this.index(x.index as Index), x.dtype)
      case 'inRange': return e.inRange(this.index(x.index as Index), x.low, x.high)
      case 'reduce': return e.reduce(x.combine, this.bound(x.vars), args[0])
      case 'argReduce': return e.argReduce(x.combine as 'max' | 'min', this.bound(x.vars), args[0])
      case 'cast': return e.cast(args[0], x.dtype)
      case 'bitcast': return e.bitcast(args[0], x.dtype)
      default: return args.length === 1 ? e.unary(x.op as never, args[0]) : e.binary(x.op as never, args[0], args[1])
    }
  }

  /** Reduction variables after the substitution: a split variable becomes its parts. */
  private bound(vars: readonly IndexVar[]): IndexVar[] {
    return vars.flatMap(v => {
      const to = this.map.get(v.id)
      return to
        ? to.atoms.filter((a): a is IndexVar => a.kind === 'var').sort((a, b) => to.coefficient(b) - to.coefficient(a))
        : [v]
    })
  }
}

/**
 * Applies variable replacements to a store; loops that are replaced become the replacement's variables, outermost
 * first.
 */
export function substituteStore(e: Exprs, store: Store, map: ReadonlyMap<number, Index>, everywhere = false): Store {
  const s = new Substitution(e, map, everywhere)
  const vars = store.vars.flatMap(v => {
    const to = map.get(v.id)
    if (!to) return [v]
    return to.atoms.filter((a): a is IndexVar => a.kind === 'var').sort((a, b) => to.coefficient(b) - to.coefficient(a))
  })
  return { buffer: store.buffer, index: s.index(store.index), value: s.expr(store.value), vars }
}

/** Visits every expression under the stores once. */
export function walkExprs(
  roots: readonly Expr[],
  visit: (x: Expr) => void,
  enter: (x: Expr) => boolean = () => true,
): void {
  // an expression is numbered after all that it is made of
  const seen = new Uint8Array(roots.reduce((most, x) => Math.max(most, x.id), -1) + 1)
  const stack = [...roots]
  for (let x = stack.pop(); x; x = stack.pop()) {
    if (seen[x.id] === 1 || !enter(x)) continue
    seen[x.id] = 1
    visit(x)
    for (let i = 0; i < x.args.length; i++) stack.push(x.args[i])
    x.index?.walk(a => { if (a.kind === 'dynamic') stack.push(expressionOf(a)) })
  }
}

/** Every index that stands in the stores. */
export function indices(stores: readonly Store[]): Index[] {
  const out = stores.map(s => s.index)
  walkExprs(stores.map(s => s.value), x => { if (x.index) out.push(x.index) })
  return out
}

/**
 * Splits loops until no quotient is left that splitting can mend: the loops that remain are the common refinement of
 * all reshapes. A loop whose extent does not divide is cut first. What is left over is computed by division.
 */
export function refine(e: Exprs, given: readonly Store[]): readonly Store[] {
  let stores = given
  for (let round = 0; round < 64; round++) {
    const wanted = indices(stores).flatMap(splits)
    const split = wanted.find(s => s.variable.extent % s.inner === 0)
    if (split) {
      const outer = indexVar(split.variable.extent / split.inner)
      const map = new Map([
        [
          split.variable.id,
          Index.of(outer)
            .times(split.inner)
            .add(Index.of(indexVar(split.inner))),
        ],
      ])
      stores = stores.map(s => substituteStore(e, s, map, true))
      continue
    }
    const cut = wanted.find(s => stores.some(t => t.vars.includes(s.variable)))
    if (!cut) return stores
    const { variable, inner } = cut
    const edge = Math.floor(variable.extent / inner) * inner
    stores = cutLoop(e, stores, variable, [edge])
  }
  return stores
}

/** The loop over `v` in pieces, from each edge to the next: all stores inside it are cut alike and go on sharing it. */
export function cutLoop(
  e: Exprs, stores: readonly Store[], v: IndexVar, edges: readonly number[],
): readonly Store[] {
  const starts = [0, ...edges]
  const pieces = starts.map((start, i) => indexVar((starts[i + 1] ?? v.extent) - start))
  const inside = stores.filter(s => s.vars.includes(v))
  return [
    ...stores.filter(s => !s.vars.includes(v)),
    ...pieces.flatMap((piece, i) => {
      const map = new Map([[v.id, Index.of(piece).plus(starts[i])]])
      return inside.map(s => substituteStore(e, s, map))
    }),
  ]
}

/** Where `v` must be cut so that conditions on it alone are constant in each piece; null: leave the condition. */
function cuts(stores: readonly Store[], v: IndexVar): number[] {
  const at = new Set<number>()
  walkExprs(stores.map(s => s.value), x => {
    if (x.op !== 'inRange' || !x.index || x.index.atoms.length !== 1 || x.index.atoms[0].id !== v.id) return
    const c = x.index.coefs[0]
    for (const bound of [x.low, x.high]) {
      const edge = Math.ceil((bound - x.index.offset) / c)
      if (c > 0 && edge > 0 && edge < v.extent) at.add(edge)
    }
  }, x => !x.vars.includes(v))
  return [...at].sort((a, b) => a - b)
}

/**
 * Cuts loops at the bounds of pads and concats, so that inner loops are free of branches. At most about `limit` stores
 * result: of more bounds than that, every so many is taken.
 */
export function cutRanges(e: Exprs, given: readonly Store[], limit = 128): readonly Store[] {
  let stores = given
  for (const v of new Set(given.flatMap(s => s.vars))) {
    const inside = stores.filter(s => s.vars.includes(v))
    const at = cuts(inside, v)
    const room = Math.floor((limit - stores.length) / inside.length)
    const every = Math.ceil(at.length / Math.max(1, room))
    const edges = room < 1 ? [] : at.filter((_, i) => i % every === every - 1)
    if (edges.length > 0) stores = cutLoop(e, stores, v, edges)
  }
  return stores
}

/** Stores that share their outermost loop or a reduction, together: each such part can run by itself. */
export function connected(stores: readonly Store[]): (readonly Store[])[] {
  let parts: { keys: Set<IndexVar | Expr>; stores: Store[] }[] = []
  for (const store of stores) {
    const keys = new Set<IndexVar | Expr>(store.vars.slice(0, 1))
    walkExprs([store.value], x => { if (x.vars.length > 0) keys.add(x) })
    const joined = parts.filter(p => [...keys].some(k => p.keys.has(k)))
    parts = parts.filter(p => !joined.includes(p))
    for (const p of joined) for (const k of p.keys) keys.add(k)
    parts.push({ keys, stores: [...joined.flatMap(p => p.stores), store] })
  }
  return parts.map(p => stores.filter(s => p.stores.includes(s)))
}

/** Replaces a small loop by its turns. */
export function unrollLoop(e: Exprs, stores: readonly Store[], v: IndexVar): readonly Store[] {
  const out: Store[] = []
  for (const store of stores) {
    if (!store.vars.includes(v)) { out.push(store); continue }
    for (let k = 0; k < v.extent; k++) out.push(substituteStore(e, store, new Map([[v.id, new Index(k)]])))
  }
  return out
}

/** Joins neighbouring loops that every access walks as one: `outer · extent(inner) + inner`. */
export function coalesce(e: Exprs, stores: readonly Store[]): readonly Store[] {
  for (let round = 0; round < 16; round++) {
    const pair = joinable(stores) ?? joinableReduction(stores)
    if (!pair) return stores
    const [outer, inner] = pair
    const joined = indexVar(outer.extent * inner.extent)
    stores = stores.map(s => joinStore(e, s, outer, inner, joined))
  }
  return stores
}

/** Neighbouring loops of reductions that every access walks as one. No store runs over them. */
function joinableReduction(stores: readonly Store[]): [IndexVar, IndexVar] | null {
  const reductions: Expr[] = []
  walkExprs(stores.map(s => s.value), x => { if (x.vars.length > 0) reductions.push(x) })
  const stored = new Set(stores.flatMap(s => s.vars))
  const all = indices(stores)
  for (const { vars } of reductions) {
    for (let i = 0; i + 1 < vars.length; i++) {
      const [outer, inner] = [vars[i], vars[i + 1]]
      if (stored.has(outer) || stored.has(inner)) continue
      const together = reductions.every(r => {
        const k = r.vars.indexOf(outer)
        return k < 0 ? !r.vars.includes(inner) : r.vars[k + 1] === inner
      })
      if (together && all.every(x => walksAsOne(x, outer, inner))) return [outer, inner]
    }
  }
  return null
}

function joinable(stores: readonly Store[]): [IndexVar, IndexVar] | null {
  const first = stores[0]
  const all = indices(stores)
  const reduced = new Set<number>()
  walkExprs(stores.map(s => s.value), x => { for (const v of x.vars) reduced.add(v.id) })
  for (let i = 0; i + 1 < first.vars.length; i++) {
    const [outer, inner] = [first.vars[i], first.vars[i + 1]]
    if (reduced.has(outer.id) || reduced.has(inner.id)) continue
    const together = stores.every(s => {
      const k = s.vars.indexOf(outer)
      return k >= 0 && s.vars[k + 1] === inner
    })
    if (together && all.every(x => walksAsOne(x, outer, inner))) return [outer, inner]
  }
  return null
}

const walksAsOne = (x: Index, outer: IndexVar, inner: IndexVar): boolean =>
  x.coefficient(outer) === x.coefficient(inner) * inner.extent && !x.divides(outer) && !x.divides(inner)

function joinStore(e: Exprs, s: Store, outer: IndexVar, inner: IndexVar, joined: IndexVar): Store {
  // outer·c·extent + inner·c = joined·c: replacing inner by joined and outer by 0 keeps every access.
  const map = new Map([[outer.id, new Index(0)], [inner.id, Index.of(joined)]])
  return substituteStore(e, s, map, true)
}

/** Writes out reductions over a few elements. */
export function unrollReductions(e: Exprs, stores: readonly Store[], limit = 4): readonly Store[] {
  const combine = { add: 'add', mul: 'mul', max: 'maximum', min: 'minimum' } as const
  const memo = new Map<Expr, Expr>()
  const visit = (x: Expr): Expr => {
    const known = memo.get(x)
    if (known) return known
    let out = rebuildWith(e, x, x.args.map(visit))
    const points = out.vars.reduce((n, v) => n * v.extent, 1)
    if (out.op === 'reduce' && points <= limit) out = unrolled(out)
    memo.set(x, out)
    return out
  }
  const unrolled = (x: Expr): Expr => {
    let terms: Expr[] = [x.args[0]]
    for (const v of x.vars) {
      terms = terms.flatMap(t =>
        Array.from({ length: v.extent }, (_, k) => new Substitution(e, new Map([[v.id, new Index(k)]])).expr(t)),
      )
    }
    return terms.reduce((a, b) => e.binary(combine[x.combine], a, b))
  }
  return stores.map(s => ({ ...s, value: visit(s.value) }))
}

function rebuildWith(e: Exprs, x: Expr, args: readonly Expr[]): Expr {
  if (args.every((a, i) => a === x.args[i])) return x
  switch (x.op) {
    case 'reduce': return e.reduce(x.combine, x.vars, args[0])
    case 'argReduce': return e.argReduce(x.combine as 'max' | 'min', x.vars, args[0])
    case 'where': return e.where(args[0], args[1], args[2])
    case 'cast': return e.cast(args[0], x.dtype)
    case 'bitcast': return e.bitcast(args[0], x.dtype)
    default: return args.length === 1 ? e.unary(x.op as never, args[0]) : e.binary(x.op as never, args[0], args[1])
  }
}

/** `x` with one expression in place of another. */
export function replaceExpr(e: Exprs, x: Expr, from: Expr, to: Expr): Expr {
  const memo = new Map<Expr, Expr>([[from, to]])
  const visit = (y: Expr): Expr => {
    const known = memo.get(y)
    if (known) return known
    const out = rebuildWith(e, y, y.args.map(visit))
    memo.set(y, out)
    return out
  }
  return visit(x)
}
