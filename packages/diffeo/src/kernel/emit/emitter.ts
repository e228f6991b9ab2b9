/**
 * @file Turns scalar expressions into kernel IR, each value in the outermost open loop that knows all it depends on.
 */
import type { Expr } from '../../expr/scalar.ts'
import type { DType } from '../../expr/types.ts'
import type { Builder } from '../builder.ts'
import type { Value } from '../ir.ts'
import { fromMemory, isNarrowFloat, kindOf, toMemory } from '../dtypes.ts'
import { binaryMath, convertMath, unaryMath } from '../math/index.ts'
import { walkExprs } from '../nest.ts'
import { indexLanes, inRangeMask, loadElements } from './access.ts'
import type { Registers } from './frame.ts'
import { emitReduction } from './reduce.ts'
import { Scope } from './scope.ts'

export class Emitter extends Scope {
  override emit(x: Expr): Registers {
    if (x.op === 'constant') return [this.constant(x, 1)]
    const depth = this.depth(x.free)
    const memo = this.guarding ? this.frames[depth].guarded : this.frames[depth].values
    const known = memo.get(x)
    if (known) return known
    const registers = this.at(depth, () => this.kept(x) ?? this.compute(x))
    memo.set(x, registers)
    return registers
  }

  /** All operands in the same form: `unroll` registers of the vector's lanes, or one scalar. */
  align(args: readonly Expr[]): Registers[] {
    const emitted = args.map(a => (a.op === 'constant' ? null : this.emit(a)))
    let lanes = 1
    let unroll = 1
    for (const r of emitted) if (r) { lanes = Math.max(lanes, r[0].lanes); unroll = Math.max(unroll, r.length) }
    return emitted.map((r, i) => this.spread(r ?? [this.constant(args[i], lanes)], lanes, unroll, args[i]))
  }

  /**
   * Computes the reductions below `roots` that the open loops suffice for, before a loop opens that would compute them
   * inside.
   */
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
      case 'bitcast': return this.emit(x.args[0]).map(v => bitcast(this.b, v, x.args[0].dtype, x.dtype))
      default: return this.arithmetic(x)
    }
  }

  private arithmetic(x: Expr): Registers {
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

/** Whether the condition is about where an element lies, so that a branch may name elements that are not there. */
function dependsOnRange(x: Expr): boolean {
  return x.op === 'inRange' || ((x.op === 'and' || x.op === 'or' || x.op === 'not') && x.args.some(dependsOnRange))
}

function bitcast(b: Builder, v: Value, from: DType, to: DType): Value {
  if (isNarrowFloat(from) || isNarrowFloat(to)) {
    if (from === to) return v
    return fromMemory(b, toMemory(b, v, from, 'u16'), to, 'u16')
  }
  const kind = kindOf(to)
  if (v.kind === kind) return v
  return b.convert(kind === 'f32' ? 'bitsToF32' : 'bitsToI32', v)
}
