/** @file Chooses tiles, panels and blocks of a contraction from its extents, its strides and the machine. */
import { Index, indexVar, type IndexVar } from '../../expr/index.ts'
import type { Target } from '../ir.ts'
import { extentOf, joinLoops, roleOf, substituteContraction, type Contraction } from './spec.ts'

/** A contraction whose columns are cut into panels: n = panel · width + lane. */
export interface Panels {
  readonly c: Contraction
  readonly n: IndexVar
  readonly panel: IndexVar
  readonly lane: IndexVar
  /** Vectors a panel, and elements. */
  readonly vectors: number
  readonly width: number
  readonly panels: number
  /** b is to be copied into panels first. */
  readonly packed: boolean
}

export interface ContractionPlan extends Panels {
  /** Loops around everything, handed to threads; then those that run inside a turn. */
  readonly parallel: readonly IndexVar[]
  readonly inside: readonly IndexVar[]
  /** The loop that is tiled in registers by `rows`. */
  readonly m: IndexVar
  readonly rows: number
  /** Tiles of m that one turn does. */
  readonly tilesPerTurn: number
  /** Panels are turns of their own. */
  readonly splitPanels: boolean
  /** Depth loops, outermost first; the first is walked block by block when `blocked`. */
  readonly k: readonly IndexVar[]
  readonly blocked: boolean
  /** A turn copies its rows of a (of one depth block) into scratch first, row tile by row tile. */
  readonly copiesRows: boolean
}

/** Rows of the register tile that fit beside `vectors` operand vectors and one broadcast. */
function maxRows(target: Target, vectors: number): number {
  const free = target.vectorRegisters - vectors - (target.fma ? 2 : 3)
  return Math.max(1, Math.min(14, Math.floor(free / vectors)))
}

/** The row count that wastes least: a tile costs its multiply-adds (at least the latency of ten) and half its loads. */
function chooseRows(extent: number, vectors: number, target: Target): number {
  const cost = (r: number) => (r === 0 ? 0 : Math.max(r * vectors, 10) + (r + vectors) / 2)
  let best = 1
  let least = Infinity
  for (let r = Math.min(maxRows(target, vectors), extent); r >= 1; r--) {
    // A ragged last tile is another function to compile.
    const total = Math.floor(extent / r) * cost(r) + (extent % r ? cost(extent % r) + 1 : 0)
    if (total < least - 1e-9) { least = total; best = r }
  }
  return best
}

/** Swaps the operands where that makes the output contiguous along n. */
function orient(c: Contraction): Contraction {
  const index = c.outputs[0].index
  const unit = (role: string) => c.outer.some(v => roleOf(c, v) === role && index.coefficient(v) === 1)
  return !unit('n') && unit('m') ? { ...c, a: c.b, b: c.a } : c
}

/** Null: no loop to put in vectors; the plain loop nest does it. */
export function planPanels(given: Contraction, target: Target): Panels | null {
  const c = joinLoops(orient(given))
  const n = c.outer.find(v => roleOf(c, v) === 'n' && c.outputs[0].index.coefficient(v) === 1)
  if (!n || c.k.length === 0 || !allContiguous(c, n) || isVectorProduct(c, n)) return null
  const needed = Math.ceil(n.extent / target.lanes)
  const vectors = needed === 1 ? 1 : needed === 3 && target.lanes > 4 ? 3 : 2
  const width = vectors * target.lanes
  const panels = Math.ceil(n.extent / width)
  const [panel, lane] = [indexVar(panels), indexVar(width)]
  const map = new Map([[n.id, Index.of(panel).times(width).add(Index.of(lane))]])
  const cut = substituteContraction(c, map, c.outer.filter(v => v !== n), c.k)
  return { c: cut, n, panel, lane, vectors, width, panels, packed: mustPack(c, n, target) }
}

/** A matrix times a vector, along the matrix's rows: sums over rows that lie in memory in one piece need no panels. */
const isVectorProduct = (c: Contraction, n: IndexVar): boolean =>
  c.b.index.coefficient(n) !== 1 && !c.outer.some(v => roleOf(c, v) === 'm')

/** Whether what the epilogue stores runs along n, element by element. */
const allContiguous = (c: Contraction, n: IndexVar): boolean => c.outputs.every(o => o.index.coefficient(n) === 1)

