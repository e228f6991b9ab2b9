/** @file The functions of a contraction: one a kind of tile, and those that copy rows. */
import { Index, type IndexVar } from '../../expr/index.ts'
import { Builder } from '../builder.ts'
import { address, storeElements } from '../emit/access.ts'
import { Emitter } from '../emit/emitter.ts'
import type { Binding } from '../emit/frame.ts'
import { loopless } from '../emit/plan.ts'
import type { Fn, Target, Value } from '../ir.ts'
import { Substitution, type Nest } from '../nest.ts'
import type { ContractionPlan } from './plan.ts'
import { copySlack, emitCopy } from './rows.ts'
import { extentOf } from './spec.ts'
import { unrollOf, type Tile } from './tile.ts'

/** Which of the depth blocks: the first sets the sums, the last also finishes them. */
export interface Part {
  readonly first: boolean
  readonly last: boolean
}

/**
 * Functions take the argument block, scratch, one number for each of `params`, and the address of the copied rows where
 * rows are copied.
 */
export class Tiles {
  /** Loop variables that functions take, in order. */
  readonly params: readonly IndexVar[]
  /** Copied rows, then sums of a ragged last panel. */
  readonly scratchBytes: number
  /** Bytes of a copied row: one depth block. */
  readonly rowBytes: number
  private readonly plan: ContractionPlan
  private readonly target: Target
  private readonly functions = new Map<string, Fn>()
  /** The depth loops of one block. */
  private readonly depthLoops: readonly IndexVar[]
  private readonly copyBytes: number
  private readonly scalarTail: boolean
  /** Rows of a step. */
  private readonly each: number

  constructor(plan: ContractionPlan, target: Target) {
    this.plan = plan
    this.target = target
    this.params = [...plan.parallel, ...plan.inside].filter(v => v !== plan.lane && v !== plan.panel)
      .concat([plan.m, plan.panel], plan.blocked ? [plan.k[0]] : [])
    this.each = plan.within?.extent ?? 1
    this.depthLoops = plan.blocked ? plan.k.slice(1) : plan.k
    this.rowBytes = extentOf(this.depthLoops) * 4
    this.scalarTail = !target.masks && plan.n.extent % target.lanes !== 0
    this.copyBytes = plan.copiesRows ? plan.tilesPerTurn * plan.steps * this.rowBytes + copySlack : 0
    this.scratchBytes = this.copyBytes + (this.scalarTail ? plan.steps * this.each * plan.width * 4 : 0)
  }

  /** All that were asked for. */
  get all(): Fn[] { return [...this.functions.values()] }

  /** Computes one tile, whose `rows` are steps. */
  tile(shape: Tile, part: Part): Fn {
    const t = { ...shape, rows: shape.rows * this.each }
    return this.once(`${t.rows}x${t.vectors} ${t.laneStart}:${t.count} ${part.first} ${part.last}`, key =>
      this.buildTile(t, part, key))
  }

  /** Copies the rows of one tile. */
  copy(rows: number): Fn { return this.once(`copy ${rows}`, key => this.buildCopy(rows, key)) }

  private once(key: string, build: (key: string) => Fn): Fn {
    let fn = this.functions.get(key)
    if (!fn) this.functions.set(key, fn = build(key))
    return fn
  }

  private buildCopy(rows: number, key: string): Fn {
    const { c } = this.plan
    const b = new Builder(`${c.name} ${key}`, 3 + this.params.length)
    const m = this.emitter(b)
    const bindings: [IndexVar, Binding][] = this.params.map((v, i) => [v, { value: b.param(2 + i), vector: null }])
    const row = c.a.index.coefficient(this.plan.m) * 4
    const loops = this.depthLoops.map(v => ({ extent: v.extent, step: c.a.index.coefficient(v) * 4 }))
    const to = b.param(2 + this.params.length)
    m.within(bindings, () => {
      const from = this.pointer(m, c.a.buffer, c.a.index)
      emitCopy(b, this.target, loops, rows, row, from, to)
    })
    return b.fn
  }

  private buildTile(t: Tile, part: Part, key: string): Fn {
    const { plan, target } = this
    const { c } = plan
    const b = new Builder(`${c.name} ${key}`, 2 + this.params.length + (plan.copiesRows ? 1 : 0))
    const m = this.emitter(b)
    const mask = t.count && target.masks ? b.firstLanes(b.int(t.count), target.lanes) : null
    const bindings: [IndexVar, Binding][] = this.params.map((v, i) => [v, { value: b.param(2 + i), vector: null }])
    bindings.push([plan.lane, { value: b.int(t.laneStart), vector: { lanes: target.lanes, unroll: t.vectors, mask } }])
    m.within(bindings, () => this.tileBody(m, t, mask, part))
    return b.fn
  }

