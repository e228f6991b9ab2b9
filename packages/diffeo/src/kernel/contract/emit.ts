/** @file Emits a planned contraction: loops over tiles in the entry, one function a kind of tile. */
import { Index, type IndexVar } from '../../expr/index.ts'
import { Builder } from '../builder.ts'
import { storeElements, address } from '../emit/access.ts'
import { Emitter } from '../emit/emitter.ts'
import type { Binding } from '../emit/frame.ts'
import { emitNest } from '../emit/index.ts'
import type { Fn, Kernel, Target, Value } from '../ir.ts'
import { Substitution, walkExprs, type BufferInfo, type Nest } from '../nest.ts'
import { copyRows, packed } from './pack.ts'
import { planLoops, planPanels, type ContractionPlan } from './plan.ts'
import { ACCUMULATOR, extentOf, type Contraction } from './spec.ts'
import { splitDepth } from './split.ts'
import { decode, tailTiles, unrollOf, type Tile } from './tile.ts'

/**
 * Kernels to run in order; buffers beyond the contraction's own are temporaries. All kernels take all buffers as slots.
 */
export interface Emitted {
  readonly kernels: readonly Kernel[]
  readonly buffers: readonly BufferInfo[]
  /** The first output's buffer holds partial sums for a while, so it must not be one that the epilogue reads. */
  readonly partial: boolean
}

export function emitContraction(c: Contraction, target: Target): Emitted | null {
  const split = splitDepth(c)
  if (!split) return emitWhole(c, target)
  const pieces = emitWhole(split.pieces, target)
  if (!pieces) return null
  const sum = emitNest({ ...split.sum, buffers: pieces.buffers }, target)
  return {
    kernels: [...pieces.kernels, sum].map(k => ({ ...k, slots: pieces.buffers.length })),
    buffers: pieces.buffers,
    partial: false,
  }
}

function emitWhole(c: Contraction, target: Target): Emitted | null {
  const panels = planPanels(c, target)
  if (!panels) return null
  const buffers = [...c.buffers]
  const kernels: Kernel[] = []
  let { b } = panels.c
  if (panels.packed) {
    const packing = packed(panels, buffers)
    b = packing.b
    kernels.push(emitNest(packing.nest, target))
  }
  const plan = planLoops({ ...panels, c: { ...panels.c, b, buffers } }, target)
  kernels.push(new ContractionEmitter(plan, target).kernel())
  return { kernels: kernels.map(k => ({ ...k, slots: buffers.length })), buffers, partial: plan.blocked }
}

class ContractionEmitter {
  private readonly plan: ContractionPlan
  private readonly target: Target
  private readonly functions = new Map<string, Fn>()
  /** Variables that tiles take as parameters, in order. */
  private readonly params: readonly IndexVar[]
  private readonly block: IndexVar | null
  /** Scratch: copied rows, then sums of a ragged last panel. */
  private readonly copyBytes: number
  private readonly scratchBytes: number

  constructor(plan: ContractionPlan, target: Target) {
    this.plan = plan
    this.target = target
    this.block = plan.blocked ? plan.k[0] : null
    this.params = [...plan.parallel, ...plan.inside].filter(v => v !== plan.lane && v !== plan.panel)
      .concat([plan.m, plan.panel], this.block ? [this.block] : [])
    this.copyBytes = plan.copiesRows ? plan.tilesPerTurn * plan.rows * this.blockDepth * 4 : 0
    this.scratchBytes = this.copyBytes + (this.scalarTail ? plan.rows * plan.width * 4 : 0)
  }

  /** Depth of one block. */
  private get blockDepth(): number { return extentOf(this.block ? this.plan.k.slice(1) : this.plan.k) }

  private get scalarTail(): boolean { return !this.target.masks && this.plan.n.extent % this.target.lanes !== 0 }

