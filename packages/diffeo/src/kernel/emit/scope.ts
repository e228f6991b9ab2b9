/** @file The loops that are open while a nest is emitted, and what is known in each. */
import type { Expr } from '../../expr/scalar.ts'
import type { IndexVar } from '../../expr/index.ts'
import type { Builder } from '../builder.ts'
import { kindOf, roundTo } from '../dtypes.ts'
import type { Target, Value } from '../ir.ts'
import { walkExprs, type BufferInfo, type Nest } from '../nest.ts'
import { Frame, type Binding, type Registers, type Vector } from './frame.ts'
import type { Plan } from './plan.ts'

export abstract class Scope {
  readonly b: Builder
  readonly target: Target
  readonly nest: Nest
  readonly plan: Plan
  frames: Frame[]
  /** Set while a value is computed that a condition may discard: its loads are clamped into their buffers. */
  guarding = false
  /** The conditions under which it is not discarded. */
  guards: readonly Expr[] = []
  /** Rows that a finished pass has left in scratch, and those that the pass under way is writing. */
  readonly complete = new Set<Expr>()
  protected readonly writing = new Set<Expr>()
  /** Every reduction of the nest. */
  readonly reductions: readonly Expr[]

  constructor(nest: Nest, plan: Plan, target: Target, builder: Builder) {
    this.nest = nest
    this.plan = plan
    this.target = target
    this.b = builder
    const reductions: Expr[] = []
    walkExprs(nest.stores.map(s => s.value), x => { if (x.vars.length > 0) reductions.push(x) })
    this.reductions = reductions
    this.frames = [new Frame(builder.block)]
  }

  get buffers(): readonly BufferInfo[] { return this.nest.buffers }

  binding(v: IndexVar): Binding {
    const b = this.frames[this.depthOf(v)].bindings.get(v.id)
    if (!b) throw new Error(`kernel ${this.nest.name}: loop variable v${v.id} is not open`)
    return b
  }

  depthOf(v: IndexVar): number {
    for (let d = this.frames.length - 1; d >= 0; d--) if (this.frames[d].bindings.has(v.id)) return d
    throw new Error(`kernel ${this.nest.name}: loop variable v${v.id} is not open`)
  }

  isOpen(v: IndexVar): boolean { return this.frames.some(f => f.bindings.has(v.id)) }

  depth(vars: readonly IndexVar[]): number {
    let d = 0
    for (const v of vars) d = Math.max(d, this.depthOf(v))
    return d
  }

  /** The vector loop among these variables, if one is open. */
  vectorOf(vars: readonly IndexVar[]): Vector | null {
    for (const v of vars) {
      const { vector } = this.binding(v)
      if (vector) return vector
    }
    return null
  }

  /** Runs `f` with a fresh frame on the open block. */
  within<T>(bindings: readonly (readonly [IndexVar, Binding])[], f: () => T): T {
    const frame = new Frame(this.b.block)
    for (const [v, binding] of bindings) frame.bindings.set(v.id, binding)
    this.frames.push(frame)
    try { return f() } finally { this.frames.pop() }
  }

  /** Runs `f` as if only the frames up to `depth` were open. */
  at<T>(depth: number, f: () => T): T {
    if (depth === this.frames.length - 1) return f()
    const all = this.frames
    this.frames = all.slice(0, depth + 1)
    try { return this.b.inside(all[depth].block, f) } finally { this.frames = all }
  }

  /** An int computed once in the frame at `depth`. */
  int(depth: number, key: string, make: () => Value): Value {
    const { ints } = this.frames[depth]
    const known = ints.get(key)
    if (known) return known
    const value = this.at(depth, make)
    ints.set(key, value)
    return value
  }

  /** The address of a buffer: an argument, or a tile in scratch. */
  argument(slot: number): Value {
    const tile = this.plan.tiles.get(slot)
    return this.int(0, `arg${slot}`, () => (tile === undefined ? this.b.arg(slot) : this.b.iadd(this.b.param(3), tile)))
  }

  /** The expression's value: one register a turn of the vector loop it depends on, or a single scalar one. */
  abstract emit(x: Expr): Registers

  /** A constant is written where it is used: backends fold it. */
  constant(x: Expr, lanes: number): Value {
    if (x.dtype === 'bool') return this.b.constMask(x.value !== 0, lanes)
    const kind = kindOf(x.dtype)
    return this.b.constant(kind, kind === 'i32' ? x.value | 0 : roundTo(x.dtype, x.value), lanes)
  }

  /** The registers as `unroll` ones of `lanes` lanes; what is the same in all lanes is spread where it was computed. */
  spread(r: Registers, lanes: number, unroll: number, of: Expr | null = null): Registers {
    if (r.length === unroll && r[0].lanes === lanes) return r
    const one =
      r[0].lanes === lanes
        ? r[0]
        : this.splat(r[0], lanes, of && of.op !== 'constant' ? this.depth(of.free) : this.frames.length - 1)
    return Array.from({ length: unroll }, () => one)
  }

  private splat(v: Value, lanes: number, depth: number): Value {
    const { splats } = this.frames[depth]
    const known = splats.get(v)
    if (known && known.lanes === lanes) return known
    const all = this.at(depth, () => this.b.splat(v, lanes))
    splats.set(v, all)
    return all
  }

  /** Where lane 0, 1, … of register `u` are in the loop over `v`. */
  positionOf(v: IndexVar, lanes: number, u: number): Value {
    const { value, vector } = this.binding(v)
    const at = this.b.fromInt(this.b.iadd(value, vector ? u * vector.lanes : 0))
    return vector ? this.b.binary('add', this.b.splat(at, lanes), this.b.iota(lanes)) : this.b.splat(at, lanes)
  }

  /** Conditions are evaluated everywhere. */
  unguarded<T>(f: () => T): T {
    const { guards } = this
    this.guards = []
    try { return f() } finally { this.guards = guards }
  }

  /** Notes that a pass over a row has ended. */
  endPass(): void {
    for (const x of this.writing) this.complete.add(x)
    this.writing.clear()
  }
}
