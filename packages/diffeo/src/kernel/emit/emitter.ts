/** @file Turns scalar expressions into kernel IR, each value in the outermost open loop that knows all it depends on. */
import type { Expr } from '../../expr/scalar.ts'
import type { IndexVar } from '../../expr/index.ts'
import type { DType } from '../../expr/types.ts'
import { Builder } from '../builder.ts'
import type { MemType, Target, Value } from '../ir.ts'
import { binaryMath, convertMath, unaryMath } from '../math/index.ts'
import { walkExprs, type BufferInfo, type Nest } from '../nest.ts'
import { Frame, type Binding, type Registers, type Vector } from './frame.ts'
import { indexLanes, inRangeMask, loadElements } from './access.ts'
import { emitReduction } from './reduce.ts'
import type { Plan } from './plan.ts'

export const memTypes: Partial<Record<DType, MemType>> = {
  float32: 'f32', int32: 'i32', uint32: 'i32', uint8: 'u8', int8: 'i8', bool: 'u8',
}

export class Emitter {
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
  private readonly writing = new Set<Expr>()
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

  argument(slot: number): Value { return this.int(0, `arg${slot}`, () => this.b.arg(slot)) }

  /** The expression's value: one register a turn of the vector loop it depends on, or a single scalar one. */
  emit(x: Expr): Registers {
    if (x.op === 'constant') return [this.constant(x, 1)]
    const depth = this.depth(x.free)
    const memo = this.guarding ? this.frames[depth].guarded : this.frames[depth].values
    const known = memo.get(x)
    if (known) return known
    const registers = this.at(depth, () => this.kept(x) ?? this.compute(x))
    memo.set(x, registers)
    return registers
  }

  /** A constant is written where it is used: backends fold it. */
  constant(x: Expr, lanes: number): Value {
    if (x.dtype === 'bool') return this.b.constMask(x.value !== 0, lanes)
    return this.b.constant(x.dtype === 'float32' ? 'f32' : 'i32', x.dtype === 'float32' ? Math.fround(x.value) : x.value | 0, lanes)
  }

  /** All operands in the same form: `unroll` registers of the vector's lanes, or one scalar. */
  align(args: readonly Expr[]): Registers[] {
    const emitted = args.map(a => (a.op === 'constant' ? null : this.emit(a)))
    let lanes = 1
    let unroll = 1
    for (const r of emitted) if (r) { lanes = Math.max(lanes, r[0].lanes); unroll = Math.max(unroll, r.length) }
    return emitted.map((r, i) => this.spread(r ?? [this.constant(args[i], lanes)], lanes, unroll, args[i]))
  }

