/** @file Emits a planned contraction: the loops over tiles, each of which calls a micro-kernel. */
import type { IndexVar } from '../../expr/index.ts'
import { Builder } from '../builder.ts'
import { bytesOf } from '../dtypes.ts'
import { emitNest } from '../emit/index.ts'
import { Emitter } from '../emit/emitter.ts'
import { loopless } from '../emit/plan.ts'
import type { Kernel, Target, Value } from '../ir.ts'
import { walkExprs, type BufferInfo, type Nest } from '../nest.ts'
import { packed } from './pack.ts'
import { planLoops, planPanels, type ContractionPlan } from './plan.ts'
import { ACCUMULATOR, extentOf, type Contraction } from './spec.ts'
import { splitDepth } from './split.ts'
import { Tiles, type Columns, type Part } from './tiles.ts'

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
  let buffers: readonly BufferInfo[] = c.buffers
  const kernels: Kernel[] = []
  for (const [i, piece] of split.pieces.entries()) {
    const emitted = emitWhole(i === 0 ? piece : { ...piece, buffers }, target)
    if (!emitted) return null
    kernels.push(...emitted.kernels)
    buffers = emitted.buffers
  }
  kernels.push(emitNest({ ...split.sum, buffers }, target))
  return { kernels: kernels.map(k => ({ ...k, slots: buffers.length })), buffers, partial: false }
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

/** What a turn does: which block of row tiles, which group of panels. */
interface Turn {
  readonly tileBlock: Value
  readonly panels: Value
}

class ContractionEmitter {
  private readonly plan: ContractionPlan
  private readonly tiles: Tiles
  private readonly b: Builder
  private readonly m: Emitter

  constructor(plan: ContractionPlan, target: Target) {
    const { name, buffers, exprs, status } = plan.c
    this.plan = plan
    this.b = new Builder(name, 4)
    const nest: Nest = { name, stores: [], buffers, exprs, ...(status === undefined ? {} : { status }) }
    this.m = new Emitter(nest, loopless(), target, this.b)
    this.tiles = new Tiles(plan, this.m)
  }

  kernel(): Kernel {
    const { plan, b, m } = this
    const rowTiles = Math.ceil(plan.m.extent / plan.steps)
    const blocksOfTiles = Math.ceil(rowTiles / plan.tilesPerTurn)
    const counts = [...plan.parallel.map(v => v.extent), blocksOfTiles, this.panelGroups]
    b.loop(b.param(1), b.param(2), 1, [], turn => {
      const values = decode(b, turn, counts)
      const [tileBlock, panels] = values.splice(plan.parallel.length)
      const bindings = plan.parallel.map((v, i) => [v, { value: values[i], vector: null }] as const)
      m.within(bindings, () => this.turn({ tileBlock, panels }))
      return []
    })
    return {
      name: plan.c.name, entry: b.fn, callees: this.tiles.callees, slots: plan.c.buffers.length,
      total: counts.reduce((x, y) => x * y, 1), scratchBytes: this.tiles.scratchBytes, ...this.cost(),
    }
  }

  private cost(): Pick<Kernel, 'flops' | 'bytes'> {
    const { c, panel, lane, n, k } = this.plan
    const points = extentOf(c.outer.filter(v => v !== panel && v !== lane)) * n.extent
    const read = new Set([c.a.buffer, c.b.buffer])
    walkExprs(c.outputs.map(o => o.value), x => { if (x.op === 'load' && x.buffer !== ACCUMULATOR) read.add(x.buffer) })
    const bytes = [...read, ...c.outputs.map(o => o.buffer)]
      .reduce((sum, i) => sum + c.buffers[i].size * bytesOf(c.buffers[i].dtype), 0)
    return { flops: 2 * points * extentOf(k), bytes }
  }

  /** Opens the loop over v. */
  private loop(v: IndexVar, start: Value, end: Value, step: number, body: () => void): void {
    this.b.loop(start, end, step, [], value => { this.bound(v, value, body); return [] })
  }

  private bound(v: IndexVar, value: Value, body: () => void): void {
    this.m.within([[v, { value, vector: null }]], body)
  }

  /** One turn: depth blocks, then panels, then the loops inside, then tiles. */
  private turn(t: Turn): void {
    const { b, plan } = this
    if (!plan.blocked) { this.panels(t, { first: true, last: true }); return }
    const [block] = plan.k
    const epilogue = plan.c.outputs[0].value !== plan.c.accumulator
    this.bound(block, b.int(0), () => this.panels(t, { first: true, last: block.extent === 1 }))
    // Without an epilogue the last block is like those before it: no code of its own.
    const middle = epilogue ? block.extent - 1 : block.extent
    if (middle > 1)
      this.loop(block, b.int(1), b.int(middle), 1, () => this.panels(t, { first: false, last: !epilogue }))
    if (epilogue && block.extent > 1)
      this.bound(block, b.int(block.extent - 1), () => this.panels(t, { first: false, last: true }))
  }

