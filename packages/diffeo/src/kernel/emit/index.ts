/** @file Emits a loop nest as a kernel. */
import type { IndexVar } from '../../expr/index.ts'
import type { Expr } from '../../expr/scalar.ts'
import { Builder } from '../builder.ts'
import type { Kernel, Target, Value } from '../ir.ts'
import { memBytes } from '../ir.ts'
import { coalesce, cutRanges, unrollReductions, walkExprs, type Nest, type Store } from '../nest.ts'
import { storeElements } from './access.ts'
import { Emitter } from './emitter.ts'
import type { Binding, Vector } from './frame.ts'
import { plan as makePlan, type Plan } from './plan.ts'
import { tailMask } from './reduce.ts'
import { memTypes } from './scope.ts'
import { segments, type Segment } from './segments.ts'

/** Emits a refined nest (no quotients left) as one kernel. */
export function emitNest(nest: Nest, target: Target): Kernel {
  const { exprs } = nest
  let stores = unrollReductions(exprs, nest.stores)
  stores = cutRanges(exprs, stores)
  stores = coalesce(exprs, stores)
  const prepared: Nest = { ...nest, stores }
  const plan = makePlan(prepared, target)
  const builder = new Builder(nest.name, 4)
  const emitter = new Emitter(prepared, plan, target, builder)
  new NestEmitter(emitter, prepared, plan).run()
  return {
    name: nest.name, entry: builder.fn, callees: [], slots: nest.buffers.length, total: plan.total,
    scratchBytes: plan.scratchBytes, ...cost(prepared),
  }
}

class NestEmitter {
  private readonly m: Emitter
  private readonly nest: Nest
  private readonly plan: Plan

  constructor(m: Emitter, nest: Nest, plan: Plan) {
    this.m = m
    this.nest = nest
    this.plan = plan
  }

  run(): void {
    const { m, plan, nest } = this
    const [first, end] = [m.b.param(1), m.b.param(2)]
    if (plan.block > 0) { this.blocks(nest.stores[0].vars[0], first, end); return }
    if (plan.parallel.length === 0) { this.stores(nest.stores, 0); return }
    m.b.loop(first, end, 1, [], turn => {
      m.within(this.decode(turn), () => this.stores(nest.stores, plan.parallel.length))
      return []
    })
  }

  /** The parallel loops' variables from the number of the turn. */
  private decode(turn: Value): [IndexVar, Binding][] {
    const { m, plan } = this
    let rest = turn
    const out: [IndexVar, Binding][] = []
    for (let i = plan.parallel.length - 1; i >= 0; i--) {
      const v = plan.parallel[i]
      const value = i === 0 ? rest : m.b.imod(rest, v.extent)
      out.push([v, { value, vector: null }])
      if (i > 0) rest = m.b.idiv(rest, v.extent)
    }
    return out
  }

  /** The vector loop itself is handed out in blocks: whole vectors first, then what is left at the very end. */
  private blocks(v: IndexVar, first: Value, end: Value): void {
    const { m, plan } = this
    const { b } = m
    const all = segments(v.extent, m.target, plan.unroll)
    const wide = all[0].unroll === plan.unroll && all[0].count === 0 && all[0].lanes > 1 ? all[0] : null
    const start = b.imul(first, plan.block)
    const stop = b.imul(end, plan.block)
    if (wide) {
      const last = b.intOp('imin', stop, b.int(wide.end))
      b.loop(start, last, wide.step, [], value => { this.vectorTurn(v, wide, value, 0); return [] })
    }
    const rest = wide ? all.slice(1) : all
    if (rest.length > 0)
      b.if('lt', b.int(v.extent - 1), stop, () =>
        m.within([], () => {
          for (const s of rest) this.segment(v, s, this.nest.stores, 0)
        }),
      )
  }

  /** Emits the stores whose loops before `level` are open. */
  private stores(stores: readonly Store[], level: number): void {
    const { m } = this
    for (const s of stores) if (s.vars.length === level) storeElements(m, s.buffer, s.index, s.value)
    const byVariable = new Map<IndexVar, Store[]>()
    for (const s of stores) {
      if (s.vars.length <= level) continue
      const group = byVariable.get(s.vars[level])
      if (group) group.push(s)
      else byVariable.set(s.vars[level], [s])
    }
    for (const [v, group] of byVariable) this.loop(v, group, level)
  }

  private loop(v: IndexVar, stores: readonly Store[], level: number): void {
    const { m, plan } = this
    m.prepare(stores.map(s => s.value))
    if (plan.vectors.has(v.id)) {
      for (const s of segments(v.extent, m.target, plan.unroll)) this.segment(v, s, stores, level)
      m.endPass()
      return
    }
    m.b.loop(m.b.int(0), m.b.int(v.extent), 1, [], value => {
      m.within([[v, { value, vector: null }]], () => this.stores(stores, level + 1))
      return []
    })
  }

  private segment(v: IndexVar, s: Segment, stores: readonly Store[], level: number): void {
    const { b } = this.m
    if (s.count || s.end - s.start === s.step) {
      this.vectorTurn(v, s, b.int(s.start), level, stores)
      return
    }
    b.loop(b.int(s.start), b.int(s.end), s.step, [], value => {
      this.vectorTurn(v, s, value, level, stores)
      return []
    })
  }

  private vectorTurn(
    v: IndexVar,
    s: Segment,
    value: Value,
    level: number,
    stores: readonly Store[] = this.nest.stores,
  ): void {
    const { m } = this
    const vector: Vector | null =
      s.lanes === 1 ? null : { lanes: s.lanes, unroll: s.unroll, mask: s.count ? tailMask(m, s) : null }
    m.within([[v, { value, vector }]], () => this.stores(stores, level + 1))
  }
}

/** Arithmetic and traffic of a nest: each element of a buffer counts once. */
export function cost(nest: Nest): { flops: number; bytes: number } {
  let flops = 0
  const touched = new Map<number, number>()
  const touch = (buffer: number, times: number) => {
    const info = nest.buffers[buffer]
    const bytes = memBytes[memTypes[info.dtype] ?? 'i32']
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
