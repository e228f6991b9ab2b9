/** @file One tile of a contraction: the micro-kernel's call, and the epilogue over its sums. */
import { Index, type IndexVar } from '../../expr/index.ts'
import { address, storeElements } from '../emit/access.ts'
import type { Emitter } from '../emit/emitter.ts'
import type { Fn, Value } from '../ir.ts'
import { Substitution } from '../nest.ts'
import { callMultiply } from './multiply.ts'
import type { ContractionPlan } from './plan.ts'
import { callCopy, callCopyTiles, copySlack } from './rows.ts'
import type { Stepped } from './shared.ts'
import { extentOf, roleOf, type Contraction } from './spec.ts'

/** Which of the depth blocks: the first sets the sums, the last also finishes them. */
export interface Part {
  readonly first: boolean
  readonly last: boolean
}

/** The columns of a panel that there are. */
export interface Columns {
  readonly count: number
  readonly isWhole: boolean
}

/** Stretches of a tile's columns: vectors in use whole, one under a mask, or, without masks, single columns. */
interface Stretch {
  readonly start: number
  readonly vectors: number
  readonly mask: Value | null
  readonly singles: number
}

const line = 64
/** Outputs of more bytes than this are not in the first two caches when a tile is stored. */
const farAway = 2 ** 18

export class Tiles {
  /** Copied rows, copied panels, then the sums of one tile. */
  readonly scratchBytes: number
  /** Bytes from one tile of copied rows, and from one copied panel, to the next: one depth block. */
  readonly tileBytes: number
  readonly panelBytes: number
  private readonly plan: ContractionPlan
  private readonly m: Emitter
  private readonly used = new Set<Fn>()
  /** The depth loops of one block. */
  private readonly depthLoops: readonly IndexVar[]
  /** Where in scratch copied panels and sums begin. */
  private readonly panelsAt: number
  private readonly sumsAt: number
  /** Rows of a step. */
  private readonly each: number

  /** `m`: of the kernel's entry; all loops around the tile are open in it when one is asked for. */
  constructor(plan: ContractionPlan, m: Emitter) {
    this.plan = plan
    this.m = m
    this.each = plan.within?.extent ?? 1
    this.depthLoops = plan.blocked ? plan.k.slice(1) : plan.k
    const rowBytes = extentOf(this.depthLoops) * 4
    // Tiles are written side by side: some lines more, so that they do not all lie in the same sets of the first cache.
    this.tileBytes = plan.steps * rowBytes + line
    this.panelBytes = plan.width * rowBytes + 2 * line
    const copy = plan.copiesRows ? plan.tilesPerTurn * this.tileBytes + copySlack : 0
    this.panelsAt = Math.ceil(copy / line) * line
    this.sumsAt = this.panelsAt + (plan.copiesPanels ? plan.panelsPerTurn * this.panelBytes : 0)
    this.scratchBytes = this.sumsAt + plan.steps * this.each * plan.width * 4
  }

  /** The functions that were called. */
  get callees(): Fn[] { return [...this.used] }

  /** Whether the rows of a lie side by side. */
  get rowsAreColumns(): boolean { return this.plan.c.a.index.coefficient(this.plan.m) === 1 }

  /** Copies the next `rows` rows. */
  copyRows(rows: number, to: Value): void {
    const { m, plan: { c, m: row } } = this
    const from = this.pointer(c.a.buffer, c.a.index)
    this.used.add(callCopy(m.b, m.target, rows, c.a.index.coefficient(row) * 4, this.copyLoops(c.a), { from, to }))
  }

  /** Copies the next `tiles` whole tiles of rows that lie side by side. */
  copyTiles(tiles: Value, to: Value): void {
    const { m, plan: { c, steps } } = this
    const from = this.pointer(c.a.buffer, c.a.index)
    this.used.add(callCopyTiles(m.b, m.target, steps, this.copyLoops(c.a), this.tileBytes, { from, to, tiles }))
  }

  /** Whether the columns of b lie side by side. */
  get columnsAreRows(): boolean { return this.plan.c.b.index.coefficient(this.plan.lane) === 1 }

  /** Copies the next `panels` panels: where columns do not lie side by side, one. */
  copyPanels(panels: Value, to: Value): void {
    const { m, plan: { c, width, lane }, panelBytes } = this
    const from = this.pointer(c.b.buffer, c.b.index)
    const loops = this.copyLoops(c.b)
    this.used.add(this.columnsAreRows
      ? callCopyTiles(m.b, m.target, width, loops, panelBytes, { from, to, tiles: panels })
      : callCopy(m.b, m.target, width, c.b.index.coefficient(lane) * 4, loops, { from, to }))
  }

