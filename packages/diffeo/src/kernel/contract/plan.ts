/** @file Chooses tiles, panels and blocks of a contraction from its extents, its strides and the machine. */
import { Index, indexVar, type IndexVar } from '../../expr/index.ts'
import type { Target } from '../ir.ts'
import { depthOrder, extentOf, joinLoops, roleOf, substituteContraction, type Contraction } from './spec.ts'

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
  /** b is to be copied into panels first, by a kernel of its own, */
  readonly packed: boolean
  /** or by each turn, of one depth block, into scratch. */
  readonly copiesPanels: boolean
}

export interface ContractionPlan extends Panels {
  /** Loops around everything, handed to threads; then those that run inside a turn. */
  readonly parallel: readonly IndexVar[]
  readonly inside: readonly IndexVar[]
  /** The loop of which a tile in registers holds `steps` turns, */
  readonly m: IndexVar
  readonly steps: number
  /** each of them with all turns of this one, where that is so short that it would make a small tile. */
  readonly within: IndexVar | null
  /** Tiles of m, and panels, that one turn does. */
  readonly tilesPerTurn: number
  readonly panelsPerTurn: number
  /** Depth loops, outermost first; the first is walked block by block when `blocked`. */
  readonly k: readonly IndexVar[]
  readonly blocked: boolean
  /** A turn copies its rows of a (of one depth block) into scratch first, row tile by row tile. */
  readonly copiesRows: boolean
}

/**
 * Rows of the register tile that fit beside `vectors` operand vectors and one broadcast. V8 puts all loads of a turn
 * before its arithmetic, so on wasm every row's broadcast takes a register.
 */
function maxRows(target: Target, vectors: number): number {
  if (target.isa === 'wasm') return Math.max(1, Math.floor((target.vectorRegisters - vectors) / (vectors + 1)))
  const free = target.vectorRegisters - vectors - (target.fma ? 2 : 3)
  return Math.max(1, Math.min(14, Math.floor(free / vectors)))
}

/** Cycles that a product of a tile costs to compile, shared among a thousand runs of the kernel. */
const compileCycles = 300

/**
 * The steps, of `each` rows, that waste least. A tile costs, a depth, its multiply-adds (at least the latency of ten)
 * and half its loads, and once its code; a ragged last tile is another function. `depths`: how many a tile runs over.
 */
