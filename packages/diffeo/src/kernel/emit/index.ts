/** @file Emits a loop nest as a kernel. */
import type { IndexVar } from '../../expr/index.ts'
import type { Expr } from '../../expr/scalar.ts'
import { Builder } from '../builder.ts'
import { bytesOf } from '../dtypes.ts'
import type { Kernel, Target, Value } from '../ir.ts'
import { coalesce, connected, cutRanges, unrollReductions, walkExprs, type Nest, type Store } from '../nest.ts'
import { storeElements } from './access.ts'
import { readBeside } from './beside.ts'
import { Emitter } from './emitter.ts'
import type { Binding, Vector } from './frame.ts'
import { plan as makePlan, type Piece, type Plan } from './plan.ts'
import { tailMask } from './reduce.ts'
import { batchProducts } from './products.ts'
import { batchRows } from './rows.ts'
import { narrowed } from './lanes.ts'
import { segments, type Segment } from './segments.ts'
import { tileTransposes, type Tile } from './transpose.ts'

/** Emits a refined nest (no quotients left) as one kernel. */
export function emitNest(nest: Nest, given: Target): Kernel {
  const { exprs } = nest
  const target = narrowed(nest, given)
  const stores = cutRanges(exprs, unrollReductions(exprs, nest.stores))
  const joined = connected(stores).map(part => coalesce(exprs, part))
  const tiles: Tile[] = []
  const parts = joined
    .flatMap(part => tileTransposes(exprs, part, nest.buffers, tiles))
    .flatMap(part => batchRows(exprs, part, target))
    .flatMap(part => batchProducts(exprs, part, target))
  const prepared: Nest = { ...nest, stores: parts.flat(), buffers: [...nest.buffers, ...tiles.map(t => t.info)] }
  const plan = makePlan(prepared, parts, tiles, target)
  const builder = new Builder(nest.name, 4, target.f16)
  const emitter = new Emitter(prepared, plan, target, builder)
  new NestEmitter(emitter, plan).run()
  return {
    name: nest.name, entry: builder.fn, callees: [], slots: nest.buffers.length, total: plan.total,
    scratchBytes: plan.scratchBytes, ...cost({ ...nest, stores: joined.flat() }),
    ...(nest.stores.length > 1 ? { beside: readBeside(parts) } : {}),
  }
}

class NestEmitter {
  private readonly m: Emitter
  private readonly plan: Plan

  constructor(m: Emitter, plan: Plan) {
    this.m = m
    this.plan = plan
  }

  run(): void {
    const { b } = this.m
    const { pieces } = this.plan
    const [first, end] = [b.param(1), b.param(2)]
    if (pieces.length === 1) { this.turns(pieces[0], first, end); return }
    let base = 0
    for (const p of pieces) {
      const low = b.iadd(b.intOp('imax', first, b.int(base)), -base)
      const high = b.iadd(b.intOp('imin', end, b.int(base + p.total)), -base)
      if (p.total > 1) this.turns(p, low, high)
      else b.if('lt', low, high, () => this.m.within([], () => this.stores(p, p.stores, 0)))
      base += p.total
    }
  }

  /** The turns from `low` to `high` of a piece. */
  private turns(p: Piece, low: Value, high: Value): void {
    const { m } = this
    if (p.total === 1) { this.stores(p, p.stores, 0); return }
    const level = p.parallel.length
    const v = p.block > 0 ? p.stores[0].vars[level] : null
    const blocks = v ? Math.ceil(v.extent / p.block) : 1
    m.b.loop(low, high, 1, [], turn => {
      const bindings = this.decode(p, m.b.idiv(turn, blocks))
      m.within(bindings, () => {
        if (v) this.block(p, v, m.b.imul(blocks < p.total ? m.b.imod(turn, blocks) : turn, p.block))
        else this.stores(p, p.stores, level)
      })
      return []
    })
  }

  /** The parallel loops' variables from their turn. */
  private decode(p: Piece, turn: Value): [IndexVar, Binding][] {
    const { b } = this.m
    let rest = turn
    const out: [IndexVar, Binding][] = []
    for (let i = p.parallel.length - 1; i >= 0; i--) {
      const v = p.parallel[i]
      const value = i === 0 ? rest : b.imod(rest, v.extent)
      out.push([v, { value, vector: null }])
      if (i > 0) rest = b.idiv(rest, v.extent)
    }
    return out
  }