  /** Where in scratch a copied panel begins. */
  copiedPanel(panel: Value): Value {
    const { b } = this.m
    return b.iadd(b.iadd(b.param(3), this.panelsAt), b.imul(panel, this.panelBytes))
  }

  private copyLoops({ index }: Contraction['a']): Stepped[] {
    return this.depthLoops.map(v => ({ extent: v.extent, step: index.coefficient(v) * 4 }))
  }

  /** Computes the next `steps` steps of rows; where they were copied to, and which of the copied panels it is. */
  compute(steps: number, columns: Columns, part: Part, copied: Value | null, panel: Value | null): void {
    const { plan, m } = this
    const { b, target: { lanes } } = m
    const { c } = plan
    const vectors = Math.ceil(columns.count / lanes)
    const direct = this.storesSums(columns, part)
    const out = c.outputs[0]
    if (m.target.isa !== 'wasm' && c.buffers[out.buffer].size * 4 > farAway) this.prefetch(steps, vectors)
    const scratch = b.iadd(b.param(3), this.sumsAt)
    this.used.add(callMultiply(b, m.target, {
      rows: steps * this.each, each: copied || !plan.within ? steps * this.each : this.each, vectors,
      ...this.distances(steps, copied !== null),
      cRow: direct ? out.index.coefficient(plan.m) * 4 : vectors * lanes * 4,
      accumulate: direct && !part.first,
      lanes: plan.packed || plan.copiesPanels ? 0 : columns.count % lanes,
      ahead: this.ahead * 4,
    }, {
      a: copied ?? this.pointer(c.a.buffer, c.a.index),
      b: panel ? this.copiedPanel(panel) : this.pointer(c.b.buffer, c.b.index),
      c: direct ? this.pointer(out.buffer, out.index) : scratch,
    }))
    if (!direct) for (const s of this.stretches(columns)) this.finish(steps, vectors, s, part, scratch)
  }

  /** Where a tile's elements lie, in bytes from the first. */
  private distances(steps: number, copied: boolean) {
    const { c, m, within, copiesPanels, width } = this.plan
    const loops = this.depthLoops
    const rows = steps * this.each
    const inPlace = ({ index }: Contraction['a']) => loops.map(v => index.coefficient(v) * 4)
    const inA = copied ? packedSteps(loops, rows * 4) : inPlace(c.a)
    const inB = copiesPanels ? packedSteps(loops, width * 4) : inPlace(c.b)
    const depth = loops.map((v, i) => ({ extent: v.extent, a: inA[i], b: inB[i] }))
    const row = c.a.index.coefficient(m) * 4
    if (copied) return { row: 0, small: 4, depth }
    return { row, small: within ? c.a.index.coefficient(within) * 4 : row, depth }
  }

  /** Whether the sums themselves go where the output is, row by row. */
  private storesSums(columns: Columns, part: Part): boolean {
    const { c, within } = this.plan
    const [{ buffer, index, value }] = c.outputs
    return c.outputs.length === 1 && (value === c.accumulator || !part.last) && columns.isWhole && !within
      && c.buffers[buffer].dtype === 'float32' && index.atoms.every(a => a.kind === 'var')
  }

  /** What the tile will write (and, after the first depth block, add to) is fetched while it is computed. */
  private prefetch(steps: number, vectors: number): void {
    const { m, plan: { c: { outputs: [out] } } } = this
    this.eachRow(steps, [], () => {
      const at = address(m, out.buffer, this.atFirstLane(out.index))
      for (let v = 0; v < vectors * m.target.lanes * 4; v += line) m.b.prefetch('write', { ...at, disp: at.disp + v })
      return []
    })
  }

  /** The loops over a tile's rows. */
  private eachRow(steps: number, inits: readonly Value[], body: (carried: readonly Value[]) => readonly Value[]): void {
    const { m, plan: { m: row, within } } = this
    const { b } = m
    const open = (v: IndexVar, start: Value, count: number, from: readonly Value[], turn: typeof body) => {
      const bound = (value: Value, carried: readonly Value[]) =>
        m.within([[v, { value, vector: null }]], () => turn(carried))
      return count === 1 ? bound(start, from) : b.loop(start, b.iadd(start, count), 1, from, bound)
    }
    open(row, m.binding(row).value, steps, inits, carried =>
      within ? open(within, b.int(0), within.extent, carried, body) : body(carried))
  }