  private tileBody(m: Emitter, t: Tile, mask: Value | null, part: Part): void {
    const { c } = this.plan
    const { b, target } = m
    const [out] = c.outputs
    const zeros = Array.from({ length: t.rows * t.vectors }, () => b.constant('f32', 0, m.target.lanes))
    if (target.isa !== 'wasm') this.prefetchRows(m, t)
    const block = this.depth(m, t, mask, zeros)
    // What the depth blocks before have summed is added at the end: blocks of a sum keep its error small.
    const before = (i: number) => {
      const at = this.row(Math.floor(i / t.vectors)).index(out.index).plus((i % t.vectors) * m.target.lanes)
      return b.load('f32', address(m, out.buffer, at), m.target.lanes, mask ?? undefined)
    }
    const sums = part.first ? block : block.map((sum, i) => b.binary('add', before(i), sum))
    if (this.scalarTail && t.count) { this.storeScalar(m, t, sums, part.last); return }
    for (let r = 0; r < t.rows; r++) this.storeRow(m, r, sums.slice(r * t.vectors, (r + 1) * t.vectors), part.last)
  }

  /** Names row `r` of the tile where an expression names the first. */
  private row(r: number): Substitution {
    const { c, m, within } = this.plan
    const map = new Map([[m.id, Index.of(m).plus(Math.floor(r / this.each))]])
    if (within) map.set(within.id, new Index(r % this.each))
    return new Substitution(c.exprs, map)
  }

  /** What the tile will write (and, after the first depth block, add to) is fetched while it is computed. */
  private prefetchRows(m: Emitter, t: Tile): void {
    const [out] = this.plan.c.outputs
    for (let r = 0; r < t.rows; r++) {
      const at = address(m, out.buffer, this.row(r).index(out.index))
      for (let v = 0; v < t.vectors * m.target.lanes * 4; v += 64) m.b.prefetch('write', { ...at, disp: at.disp + v })
    }
  }

  private storeRow(m: Emitter, r: number, sums: readonly Value[], last: boolean): void {
    const { c } = this.plan
    const s = this.row(r)
    const accumulator = s.expr(c.accumulator)
    m.frames[m.frames.length - 1].values.set(accumulator, sums)
    for (const o of c.outputs) storeElements(m, o.buffer, s.index(o.index), last ? s.expr(o.value) : accumulator)
  }

  /** Without masks, the last columns go through scratch and are finished one by one. */
  private storeScalar(m: Emitter, t: Tile, sums: readonly Value[], last: boolean): void {
    const { plan } = this
    const { b } = m
    const { lanes } = m.target
    sums.forEach((v, i) =>
      b.store('f32', { base: b.param(1), index: null, scale: 1, disp: this.copyBytes + i * lanes * 4 }, v),
    )
    for (let r = 0; r < t.rows; r++) {
      b.loop(b.int(0), b.int(t.count), 1, [], j => {
        const sum = b.load(
          'f32',
          { base: b.param(1), index: j, scale: 4, disp: this.copyBytes + r * t.vectors * lanes * 4 },
          1,
        )
        m.within([[plan.lane, { value: b.iadd(j, t.laneStart), vector: null }]], () => this.storeRow(m, r, [sum], last))
        return []
      })
    }
  }

  /** The depth loops: a's elements are broadcast, b's vectors loaded, every product added to its accumulator. */
  private depth(m: Emitter, t: Tile, mask: Value | null, inits: readonly Value[]): readonly Value[] {
    const { plan } = this
    const { b } = m
    const loops = this.depthLoops
    const a0 = plan.copiesRows ? b.param(2 + this.params.length) : this.pointer(m, plan.c.a.buffer, plan.c.a.index)
    const b0 = this.pointer(m, plan.c.b.buffer, plan.c.b.index)
    const { depth } = this.rowLayout(t.rows)
    const strides = loops.map((v, i) => ({ extent: v.extent, a: depth[i], b: plan.c.b.index.coefficient(v) * 4 }))
    return this.depthLoop(m, t, mask, strides, 0, a0, b0, inits)
  }

  /** Where a tile's elements of a lie, in bytes from the first: in a itself, or in the copy. */
  private rowLayout(rows: number): { row: (r: number) => number; depth: readonly number[] } {
    const { copiesRows, c, m, within } = this.plan
    if (copiesRows) return { row: r => r * 4, depth: packedSteps(this.depthLoops, rows * 4) }
    const [step, small] = [m, within].map(v => (v ? c.a.index.coefficient(v) * 4 : 0))
    return {
      row: r => Math.floor(r / this.each) * step + r % this.each * small,
      depth: this.depthLoops.map(v => c.a.index.coefficient(v) * 4),
    }
  }

