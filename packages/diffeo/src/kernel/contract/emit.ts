/** @file Emits a planned contraction: the loops over tiles in the entry, which calls one function a tile. */
import type { IndexVar } from '../../expr/index.ts'
import { Builder } from '../builder.ts'
import { emitNest } from '../emit/index.ts'
import type { Kernel, Target, Value } from '../ir.ts'
import { walkExprs, type BufferInfo } from '../nest.ts'
import { packed } from './pack.ts'
import { planLoops, planPanels, type ContractionPlan } from './plan.ts'
import { ACCUMULATOR, extentOf, type Contraction } from './spec.ts'
import { splitDepth } from './split.ts'
import { decode, tailTiles, type Tile } from './tile.ts'
import { Tiles, type Part } from './tiles.ts'

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

/** A turn as it is emitted: the values of the loop variables so far. */
interface Turn {
  readonly env: Map<IndexVar, Value>
  readonly tileBlock: Value
  /** Which of the groups of panels. */
  readonly panels: Value
}

class ContractionEmitter {
  private readonly plan: ContractionPlan
  private readonly target: Target
  private readonly functions: Tiles
  private readonly b: Builder

  constructor(plan: ContractionPlan, target: Target) {
    this.plan = plan
    this.target = target
    this.functions = new Tiles(plan, target)
    this.b = new Builder(plan.c.name, 4)
  }

  kernel(): Kernel {
    const { plan, b } = this
    const tiles = Math.ceil(plan.m.extent / plan.steps)
    const blocksOfTiles = Math.ceil(tiles / plan.tilesPerTurn)
    const turnVars = plan.parallel.filter(v => v !== plan.lane && v !== plan.panel)
    const counts = [...turnVars.map(v => v.extent), blocksOfTiles, this.panelGroups]
    b.loop(b.param(1), b.param(2), 1, [], turn => {
      const values = decode(b, turn, counts)
      const env = new Map(turnVars.map((v, i) => [v, values[i]] as const))
      this.turn({ env, tileBlock: values[turnVars.length], panels: values[turnVars.length + 1] })
      return []
    })
    return {
      name: plan.c.name, entry: b.fn, callees: this.functions.all, slots: plan.c.buffers.length,
      total: counts.reduce((x, y) => x * y, 1), scratchBytes: this.functions.scratchBytes, ...this.cost(),
    }
  }

  private cost(): Pick<Kernel, 'flops' | 'bytes'> {
    const { c, panel, lane, n, k } = this.plan
    const points = extentOf(c.outer.filter(v => v !== panel && v !== lane)) * n.extent
    const read = new Set([c.a.buffer, c.b.buffer])
    walkExprs(c.outputs.map(o => o.value), x => { if (x.op === 'load' && x.buffer !== ACCUMULATOR) read.add(x.buffer) })
    const bytes = [...read, ...c.outputs.map(o => o.buffer)].reduce((sum, i) => sum + c.buffers[i].size * 4, 0)
    return { flops: 2 * points * extentOf(k), bytes }
  }

  /** One turn: depth blocks, then panels, then the loops inside, then tiles. */
  private turn(t: Turn): void {
    const { b, plan } = this
    if (!plan.blocked) { this.panels(t, { first: true, last: true }); return }
    const [block] = plan.k
    const epilogue = plan.c.outputs[0].value !== plan.c.accumulator
    const at = (value: Value, part: Part) => {
      t.env.set(block, value)
      this.panels(t, part)
    }
    at(b.int(0), { first: true, last: block.extent === 1 })
    // Without an epilogue the last block is like those before it: no code of its own.
    const middle = epilogue ? block.extent - 1 : block.extent
    if (middle > 1) {
      b.loop(b.int(1), b.int(middle), 1, [], v => {
        at(v, { first: false, last: !epilogue })
        return []
      })
    }
    if (epilogue && block.extent > 1) at(b.int(block.extent - 1), { first: false, last: true })
  }