function chooseSteps(extent: number, each: number, vectors: number, depths: number, target: Target): number {
  const cost = (r: number) => (r === 0 ? 0 : Math.max(r * each * vectors, 10) + (r * each + vectors) / 2)
  let best = 1
  let least = Infinity
  for (let r = Math.min(Math.max(1, Math.floor(maxRows(target, vectors) / each)), extent); r >= 1; r--) {
    const rest = extent % r
    const code = (r + rest) * each * vectors * compileCycles
    const total = (Math.floor(extent / r) * cost(r) + cost(rest)) * depths + code
    if (total < least * (1 - 1e-9)) { least = total; best = r }
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
  if (!n || c.k.length === 0 || !allContiguous(c, n) || isVectorProduct(c, n, target)) return null
  const needed = Math.ceil(n.extent / target.lanes)
  const vectors = panelVectors(needed, extentOf(c.outer.filter(v => roleOf(c, v) === 'm')), target)
  const width = vectors * target.lanes
  const panels = Math.ceil(n.extent / width)
  const [panel, lane] = [indexVar(panels), indexVar(width)]
  const map = new Map([[n.id, Index.of(panel).times(width).add(Index.of(lane))]])
  const cut = substituteContraction(c, map, c.outer.filter(v => v !== n), c.k)
  const copiesPanels = width * panels === n.extent && turnsCopyPanels(c, n, panels, target)
    && depthOf(blockDepth(c, { width, copiesPanels: true })) * width * 4 <= panelScratch
  const packed = !copiesPanels && mustPack(c, n, target)
  return { c: cut, n, panel, lane, vectors, width, panels, packed, copiesPanels }
}

/** Of a panel. One or two rows are few sums, which wait for one another: with four vectors they gain 2 to 8 %. */
function panelVectors(needed: number, rows: number, target: Target): number {
  if (needed === 1) return 1
  if (needed === 3 && target.lanes > 4) return 3
  return rows <= 2 && needed >= 8 ? 4 : 2
}

/** Bytes of scratch that copied panels and rows may take: a part of the second cache. */
const panelScratch = 1 << 18
const rowScratch = 1 << 19

/**
 * Whether a turn does all rows, and so copies its panels itself: they need not go to memory and back, nor wait for one
 * another. For rows few enough to lie in the second cache, and enough to be worth a copy. Each group of panels copies
 * rows that must be copied again, so that there it takes many panels; with narrower vectors, and so fewer rows to a
 * copy, it was a loss.
 */
function turnsCopyPanels(c: Contraction, n: IndexVar, panels: number, target: Target): boolean {
  if (target.lanes < 16 || c.b.isConstant) return false
  const [m, ...more] = c.outer.filter(v => roleOf(c, v) === 'm' && v.extent > 1)
  if (!m || more.length > 0 || m.extent < 32 || m.extent > 384) return false
  const rowBytes = n.extent * 4
  if (rowBytes < 512 || extentOf(c.k) * rowBytes <= 1 << 17 || panels < 4) return false
  const together = [n, ...c.k].some(v => c.b.index.coefficient(v) === 1)
  const others = extentOf(c.outer.filter(v => v !== n && v !== m))
  return together && panels * others >= (walksBadly(c, m) ? 32 : 8)
}

/** Rows, or fewer, for which reading the right operand once a row takes less time than copying it into panels. */
const rowsReadAlong = 3
/**
 * The same across the matrix's rows, where it stays in the third cache: 8 rows of 300 × 300 gain 2.6, of 1001 × 1001
 * 1.5.
 */
const rowsReadAcross = 8

/**
 * A matrix times a vector or hardly more. Along the matrix's rows, sums over rows that lie in memory in one piece need
 * no panels; across them, a last vector that is not whole would need a mask, or else a copy of all the matrix.
 */
function isVectorProduct(c: Contraction, n: IndexVar, target: Target): boolean {
  const rows = extentOf(c.outer.filter(v => roleOf(c, v) === 'm'))
  const across = c.b.index.coefficient(n) === 1
  if (across && (target.masks || n.extent % target.lanes === 0)) return false
  const isNear = extentOf(c.k) * n.extent * 4 <= 2 ** 22
  return rows <= (c.b.isConstant ? 1 : across && isNear ? rowsReadAcross : rowsReadAlong)
}

/** Whether what the epilogue stores runs along n, element by element. */
const allContiguous = (c: Contraction, n: IndexVar): boolean => c.outputs.every(o => o.index.coefficient(n) === 1)

/** Chooses the loops over a contraction whose b is as it will be read. */
export function planLoops(p: Panels, target: Target): ContractionPlan {
  const blocked = blockDepth(joinLoops(p.c), p)
  const tile = chooseTile(blocked.c, p, target)
  const { m, steps, within } = tile
  const { c, parallel, inside } = shareOut(blocked.c, p, tile)
  const depth = depthOf(blocked)
  const tiles = { count: Math.ceil(m.extent / steps), rows: steps * (within?.extent ?? 1) }
  const { tilesPerTurn, panelsPerTurn } = chooseTurn(tiles, extentOf(parallel), depth, p)
  const used = p.copiesPanels || panelsPerTurn === p.panels ? panelsPerTurn : 0
  const copiesRows = used >= 4 && inside.length === 0 && !within && walksBadly(c, m)
    && tilesPerTurn * steps * depth * 4 <= rowScratch
  return {
    ...p, c, parallel, inside, m, steps, within, tilesPerTurn, panelsPerTurn, k: c.k, copiesRows,
    blocked: blocked.blocked,
  }
}

/**
 * Tiles and panels of a turn. Few rows are done together: each panel then comes from the second cache once, and turns
 * are groups of panels. Many rows are shared out, and each turn goes over all panels, where that makes turns enough.
 */
function chooseTurn(
  { count, rows }: { count: number; rows: number }, parallel: number, depth: number, p: Panels,
): Pick<ContractionPlan, 'tilesPerTurn' | 'panelsPerTurn'> {
  const together = parallel >= enoughTurns || p.copiesPanels || count <= 8 && p.panels * parallel >= leastTurns
  const rowsOfTurn = extentOf(p.c.k) * p.width * p.panels * 4 > panelsNear ? rowsFar : rowsNear
  const shared = Math.min(Math.floor(rowsOfTurn / rows), Math.floor(count * parallel / leastTurns))
  const tilesPerTurn = together ? count : Math.min(count, Math.max(1, shared))
  const turns = parallel * Math.ceil(count / tilesPerTurn)
  const most = p.copiesPanels ? Math.floor(panelScratch / (depth * p.width * 4)) : p.panels
  const groups = Math.max(Math.ceil(p.panels / most), Math.ceil(leastTurns / turns))
  return { tilesPerTurn, panelsPerTurn: Math.ceil(p.panels / groups) }
}

const leastTurns = 8
const enoughTurns = 16
/**
 * Rows of a turn that goes over all panels. Each row of the output is a stream, and they are written by turns: of three
 * tiles rather than eight, products of depth 64 gain 15 to 30 %, of 128 6 %, deeper ones up to 5 %. But panels of more
 * bytes than the second cache holds, over the whole depth, should be read seldom: there 2048 × 2048 × 2048 loses 6 to
 * 12 % by it, and the gradient of a weight, 1024 × 2048 by 2048 × 256, 6 %.
 */
const [rowsNear, rowsFar] = [42, 112]
const panelsNear = 2 ** 20
/** Below, a tile holds too few independent sums, and reads b too often. */
const fewRows = 6
/** Rows for which a turn should use a panel of b before it goes on to the next. */
const rowsPerPanel = 128

/** The tile runs along the m loop whose elements lie closest together in a, and along the next if that one is tiny. */
function chooseTile(c: Contraction, p: Panels, target: Target): Pick<ContractionPlan, 'm' | 'steps' | 'within'> {
  const stride = (v: IndexVar) => Math.abs(c.a.index.coefficient(v))
  const ms = c.outer.filter(v => v !== p.panel && v !== p.lane && v.extent > 1 && roleOf(c, v) === 'm')
    .sort((x, y) => stride(x) - stride(y))
  const [first, second] = ms
  const wide = ms.find(v => v.extent >= fewRows)
  const alone = wide === first || !second || 2 * first.extent > maxRows(target, p.vectors)
  const m = alone ? wide ?? first ?? indexVar(1) : second
  const within = alone ? null : first
  const each = within?.extent ?? 1
  const others = c.outer.filter(v => v !== p.panel && v !== p.lane && v !== m && v !== within)
  const depths = extentOf(others) * p.panels * extentOf(c.k)
  return { m, within, steps: chooseSteps(m.extent, each, p.vectors, depths, target) }
}

/**
 * The loops that are handed to threads and those inside a turn. Loops on which b does not depend stay inside as far as
 * they are needed to use a panel for enough rows.
 */
function shareOut(
  c: Contraction, p: Panels, { m, within }: Pick<ContractionPlan, 'm' | 'within'>,
): Pick<ContractionPlan, 'c' | 'parallel' | 'inside'> {
  const order = c.outer.filter(v => v !== p.panel && v !== p.lane && v !== m && v !== within)
    .sort((x, y) => outputStride(c, y) - outputStride(c, x))
  let rows = extentOf(c.outer.filter(v => roleOf(c, v) === 'm'))
  const parallel: IndexVar[] = []
  while (order.length > 0 && extentOf(parallel) < enoughTurns) {
    const v = order[0]
    const shared = roleOf(c, v) === 'm'
    const most = Math.max(1, Math.floor(rows / rowsPerPanel))
    const part = shared && p.panels >= 4 ? divisorNear(v.extent, most) : v.extent
    if (part === v.extent || v.extent === 1) {
      parallel.push(v)
      order.shift()
      if (shared) rows /= v.extent
      continue
    }
    if (part > 1) {
      const [outer, inner] = [indexVar(part), indexVar(v.extent / part)]
      const map = new Map([[v.id, Index.of(outer).times(inner.extent).add(Index.of(inner))]])
      c = substituteContraction(c, map, c.outer.flatMap(o => (o === v ? [outer, inner] : [o])), c.k)
      parallel.push(outer)
      order[0] = inner
    }
    break
  }
  return { c, parallel, inside: order }
}

/** Rows that meet in the same cache sets, or depths that each lie on lines or even a page of their own. */
function walksBadly(c: Contraction, m: IndexVar): boolean {
  const row = c.a.index.coefficient(m) * 4
  const step = Math.min(...c.k.map(v => Math.abs(c.a.index.coefficient(v)))) * 4
  return row % 1024 === 0 || step >= 1024 || row === 4 && step >= 256
}

const outputStride = (c: Contraction, v: IndexVar): number => Math.abs(c.outputs[0].index.coefficient(v))

/**
 * b is read where it lies when its vectors are contiguous and its rows are short, or when it is small or hardly used
 * again; else it is copied into panels first. What never changes is copied once: a recurrent layer's weights before its
 * loop, a model's before it is asked.
 */
function mustPack(c: Contraction, n: IndexVar, target: Target): boolean {
  if (c.b.index.coefficient(n) !== 1) return true
  if (!target.masks && n.extent % target.lanes !== 0) return true
  const depth = extentOf(c.k)
  const uses = extentOf(c.outer.filter(v => roleOf(c, v) === 'm'))
  const rowBytes = n.extent * 4
  return rowBytes >= 512 && depth * rowBytes > 1 << 17 && (uses > 64 || c.b.isConstant)
}

interface Blocked { readonly c: Contraction; readonly blocked: boolean }

/** The depth that a tile sums over at once. */
const depthOf = ({ c: { k }, blocked }: Blocked): number => extentOf(blocked ? k.slice(1) : k)

/** Orders the depth loops by a's strides and cuts the outermost so that a panel of b stays in the first cache. */
function blockDepth(c: Contraction, { width, copiesPanels }: Pick<Panels, 'width' | 'copiesPanels'>): Blocked {
  const k = depthOrder(c)
  const total = extentOf(k)
  const limit = Math.max(128, Math.floor(32768 / (width * 4)))
  const ordered = { ...c, k }
  const plain = c.outputs.length === 1 && c.buffers[c.outputs[0].buffer].dtype === 'float32'
  // Few rows read a panel too seldom for its place in the cache to matter.
  const rows = extentOf(c.outer.filter(v => roleOf(c, v) === 'm'))
  if (total <= limit * 2 || !plain || rows < 192 && !copiesPanels) return { c: ordered, blocked: false }
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
export function divisorNear(n: number, limit: number): number {
  for (let d = Math.min(limit, n); d * 4 >= limit; d--) if (n % d === 0) return d
  return n
}