  private depthLoop(
    m: Emitter,
    t: Tile,
    mask: Value | null,
    loops: readonly Stride[],
    level: number,
    a: Value,
    bp: Value,
    sums: readonly Value[],
  ): readonly Value[] {
    const { b } = m
    if (level === loops.length) return this.multiply(m, t, mask, a, bp, 0, 0, sums)
    const { extent, a: da, b: db } = loops[level]
    const innermost = level === loops.length - 1
    const unroll = innermost && m.target.isa !== 'wasm' ? unrollOf(extent, t.rows * t.vectors) : 1
    const turns = Math.floor(extent / unroll)
    const body = (pa: Value, pb: Value, acc: readonly Value[], times: number) => {
      let next = acc
      for (let u = 0; u < times; u++) {
        next = innermost
          ? this.multiply(m, t, mask, pa, pb, u * da, u * db, next)
          : this.depthLoop(m, t, mask, loops, level + 1, pa, pb, next)
      }
      return next
    }
    if (turns === 1 && innermost) return body(a, bp, sums, extent)
    const result = b.loop(b.int(0), b.int(turns), 1, [...sums, a, bp], (_, carried) => {
      const [pa, pb] = carried.slice(-2)
      const next = body(pa, pb, carried.slice(0, -2), unroll)
      return [...next, b.iadd(pa, da * unroll), b.iadd(pb, db * unroll)]
    })
    const [pa, pb] = result.slice(-2)
    return body(pa, pb, result.slice(0, -2), extent - turns * unroll)
  }

  /**
   * Whether a tile asks for the next panel, which lies behind this one and is not in the second cache: the processor's
   * own prefetch begins anew at each page, and a product of 2048 gains 2 to 10 % by it.
   */
  private get fetchesAhead(): boolean {
    const { packed, panelsPerTurn, c } = this.plan
    return packed && panelsPerTurn > 1 && this.target.isa !== 'wasm' && c.buffers[c.b.buffer].size * 4 > 2 ** 20
  }

  private multiply(
    m: Emitter,
    t: Tile,
    mask: Value | null,
    a: Value,
    bp: Value,
    da: number,
    db: number,
    sums: readonly Value[],
  ): readonly Value[] {
    const { b, target } = m
    const { row } = this.rowLayout(t.rows)
    const at = (base: Value, disp: number) => ({ base, index: null, scale: 1 as const, disp })
    const columns = Array.from({ length: t.vectors }, (_, v) =>
      b.load('f32', at(bp, db + v * target.lanes * 4), target.lanes, this.plan.packed ? undefined : mask ?? undefined))
    if (this.fetchesAhead) {
      const ahead = this.plan.c.b.index.coefficient(this.plan.panel) * 4
      for (let v = 0; v < t.vectors * target.lanes * 4; v += 64) b.prefetch('second', at(bp, db + ahead + v))
    }
    const next: Value[] = []
    for (let r = 0; r < t.rows; r++) {
      const element = b.splat(b.load('f32', at(a, da + row(r)), 1), target.lanes)
      columns.forEach((column, v) => next.push(b.fma(element, column, sums[r * t.vectors + v])))
    }
    return next
  }

  /** The address of an operand's element at depth 0. */
  private pointer(m: Emitter, buffer: number, index: Index): Value {
    const { b } = m
    const { within } = this.plan
    const zero = new Map([...this.depthLoops, ...within ? [within] : []].map(v => [v.id, new Index(0)] as const))
    const at = address(m, buffer, new Substitution(this.plan.c.exprs, zero).index(index))
    const base = at.index ? b.iadd(at.base, b.imul(at.index, at.scale)) : at.base
    return b.iadd(base, at.disp)
  }

  private emitter(b: Builder): Emitter {
    const { c } = this.plan
    const nest: Nest = {
      name: c.name,
      stores: [],
      buffers: c.buffers,
      exprs: c.exprs,
      ...(c.status === undefined ? {} : { status: c.status }),
    }
    return new Emitter(nest, loopless(), this.target, b)
  }
}

interface Stride { readonly extent: number; readonly a: number; readonly b: number }

/** Bytes from turn to turn of loops whose innermost step is `step` and that leave no gaps. */
function packedSteps(loops: readonly IndexVar[], step: number): number[] {
  const out: number[] = []
  for (let i = loops.length - 1; i >= 0; i--) {
    out[i] = step
    step *= loops[i].extent
  }
  return out
}