  /** Whole panels, then the ragged one. */
  private panels(t: Turn, part: Part): void {
    const { plan, target, b } = this
    if (plan.copiesRows) this.copyRows(t)
    const rest = plan.n.extent - (plan.panels - 1) * plan.width
    const full = rest === plan.width ? plan.panels : plan.panels - 1
    const whole: Tile[] = [{ rows: 0, vectors: plan.vectors, laneStart: 0, count: 0 }]
    const tail = tailTiles(rest === plan.width ? 0 : rest, target.lanes)
    const doPanel = (p: Value, shapes: readonly Tile[]) => {
      t.env.set(plan.panel, p)
      this.insideLoops(t, part, 0, shapes)
    }
    const last = this.panelGroups - 1
    if (last === 0 && full === 1) doPanel(b.int(0), whole)
    else if (full > 0) {
      const start = b.imul(t.panels, plan.panelsPerTurn)
      const end = b.intOp('imin', b.iadd(start, plan.panelsPerTurn), b.int(full))
      b.loop(start, end, 1, [], p => { doPanel(p, whole); return [] })
    }
    if (tail.length === 0) return
    if (last === 0) doPanel(b.int(full), tail)
    else b.if('eq', t.panels, b.int(last), () => doPanel(b.int(full), tail))
  }

  private get panelGroups(): number { return Math.ceil(this.plan.panels / this.plan.panelsPerTurn) }

  private insideLoops(t: Turn, part: Part, level: number, shapes: readonly Tile[]): void {
    const { plan, b } = this
    const vars = plan.inside.filter(v => v !== plan.panel && v !== plan.lane)
    if (level === vars.length) { for (const s of shapes) this.tiles(t, part, s); return }
    b.loop(b.int(0), b.int(vars[level].extent), 1, [], v => {
      t.env.set(vars[level], v)
      this.insideLoops(t, part, level + 1, shapes)
      return []
    })
  }

  private tiles(t: Turn, part: Part, shape: Tile): void {
    this.eachTile(t, (at, rows) => {
      t.env.set(this.plan.m, at)
      const fn = this.functions.tile({ ...shape, rows }, part)
      this.b.call(fn, this.args(t, this.plan.copiesRows ? [this.copied(t, at)] : []))
    })
  }

  /** Copies this turn's rows of a to scratch, tile by tile. */
  private copyRows(t: Turn): void {
    this.eachTile(t, (at, rows) => {
      t.env.set(this.plan.m, at)
      t.env.set(this.plan.panel, this.b.int(0))
      this.b.call(this.functions.copy(rows), this.args(t, [this.copied(t, at)]))
    })
  }

  private args(t: Turn, more: readonly Value[]): Value[] {
    const { b } = this
    return [b.param(0), b.param(3), ...this.functions.params.map(v => t.env.get(v) as Value), ...more]
  }

  /** Where in scratch the copied rows from `at` on begin. */
  private copied({ tileBlock }: Turn, at: Value): Value {
    const { b, plan: { steps, tilesPerTurn } } = this
    const row = b.intOp('isub', at, b.imul(tileBlock, tilesPerTurn * steps))
    return b.iadd(b.param(3), b.imul(row, this.functions.rowBytes))
  }

  /** The row tiles of a turn: whole ones, then the rest of the rows. */
  private eachTile({ tileBlock }: Turn, body: (at: Value, rows: number) => void): void {
    const { b, plan: { steps, m, tilesPerTurn } } = this
    const step = tilesPerTurn * steps
    const whole = Math.floor(m.extent / steps) * steps
    const start = b.imul(tileBlock, step)
    const end = b.intOp('imin', b.iadd(start, step), b.int(whole))
    if (whole > 0) b.loop(start, end, steps, [], at => { body(at, steps); return [] })
    if (whole === m.extent) return
    const run = () => body(b.int(whole), m.extent - whole)
    if (Math.ceil(m.extent / step) === 1) run()
    else b.if('eq', tileBlock, b.int(Math.floor(whole / step)), run)
  }
}