  kernel(): Kernel {
    const { plan } = this
    const b = new Builder(plan.c.name, 4)
    const tiles = Math.ceil(plan.m.extent / plan.rows)
    const blocksOfTiles = Math.ceil(tiles / plan.tilesPerTurn)
    const turnVars = plan.parallel.filter(v => v !== plan.lane && v !== plan.panel)
    const counts = [...turnVars.map(v => v.extent), blocksOfTiles, plan.splitPanels ? plan.panels : 1]
    const total = counts.reduce((x, y) => x * y, 1)
    b.loop(b.param(1), b.param(2), 1, [], turn => {
      const values = decode(b, turn, counts)
      const env = new Map<IndexVar, Value>()
      turnVars.forEach((v, i) => env.set(v, values[i]))
      const panel = plan.splitPanels ? values[values.length - 1] : null
      this.turn(b, env, values[turnVars.length], panel)
      return []
    })
    const { c } = plan
    const outerPoints = extentOf(c.outer.filter(v => v !== plan.panel && v !== plan.lane)) * plan.n.extent
    const read = new Set([c.a.buffer, c.b.buffer])
    walkExprs(c.outputs.map(o => o.value), x => { if (x.op === 'load' && x.buffer !== ACCUMULATOR) read.add(x.buffer) })
    const bytes = [...read, ...c.outputs.map(o => o.buffer)].reduce((sum, i) => sum + c.buffers[i].size * 4, 0)
    return {
      name: c.name, entry: b.fn, callees: [...this.functions.values()], slots: c.buffers.length, total,
      scratchBytes: this.scratchBytes, flops: 2 * outerPoints * extentOf(plan.k), bytes,
    }
  }

  /** One turn: depth blocks, then panels, then the loops inside, then tiles. */
  private turn(b: Builder, env: Map<IndexVar, Value>, tileBlock: Value, panel: Value | null): void {
    const { block } = this
    const panels = (first: boolean, last: boolean) => this.panels(b, env, tileBlock, panel, first, last)
    if (!block) { panels(true, true); return }
    env.set(block, b.int(0))
    panels(true, block.extent === 1)
    const middle = this.hasEpilogue ? block.extent - 1 : block.extent
    if (middle > 1) {
      b.loop(b.int(1), b.int(middle), 1, [], v => {
        env.set(block, v)
        panels(false, !this.hasEpilogue)
        return []
      })
    }
    if (this.hasEpilogue && block.extent > 1) {
      env.set(block, b.int(block.extent - 1))
      panels(false, true)
    }
  }

  private get hasEpilogue(): boolean { return this.plan.c.outputs[0].value !== this.plan.c.accumulator }

  private panels(
    b: Builder,
    env: Map<IndexVar, Value>,
    tileBlock: Value,
    panel: Value | null,
    first: boolean,
    last: boolean,
  ): void {
    const { plan, target } = this
    if (plan.copiesRows) this.copyRows(b, env, tileBlock)
    const rest = plan.n.extent - (plan.panels - 1) * plan.width
    const full = rest === plan.width ? plan.panels : plan.panels - 1
    const whole: Tile[] = [{ rows: 0, vectors: plan.vectors, laneStart: 0, count: 0 }]
    const tail = tailTiles(rest === plan.width ? 0 : rest, target.lanes)
    const doPanel = (p: Value, shapes: readonly Tile[]) => {
      env.set(plan.panel, p)
      this.insideLoops(b, env, 0, tileBlock, shapes, first, last)
    }
    if (panel) {
      if (tail.length === 0) { doPanel(panel, whole); return }
      if (full === 0) { doPanel(panel, tail); return }
      b.if('lt', panel, b.int(full), () => doPanel(panel, whole), () => doPanel(panel, tail))
      return
    }
    if (full === 1) doPanel(b.int(0), whole)
    else if (full > 1) b.loop(b.int(0), b.int(full), 1, [], p => { doPanel(p, whole); return [] })
    if (tail.length > 0) doPanel(b.int(full), tail)
  }

  private insideLoops(
    b: Builder,
    env: Map<IndexVar, Value>,
    level: number,
    tileBlock: Value,
    shapes: readonly Tile[],
    first: boolean,
    last: boolean,
  ): void {
    const { plan } = this
    const vars = plan.inside.filter(v => v !== plan.panel && v !== plan.lane)
    if (level === vars.length) { for (const s of shapes) this.tiles(b, env, tileBlock, s, first, last); return }
    b.loop(b.int(0), b.int(vars[level].extent), 1, [], v => {
      env.set(vars[level], v)
      this.insideLoops(b, env, level + 1, tileBlock, shapes, first, last)
      return []
    })
  }