  /** The vector loop's block from `start`: whole vectors first, then, at the very end, what is left. */
  private block(p: Piece, v: IndexVar, start: Value): void {
    const { m } = this
    const { b } = m
    const [wide, ...rest] = segments(v.extent, m.target, p.unroll)
    const level = p.parallel.length
    const stop = b.iadd(start, p.block)
    const last = v.extent % p.block === 0 ? stop : b.intOp('imin', stop, b.int(wide.end))
    b.loop(start, last, wide.step, [], value => { this.vectorTurn(p, v, wide, value, level, p.stores); return [] })
    if (rest.length === 0) return
    b.if('le', b.int(v.extent), stop, () =>
      m.within([], () => {
        for (const s of rest) this.segment(p, v, s, p.stores, level)
      }),
    )
  }

  /** Emits the stores whose loops before `level` are open. */
  private stores(p: Piece, stores: readonly Store[], level: number): void {
    const { m } = this
    for (const s of stores) if (s.vars.length === level) storeElements(m, s.buffer, s.index, s.value)
    const byVariable = new Map<IndexVar, Store[]>()
    for (const s of stores) {
      if (s.vars.length <= level) continue
      const group = byVariable.get(s.vars[level])
      if (group) group.push(s)
      else byVariable.set(s.vars[level], [s])
    }
    for (const [v, group] of byVariable) this.loop(p, v, group, level)
  }

  private loop(p: Piece, v: IndexVar, stores: readonly Store[], level: number): void {
    const { m, plan } = this
    m.prepare(stores.map(s => s.value))
    if (plan.vectors.has(v.id)) {
      for (const s of segments(v.extent, m.target, p.unroll)) this.segment(p, v, s, stores, level)
      m.endPass()
      return
    }
    m.b.loop(m.b.int(0), m.b.int(v.extent), 1, [], value => {
      m.within([[v, { value, vector: null }]], () => this.stores(p, stores, level + 1))
      return []
    })
  }

  private segment(p: Piece, v: IndexVar, s: Segment, stores: readonly Store[], level: number): void {
    const { b } = this.m
    if (s.count || s.end - s.start === s.step) {
      this.vectorTurn(p, v, s, b.int(s.start), level, stores)
      return
    }
    b.loop(b.int(s.start), b.int(s.end), s.step, [], value => {
      this.vectorTurn(p, v, s, value, level, stores)
      return []
    })
  }

  private vectorTurn(
    p: Piece, v: IndexVar, s: Segment, value: Value, level: number, stores: readonly Store[],
  ): void {
    const { m } = this
    const vector: Vector | null =
      s.lanes === 1 ? null : { lanes: s.lanes, unroll: s.unroll, mask: s.count ? tailMask(m, s) : null }
    m.within([[v, { value, vector }]], () => this.stores(p, stores, level + 1))
  }
}

/** Arithmetic and traffic of a nest: each element of a buffer counts once. */
export function cost(nest: Nest): { flops: number; bytes: number } {
  let flops = 0
  const touched = new Map<number, number>()
  const touch = (buffer: number, times: number) => {
    const info = nest.buffers[buffer]
    const bytes = bytesOf(info.dtype)
    touched.set(buffer, Math.max(touched.get(buffer) ?? 0, Math.min(times, info.size) * bytes))
  }
  const points = (vars: readonly IndexVar[]) => vars.reduce((n, v) => n * v.extent, 1)
  const written = new Map<number, number>()
  for (const s of nest.stores) written.set(s.buffer, (written.get(s.buffer) ?? 0) + points(s.vars))
  for (const [buffer, times] of written) touch(buffer, times)
  let bytes = [...touched.values()].reduce((a, c) => a + c, 0)
  touched.clear()
  walkExprs(
    nest.stores.map(s => s.value),
    (x: Expr) => {
      if (x.op === 'load') touch(x.buffer, points(x.free))
      else if (x.op === 'reduce' || x.op === 'argReduce') flops += points(x.free) * points(x.vars)
      else if (x.op !== 'constant' && x.op !== 'index' && x.op !== 'inRange' && x.op !== 'cast' && x.op !== 'bitcast')
        flops += points(x.free)
    },
  )
  bytes += [...touched.values()].reduce((a, c) => a + c, 0)
  return { flops, bytes }
}