/** Chooses the loops over a contraction whose b is as it will be read. */
export function planLoops(p: Panels, target: Target): ContractionPlan {
  const blocked = blockDepth(joinLoops(p.c), p.width)
  const { c } = blocked
  const loops = c.outer.filter(v => v !== p.panel && v !== p.lane)
  const ms = loops.filter(v => roleOf(c, v) === 'm')
  // The tile runs along the m loop whose elements lie closest together in a, if it is not tiny.
  const byStride = [...ms].sort((x, y) => Math.abs(c.a.index.coefficient(x)) - Math.abs(c.a.index.coefficient(y)))
  const m = byStride.find(v => v.extent >= 6) ?? [...ms].sort((x, y) => y.extent - x.extent)[0] ?? indexVar(1)
  const rows = chooseRows(m.extent, p.vectors, target)
  const order = loops.filter(v => v !== m).sort((x, y) => outputStride(c, y) - outputStride(c, x))
  const parallel: IndexVar[] = []
  let turns = 1
  for (const v of order) {
    if (turns >= 16) break
    parallel.push(v)
    turns *= v.extent
  }
  const tiles = Math.ceil(m.extent / rows)
  const tilesPerTurn = turns >= 16 ? tiles : Math.min(tiles, Math.max(1, Math.min(8, Math.floor(tiles * turns / 8))))
  turns *= Math.ceil(tiles / tilesPerTurn)
  const inside = order.slice(parallel.length)
  const splitPanels = turns < 8
  const depth = extentOf(blocked.blocked ? c.k.slice(1) : c.k)
  const copiesRows = !splitPanels && inside.length === 0 && p.panels >= 4 && walksBadly(c, m)
    && tilesPerTurn * rows * depth * 4 <= 1 << 18
  return { ...p, c, parallel, inside, m, rows, tilesPerTurn, splitPanels, k: c.k, blocked: blocked.blocked, copiesRows }
}

/** Rows that meet in the same cache sets, or depths that each lie on a page of their own. */
function walksBadly(c: Contraction, m: IndexVar): boolean {
  const row = c.a.index.coefficient(m) * 4
  const step = Math.min(...c.k.map(v => Math.abs(c.a.index.coefficient(v)))) * 4
  return row % 1024 === 0 || step >= 1024
}

const outputStride = (c: Contraction, v: IndexVar): number => Math.abs(c.outputs[0].index.coefficient(v))

/**
 * b is read where it lies when its vectors are contiguous and its rows are short, or when it is small or hardly used
 * again; else it is copied into panels first.
 */
function mustPack(c: Contraction, n: IndexVar, target: Target): boolean {
  if (c.b.index.coefficient(n) !== 1) return true
  if (!target.masks && n.extent % target.lanes !== 0) return true
  const depth = extentOf(c.k)
  const uses = extentOf(c.outer.filter(v => roleOf(c, v) === 'm'))
  const rowBytes = n.extent * 4
  return rowBytes > 512 && depth * rowBytes > 1 << 17 && uses > 64
}

/** Orders the depth loops by a's strides and cuts the outermost so that a panel of b stays in the first cache. */
function blockDepth(c: Contraction, width: number): { c: Contraction; blocked: boolean } {
  const k = [...c.k].sort((x, y) => c.a.index.coefficient(y) - c.a.index.coefficient(x))
  const total = extentOf(k)
  const limit = Math.max(128, Math.floor(32768 / (width * 4)))
  const ordered = { ...c, k }
  const plain = c.outputs.length === 1 && c.buffers[c.outputs[0].buffer].dtype === 'float32'
  // Few rows read a panel too seldom for its place in the cache to matter.
  const rows = extentOf(c.outer.filter(v => roleOf(c, v) === 'm'))
  if (total <= limit * 2 || !plain || rows < 192) return { c: ordered, blocked: false }
  const [first, ...rest] = k
  const inner = extentOf(rest)
  if (inner >= limit / 2) return { c: ordered, blocked: first.extent > 1 && rest.length > 0 }
  const piece = divisorNear(first.extent, Math.max(1, Math.floor(limit / inner)))
  if (piece <= 1 || piece === first.extent) return { c: ordered, blocked: false }
  const [block, part] = [indexVar(first.extent / piece), indexVar(piece)]
  const map = new Map([[first.id, Index.of(block).times(piece).add(Index.of(part))]])
  return { c: substituteContraction(ordered, map, ordered.outer, [block, part, ...rest]), blocked: true }
}

/** The greatest divisor of n that is at most `limit`, unless it is far too small. */
function divisorNear(n: number, limit: number): number {
  for (let d = Math.min(limit, n); d * 4 >= limit; d--) if (n % d === 0) return d
  return n
}