  /** The tiles of m that belong to this turn: whole ones, then the rest of the rows. */
  private tiles(
    b: Builder,
    env: Map<IndexVar, Value>,
    tileBlock: Value,
    shape: Tile,
    first: boolean,
    last: boolean,
  ): void {
    const { plan } = this
    const { rows, m } = plan
    this.eachTile(b, tileBlock, (at, r) => {
      env.set(m, at)
      const fn = this.tile({ ...shape, rows: r }, first, last)
      const copied = plan.copiesRows
        ? [
            b.iadd(
              b.param(3),
              b.imul(b.intOp('isub', at, b.imul(tileBlock, plan.tilesPerTurn * rows)), this.blockDepth * 4),
            ),
          ]
        : []
      b.call(fn, [b.param(0), b.param(3), ...this.params.map(v => env.get(v) as Value), ...copied])
    })
  }

  /** The row tiles of a turn: whole ones, then the rest of the rows. */
  private eachTile(b: Builder, tileBlock: Value, body: (at: Value, rows: number) => void): void {
    const { rows, m, tilesPerTurn } = this.plan
    const step = tilesPerTurn * rows
    const whole = Math.floor(m.extent / rows) * rows
    const start = b.imul(tileBlock, step)
    const end = b.intOp('imin', b.iadd(start, step), b.int(whole))
    if (whole > 0) b.loop(start, end, rows, [], at => { body(at, rows); return [] })
    if (whole === m.extent) return
    const run = () => body(b.int(whole), m.extent - whole)
    if (Math.ceil(m.extent / step) === 1) run()
    else b.if('eq', tileBlock, b.int(Math.floor(whole / step)), run)
  }

  /** Copies this turn's rows of a to scratch as [tile][depth][row], so that a tile reads one stream. */
  private copyRows(b: Builder, env: Map<IndexVar, Value>, tileBlock: Value): void {
    const { plan } = this
    this.eachTile(b, tileBlock, (at, r) => {
      env.set(plan.m, at)
      const key = `copy ${r}`
      let fn = this.functions.get(key)
      if (!fn) this.functions.set(key, (fn = this.buildCopy(r, key)))
      const to = b.iadd(
        b.param(3),
        b.imul(b.intOp('isub', at, b.imul(tileBlock, plan.tilesPerTurn * plan.rows)), this.blockDepth * 4),
      )
      env.set(plan.panel, b.int(0))
      b.call(fn, [b.param(0), b.param(3), ...this.params.map(v => env.get(v) as Value), to])
    })
  }

  private buildCopy(rows: number, key: string): Fn {
    const { c, k } = this.plan
    const b = new Builder(`${c.name} ${key}`, 3 + this.params.length)
    const m = this.emitter(b)
    const bindings: [IndexVar, Binding][] = this.params.map((v, i) => [v, { value: b.param(2 + i), vector: null }])
    const loops = (this.block ? k.slice(1) : k).map(v => ({ extent: v.extent, step: c.a.index.coefficient(v) * 4 }))
    const row = c.a.index.coefficient(this.plan.m) * 4
    m.within(bindings, () => {
      copyRows(b, loops, rows, row, this.pointer(m, c.a.buffer, c.a.index), b.param(2 + this.params.length))
    })
    return b.fn
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
    const plan = {
      vectors: new Set<number>(),
      unroll: 1,
      parallel: [],
      block: 0,
      total: 1,
      kept: new Map(),
      scratchBytes: 0,
    }
    return new Emitter(nest, plan, this.target, b)
  }

  /** The address of an operand's element at depth 0. */
  private pointer(m: Emitter, buffer: number, index: Index): Value {
    const { b } = m
    const loops = this.block ? this.plan.k.slice(1) : this.plan.k
    const zero = new Map(loops.map(v => [v.id, new Index(0)] as const))
    const at = address(m, buffer, new Substitution(this.plan.c.exprs, zero).index(index))
    const base = at.index ? b.iadd(at.base, b.imul(at.index, at.scale)) : at.base
    return b.iadd(base, at.disp)
  }

  private tile(t: Tile, first: boolean, last: boolean): Fn {
    const key = `${t.rows}x${t.vectors} ${t.laneStart}:${t.count} ${first} ${last}`
    let fn = this.functions.get(key)
    if (!fn) this.functions.set(key, fn = this.buildTile(t, first, last, key))
    return fn
  }