  /** Whole panels, then the ragged one. */
  private panels(t: Turn, part: Part): void {
    const { plan, b } = this
    if (plan.copiesRows) this.copyRows(t)
    const rest = plan.n.extent % plan.width
    const full = rest === 0 ? plan.panels : plan.panels - 1
    const last = this.panelGroups - 1
    const whole = { count: plan.width, isWhole: true }
    if (last === 0 && full === 1) this.bound(plan.panel, b.int(0), () => this.insideLoops(t, part, 0, whole))
    else if (full > 0) {
      const start = this.firstPanel(t)
      const end = b.intOp('imin', b.iadd(start, plan.panelsPerTurn), b.int(full))
      if (plan.copiesPanels) this.copyPanels(start, end)
      this.loop(plan.panel, start, end, 1, () => this.insideLoops(t, part, 0, whole))
    }
    if (rest === 0) return
    const ragged = () =>
      this.bound(plan.panel, b.int(full), () => this.insideLoops(t, part, 0, { count: rest, isWhole: false }))
    if (last === 0) ragged()
    else b.if('eq', t.panels, b.int(last), ragged)
  }

  private copyPanels(start: Value, end: Value): void {
    const { b, plan: { panel }, tiles, m } = this
    if (tiles.columnsAreRows) {
      this.bound(panel, start, () => tiles.copyPanels(b.intOp('isub', end, start), tiles.copiedPanel(b.int(0))))
    } else {
      this.loop(panel, start, end, 1, () =>
        tiles.copyPanels(b.int(1), tiles.copiedPanel(b.intOp('isub', m.binding(panel).value, start))))
    }
  }

  private firstPanel(t: Turn): Value { return this.b.imul(t.panels, this.plan.panelsPerTurn) }

  private get panelGroups(): number { return Math.ceil(this.plan.panels / this.plan.panelsPerTurn) }

  private insideLoops(t: Turn, part: Part, level: number, columns: Columns): void {
    const { plan: { inside, copiesRows, copiesPanels, panel: p }, b, m } = this
    if (level === inside.length) {
      const panel = copiesPanels ? b.intOp('isub', m.binding(p).value, this.firstPanel(t)) : null
      this.eachTile(t, rows => this.tiles.compute(rows, columns, part, copiesRows ? this.copied(t) : null, panel))
      return
    }
    this.loop(inside[level], b.int(0), b.int(inside[level].extent), 1, () =>
      this.insideLoops(t, part, level + 1, columns))
  }

  /** Where in scratch the copies of the tile's rows begin. */
  private copied({ tileBlock }: Turn): Value {
    const { b, m, plan: { steps, tilesPerTurn, m: rows } } = this
    const row = b.intOp('isub', m.binding(rows).value, b.imul(tileBlock, tilesPerTurn * steps))
    return b.iadd(b.param(3), b.imul(b.idiv(row, steps), this.tiles.tileBytes))
  }

  private copyRows(t: Turn): void {
    const { b, plan: { steps, m }, tiles } = this
    const copy = (rows: number) => tiles.copyRows(rows, this.copied(t))
    if (!tiles.rowsAreColumns) { this.eachTile(t, copy); return }
    const { start, end } = this.wholeTiles(t)
    this.bound(m, start, () => tiles.copyTiles(b.idiv(b.intOp('isub', end, start), steps), this.copied(t)))
    this.lastTile(t, copy)
  }

  /** The row tiles of a turn: whole ones, then the rest of the rows. */
  private eachTile(t: Turn, body: (rows: number) => void): void {
    const { plan: { steps, m } } = this
    const { start, end } = this.wholeTiles(t)
    if (m.extent >= steps) this.loop(m, start, end, steps, () => body(steps))
    this.lastTile(t, body)
  }

  /** From the turn's first row to the end of its whole tiles. */
  private wholeTiles({ tileBlock }: Turn): { start: Value; end: Value } {
    const { b, plan: { steps, m, tilesPerTurn } } = this
    const start = b.imul(tileBlock, tilesPerTurn * steps)
    const whole = Math.floor(m.extent / steps) * steps
    return { start, end: b.intOp('imin', b.iadd(start, tilesPerTurn * steps), b.int(whole)) }
  }

  private lastTile({ tileBlock }: Turn, body: (rows: number) => void): void {
    const { b, plan: { steps, m, tilesPerTurn } } = this
    const rest = m.extent % steps
    if (rest === 0) return
    const run = () => this.bound(m, b.int(m.extent - rest), () => body(rest))
    const blocks = Math.ceil(m.extent / (steps * tilesPerTurn))
    if (blocks === 1) run()
    else b.if('eq', tileBlock, b.int(blocks - 1), run)
  }
}

/** The numbers of which `turn` is made, the last one running fastest. */
function decode(b: Builder, turn: Value, counts: readonly number[]): Value[] {
  const out: Value[] = []
  let rest = turn
  for (let i = counts.length - 1; i >= 0; i--) {
    if (i === 0) { out.unshift(rest); break }
    out.unshift(b.imod(rest, counts[i]))
    rest = b.idiv(rest, counts[i])
  }
  return out
}