  private stretches({ count }: Columns): Stretch[] {
    const { b, target: { lanes, masks } } = this.m
    const vectors = Math.floor(count / lanes)
    const rest = count % lanes
    const out: Stretch[] = vectors > 0 ? [{ start: 0, vectors, mask: null, singles: 0 }] : []
    if (rest === 0) return out
    const mask = masks ? b.firstLanes(b.int(rest), lanes) : null
    return [...out, { start: vectors * lanes, vectors: 1, mask, singles: masks ? 0 : rest }]
  }

  /** The epilogue over a stretch of the columns, whose sums are in scratch. */
  private finish(steps: number, vectors: number, s: Stretch, part: Part, scratch: Value): void {
    const { m, plan: { lane } } = this
    const { b, target: { lanes } } = m
    const rowBytes = vectors * lanes * 4
    const from = b.iadd(scratch, s.start * 4)
    const rows = (load: (row: Value, vector: number) => Value) =>
      this.eachRow(steps, [from], ([row]) => {
        this.finishRow(Array.from({ length: s.vectors }, (_, v) => load(row, v)), s, part)
        return [b.iadd(row, rowBytes)]
      })
    if (s.singles === 0) {
      const vector = { lanes, unroll: s.vectors, mask: s.mask }
      m.within([[lane, { value: b.int(s.start), vector }]], () =>
        rows((row, v) => b.load('f32', { base: row, index: null, scale: 1, disp: v * lanes * 4 }, lanes)))
      return
    }
    b.loop(b.int(0), b.int(s.singles), 1, [], j => {
      m.within([[lane, { value: b.iadd(j, s.start), vector: null }]], () =>
        rows(row => b.load('f32', { base: row, index: j, scale: 4, disp: 0 }, 1)))
      return []
    })
  }

  /** Stores a row from its sums of this block. What the blocks before have summed is in the output. */
  private finishRow(block: readonly Value[], s: Stretch, part: Part): void {
    const { m, plan: { c } } = this
    const { b, target: { lanes } } = m
    const [out] = c.outputs
    const width = s.singles > 0 ? 1 : lanes
    const before = (v: number) =>
      b.load('f32', address(m, out.buffer, out.index.plus(v * lanes)), width, s.mask ?? undefined)
    const sums = part.first ? block : block.map((sum, v) => b.binary('add', before(v), sum))
    m.frames[m.depth(c.accumulator.free)].values.set(c.accumulator, sums)
    for (const o of c.outputs) storeElements(m, o.buffer, o.index, part.last ? o.value : c.accumulator)
  }

  /**
   * How far on the panel lies that a tile asks for meanwhile; 0: none. The next panel, where b is not in the second
   * cache: the processor's own prefetch begins anew at each page, and a product of 2048 gains 2 to 10 % by it; of many
   * small products the next one's, which gains 3 to 6 %. One or two rows read the panels in one go, and lose 5 to 16 %.
   */
  private get ahead(): number {
    const { packed, copiesPanels, panelsPerTurn, panel, parallel, c, steps } = this.plan
    if (copiesPanels || this.m.target.isa === 'wasm' || c.buffers[c.b.buffer].size * 4 <= 2 ** 20) return 0
    if (steps * this.each <= 2) return 0
    if (packed) return panelsPerTurn > 1 ? c.b.index.coefficient(panel) : 0
    const batch = parallel[parallel.length - 1]
    return batch && roleOf(c, batch) === 'batch' ? Math.max(0, c.b.index.coefficient(batch)) : 0
  }

  private atFirstLane(index: Index): Index {
    return new Substitution(this.plan.c.exprs, new Map([[this.plan.lane.id, new Index(0)]])).index(index)
  }

  /** The address of the tile's first element. */
  private pointer(buffer: number, index: Index): Value {
    const { m: { b }, plan: { c, within, lane } } = this
    const zero = new Map([...this.depthLoops, lane, ...within ? [within] : []].map(v => [v.id, new Index(0)] as const))
    const at = address(this.m, buffer, new Substitution(c.exprs, zero).index(index))
    const base = at.index ? b.iadd(at.base, b.imul(at.index, at.scale)) : at.base
    return b.iadd(base, at.disp)
  }
}

/** Bytes from turn to turn of loops whose innermost step is `step` and that leave no gaps. */
function packedSteps(loops: readonly IndexVar[], step: number): number[] {
  const out: number[] = []
  for (let i = loops.length - 1; i >= 0; i--) {
    out[i] = step
    step *= loops[i].extent
  }
  return out
}