  private buildTile(t: Tile, first: boolean, last: boolean, key: string): Fn {
    const { plan, target } = this
    const { c } = plan
    const b = new Builder(`${c.name} ${key}`, 2 + this.params.length + (plan.copiesRows ? 1 : 0))
    const m = this.emitter(b)
    const mask = t.count && target.masks ? b.firstLanes(b.int(t.count), target.lanes) : null
    const bindings: [IndexVar, Binding][] = this.params.map((v, i) => [v, { value: b.param(2 + i), vector: null }])
    bindings.push([plan.lane, { value: b.int(t.laneStart), vector: { lanes: target.lanes, unroll: t.vectors, mask } }])
    m.within(bindings, () => this.tileBody(m, t, mask, first, last))
    return b.fn
  }

  private tileBody(m: Emitter, t: Tile, mask: Value | null, first: boolean, last: boolean): void {
    const { c } = this.plan
    const { b } = m
    const [out] = c.outputs
    const row = (i: Index, r: number) =>
      new Substitution(c.exprs, new Map([[this.plan.m.id, Index.of(this.plan.m).plus(r)]])).index(i)
    const zeros = Array.from({ length: t.rows * t.vectors }, () => b.constant('f32', 0, m.target.lanes))
    const block = this.depth(m, t, mask, zeros)
    // What the depth blocks before have summed is added at the end: blocks of a sum keep its error small.
    const before = (i: number) => {
      const at = row(out.index, Math.floor(i / t.vectors)).plus((i % t.vectors) * m.target.lanes)
      return b.load('f32', address(m, out.buffer, at), m.target.lanes, mask ?? undefined)
    }
    const sums = first ? block : block.map((sum, i) => b.binary('add', before(i), sum))
    if (this.scalarTail && t.count) { this.storeScalar(m, t, sums, last); return }
    for (let r = 0; r < t.rows; r++) this.storeRow(m, r, sums.slice(r * t.vectors, (r + 1) * t.vectors), last)
  }

  private storeRow(m: Emitter, r: number, sums: readonly Value[], last: boolean): void {
    const { c } = this.plan
    const s = new Substitution(c.exprs, new Map([[this.plan.m.id, Index.of(this.plan.m).plus(r)]]))
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
    const loops = this.block ? plan.k.slice(1) : plan.k
    const a0 = plan.copiesRows ? b.param(2 + this.params.length) : this.pointer(m, plan.c.a.buffer, plan.c.a.index)
    const b0 = this.pointer(m, plan.c.b.buffer, plan.c.b.index)
    let copied = t.rows * 4
    const steps = loops.map(v => plan.c.a.index.coefficient(v) * 4)
    if (plan.copiesRows) for (let i = loops.length - 1; i >= 0; i--) { steps[i] = copied; copied *= loops[i].extent }
    const strides = loops.map((v, i) => ({ extent: v.extent, a: steps[i], b: plan.c.b.index.coefficient(v) * 4 }))
    return this.depthLoop(m, t, mask, strides, 0, a0, b0, inits)
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
    const unroll = innermost ? this.unroll(m.target, extent, t.rows * t.vectors) : 1
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

  /** V8 gives each distance from a pointer a register of its own, so wasm code has few of them. */
  private unroll(target: Target, extent: number, products: number): number {
    if (target.isa === 'wasm') return this.plan.copiesRows && extent % 2 === 0 ? 2 : 1
    return unrollOf(extent, products)
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
    const row = this.plan.copiesRows ? 4 : this.plan.c.a.index.coefficient(this.plan.m) * 4
    const at = (base: Value, disp: number) => ({ base, index: null, scale: 1 as const, disp })
    const columns = Array.from({ length: t.vectors }, (_, v) =>
      b.load('f32', at(bp, db + v * target.lanes * 4), target.lanes, this.plan.packed ? undefined : mask ?? undefined))
    const next: Value[] = []
    for (let r = 0; r < t.rows; r++) {
      const element = b.splat(b.load('f32', at(a, da + r * row), 1), target.lanes)
      columns.forEach((column, v) => next.push(b.fma(element, column, sums[r * t.vectors + v])))
    }
    return next
  }
}

interface Stride { readonly extent: number; readonly a: number; readonly b: number }