  /** The registers as `unroll` ones of `lanes` lanes; what is the same in all lanes is spread where it was computed. */
  spread(r: Registers, lanes: number, unroll: number, of: Expr | null = null): Registers {
    if (r.length === unroll && r[0].lanes === lanes) return r
    const one = r[0].lanes === lanes ? r[0] : this.splat(r[0], lanes, of && of.op !== 'constant' ? this.depth(of.free) : this.frames.length - 1)
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

  /** Computes the reductions below `roots` that the open loops suffice for, before a loop opens that would compute them inside. */
  prepare(roots: readonly Expr[]): void {
    const found: Expr[] = []
    let guarded = false
    walkExprs(roots, x => {
      if (x.op === 'inRange') guarded = true
      if (x.vars.length > 0) found.push(x)
    })
    // Under a condition about places, a reduction may name elements that are not there.
    if (guarded) return
    for (const x of found.reverse()) if (x.free.every(v => this.frames.some(f => f.bindings.has(v.id)))) this.emit(x)
  }

  /** Notes that a pass over a row has ended. */
  endPass(): void {
    for (const x of this.writing) this.complete.add(x)
    this.writing.clear()
  }

  private kept(x: Expr): Registers | null {
    const place = this.plan.kept.get(x)
    if (!place || this.guarding) return null
    const { value, vector } = this.binding(place.row)
    const at = (u: number) => ({
      base: this.b.param(3), index: value, scale: 4 as const, disp: place.offset + u * (vector?.lanes ?? 1) * 4,
    })
    const lanes = vector?.lanes ?? 1
    const mask = vector?.mask ?? undefined
    if (this.complete.has(x)) {
      return Array.from({ length: vector?.unroll ?? 1 }, (_, u) => this.b.load('f32', at(u), lanes, mask))
    }
    const registers = this.spread(this.compute(x), lanes, vector?.unroll ?? 1)
    registers.forEach((r, u) => this.b.store('f32', at(u), r, mask))
    this.writing.add(x)
    return registers
  }

  private compute(x: Expr): Registers {
    switch (x.op) {
      case 'load': return loadElements(this, x)
      case 'index': return indexLanes(this, x).map(v => convertMath(this.b, v, 'int32', x.dtype))
      case 'inRange': return inRangeMask(this, x)
      case 'reduce': case 'argReduce': return emitReduction(this, x)
      case 'where': return this.choose(x)
      case 'cast': return this.emit(x.args[0]).map(v => convertMath(this.b, v, x.args[0].dtype, x.dtype))
      case 'bitcast': return this.emit(x.args[0]).map(v => bitcast(this.b, v, x.dtype))
      default: return this.arithmetic(x)
    }
  }

  private arithmetic(x: Expr): Registers {
    if (x.op === 'mul' && x.dtype === 'float32') {
      const quotient = this.quotient(x.args[0], x.args[1]) ?? this.quotient(x.args[1], x.args[0])
      if (quotient) return quotient
    }
    const args = this.align(x.args)
    const dtype = x.args[0].dtype
    const [a, b] = args
    if (!b) return a.map(v => unaryMath(this.b, x.op as never, v, dtype))
    if (a.every(v => v === a[0]) && b.every(v => v === b[0])) {
      const one = binaryMath(this.b, x.op as never, a[0], b[0], dtype)
      return a.map(() => one)
    }
    return a.map((v, i) => binaryMath(this.b, x.op as never, v, b[i], dtype))
  }

  /** Emits what is chosen only where all of `conditions` hold. */
  private guarded(conditions: readonly Expr[], x: Expr): void {
    if (x.op === 'constant') return
    const outer = this.guards
    this.guards = [...outer, ...conditions]
    this.emit(x)
    this.guards = outer
  }

  /** Conditions are evaluated everywhere. */
  unguarded<T>(f: () => T): T {
    const { guards } = this
    this.guards = []
    try { return f() } finally { this.guards = guards }
  }

  /** a · 1/b as one correctly rounded division; a sum over a row (softmax, norms) divides once and multiplies its row. */
  private quotient(a: Expr, reciprocal: Expr): Registers | null {
    if (reciprocal.op !== 'reciprocal') return null
    const [b] = reciprocal.args
    if (this.depth(b.free) < this.frames.length - 1 && containsReduction(b)) return null
    const [x, y] = this.align([a, b])
    return x.map((v, i) => this.b.binary('div', v, y[i]))
  }

  private choose(x: Expr): Registers {
    const [condition] = x.args
    const before = this.guarding
    if (dependsOnRange(condition)) {
      this.guarding = true
      this.guarded(conjuncts(condition), x.args[1])
      this.guarded([this.nest.exprs.unary('not', condition)], x.args[2])
    }
    const branches = this.align([x.args[1], x.args[2]])
    this.guarding = before
    const mask = this.emit(condition)
    const lanes = Math.max(mask[0].lanes, branches[0][0].lanes)
    const unroll = Math.max(mask.length, branches[0].length)
    const [m, a, b] = [mask, ...branches].map((r, i) => this.spread(r, lanes, unroll, x.args[i]))
    return m.map((_, i) => this.b.select(m[i], a[i], b[i]))
  }
}

/** The parts of a condition that must all hold. */
const conjuncts = (x: Expr): Expr[] => (x.op === 'and' ? x.args.flatMap(conjuncts) : [x])

function containsReduction(x: Expr): boolean {
  return x.op === 'reduce' || x.args.some(containsReduction)
}

/** Whether the condition is about where an element lies, so that a branch may name elements that are not there. */
function dependsOnRange(x: Expr): boolean {
  return x.op === 'inRange' || ((x.op === 'and' || x.op === 'or' || x.op === 'not') && x.args.some(dependsOnRange))
}

function bitcast(b: Builder, v: Value, to: DType): Value {
  const kind = to === 'float32' ? 'f32' : 'i32'
  if (v.kind === kind) return v
  return b.convert(kind === 'f32' ? 'bitsToF32' : 'bitsToI32', v)
}
