/** @file The micro-kernel: a tile of sums in registers, c = Σ a·b or c += Σ a·b, over the loops of the depth. */
import type { Builder } from '../builder.ts'
import type { Address, Fn, Target, Value } from '../ir.ts'
import { advances, callShared, Rows, type Body } from './shared.ts'

/** A loop of the depth: how far apart, in bytes, the elements of its turns lie in each operand. */
export interface DepthLoop {
  readonly extent: number
  readonly a: number
  readonly b: number
}

/** What a tile multiplies. Distances are in bytes. */
export interface Tile {
  readonly rows: number
  /** Rows lie `small` apart in a, groups of `each` rows `row`. */
  readonly each: number
  readonly row: number
  readonly small: number
  readonly vectors: number
  /** Outermost first. */
  readonly depth: readonly DepthLoop[]
  /** From row to row of c. */
  readonly cRow: number
  /** Whether the sums are added to what c holds. */
  readonly accumulate: boolean
  /** Lanes of the last vector that b has; 0: all. */
  readonly lanes: number
  /** How far on what will be read next of b lies, to be fetched meanwhile; 0: it is not. */
  readonly ahead: number
}

/** Calls the micro-kernel for a tile whose first elements are at `a`, `b` and `c`. */
export function callMultiply(b: Builder, target: Target, t: Tile, at: { a: Value; b: Value; c: Value }): Fn {
  const depth = joined(t.depth)
  const numbers: Record<string, number> = { cRow: t.cRow, small: t.small }
  if (t.each < t.rows) numbers.row = t.row
  const inA = advances(depth.map(({ extent, a }) => ({ extent, step: a })))
  const inB = advances(depth.map(({ extent, b }) => ({ extent, step: b })))
  depth.forEach(({ extent }, i) => {
    numbers[`extent${i}`] = extent
    numbers[`a${i}`] = inA[i]
    numbers[`b${i}`] = inB[i]
  })
  if (t.lanes > 0) numbers.lanes = t.lanes
  if (t.ahead > 0) numbers.ahead = t.ahead
  const isFixed = fixedIn(t, target)
  const pointers = isFixed('small', t.small) ? 1 : Math.ceil(t.rows / t.each) * Math.ceil(t.each / 3)
  const turns = writtenOut(target, t.rows * t.vectors, pointers, depth[depth.length - 1].extent)
  const size = `${t.rows}${t.each < t.rows ? `/${t.each}` : ''}×${t.vectors}`
  const key = `${t.accumulate ? 'add' : 'set'} ${size} over ${depth.length}, ${turns} a turn`
  return callShared(b, target, key, at, numbers, isFixed, body => build(body, t, depth.length, turns))
}

/** Operands that were copied lie as the tile reads them: these distances are in the code. V8 wants all there. */
function fixedIn(t: Tile, target: Target): (name: string, n: number) => boolean {
  if (target.isa === 'wasm') return name => /^(small|row|[ab]\d)/.test(name)
  const usual: Record<string, readonly number[]> = {
    a: [0, 4, t.rows * 4], b: [0, t.vectors * target.lanes * 4], small: [4],
  }
  return (name, n) => usual[name.replace(/\d/, '')]?.includes(n) ?? false
}

/**
 * Turns of the innermost loop that are written out, so that moving the pointers costs little beside the products: where
 * another thread shares the core, and with it the decoding of instructions, 4 rather than 2 turns of 6 × 2 are 7 % (in
 * products of 512) and 3 % (1024). Not for wasm: V8 puts all loads first.
 */
function writtenOut(target: Target, products: number, pointers: number, extent: number): number {
  if (target.isa === 'wasm') return 1
  const moves = products / (pointers + 2)
  let turns = moves >= 8 ? 1 : 4
  while (extent % turns !== 0) turns /= 2
  return turns
}

/** Loops that both operands walk as one are one. */
function joined(depth: readonly DepthLoop[]): DepthLoop[] {
  const out: DepthLoop[] = []
  for (const d of depth) {
    const last = out[out.length - 1]
    if (last && last.a === d.extent * d.a && last.b === d.extent * d.b)
      out[out.length - 1] = { extent: last.extent * d.extent, a: d.a, b: d.b }
    else out.push(d)
  }
  return out
}

interface State { readonly sums: readonly Value[]; readonly a: readonly Value[]; readonly b: Value }

function build(body: Body, t: Tile, levels: number, turns: number): void {
  const { b, target } = body
  const rows = new Rows(body, t.rows, t.each)
  const mask = t.lanes > 0 ? b.firstLanes(body.value('lanes'), target.lanes) : null
  const carried = (s: State): Value[] => [...s.sums, ...s.a, s.b]
  const count = t.rows * t.vectors
  const stateOf = (v: readonly Value[]): State =>
    ({ sums: v.slice(0, count), a: v.slice(count, -1), b: v[v.length - 1] })
  const loop = (turns: Value, s: State, turn: (s: State) => State): State =>
    stateOf(b.loop(b.int(0), turns, 1, carried(s), (_, v) => carried(turn(stateOf(v)))))
  const move = (s: State, level: number, times: number): State =>
    ({ sums: s.sums, a: s.a.map(p => body.add(p, `a${level}`, times)), b: body.add(s.b, `b${level}`, times) })
  const innermost = (s: State): State => {
    const level = levels - 1
    return loop(b.idiv(body.value(`extent${level}`), turns), s, from => {
      let { sums } = from
      for (let u = 0; u < turns; u++) sums = products(body, t, rows, mask, { ...from, sums }, u, level)
      return move({ ...from, sums }, level, turns)
    })
  }
  const nested = (level: number, s: State): State =>
    level === levels - 1
      ? innermost(s)
      : loop(body.value(`extent${level}`), s, x => move(nested(level + 1, x), level, 1))
  const end = nested(0, {
    sums: Array.from({ length: count }, () => b.constant('f32', 0, target.lanes)),
    a: rows.pointers(body.value('a')),
    b: body.value('b'),
  })
  store(body, t, end.sums)
}

/** a's elements are broadcast, b's vectors loaded, every product added to its sum. */
function products(
  body: Body, t: Tile, rows: Rows, mask: Value | null, s: State, turn: number, level: number,
): Value[] {
  const { b, target } = body
  const { lanes } = target
  const da = body.known(`a${level}`)
  // A distance that is an argument moves the pointers at each turn.
  const pa = da === null && turn > 0 ? s.a.map(p => body.add(p, `a${level}`, turn)) : s.a
  const column = columnsAt(body, s.b, `b${level}`, turn)
  const columns = Array.from({ length: t.vectors }, (_, v) =>
    b.load('f32', column(v * lanes * 4), lanes, v === t.vectors - 1 ? mask ?? undefined : undefined))
  if (t.ahead > 0) {
    const next = { base: b.iadd(s.b, body.value('ahead')), index: null, scale: 1 as const }
    for (let v = 0; v < t.vectors * lanes * 4; v += 64) b.prefetch('second', { ...next, disp: column(v).disp })
  }
  const sums: Value[] = []
  for (let r = 0; r < t.rows; r++) {
    const at = rows.at(pa, r, (da ?? 0) * turn)
    const element = () => b.splat(b.load('f32', at, 1), lanes)
    const shared = joinsProducts(target, r, at) ? null : element()
    columns.forEach((c, v) => sums.push(b.fma(shared ?? element(), c, s.sums[r * t.vectors + v])))
  }
  return sums
}

/** Addresses of a turn's columns, by bytes from the first. An argument is added by the address where it can be. */
function columnsAt(body: Body, base: Value, step: string, turn: number): (disp: number) => Address {
  const known = body.known(step)
  if (known !== null || turn === 0) return disp => ({ base, index: null, scale: 1, disp: (known ?? 0) * turn + disp })
  if (turn <= 2) return disp => ({ base, index: body.value(step), scale: turn as 1 | 2, disp })
  const moved = body.add(base, step, turn)
  return disp => ({ base: moved, index: null, scale: 1, disp })
}

/**
 * Whether each product loads the row's element itself, as part of the multiply-add, or all of them share one load. Half
 * of the rows each way balances loads against instructions and beat either alone by 4 to 5 % where another thread
 * shares the core; an address with an index is an instruction more (docs/decisions/012).
 */
const joinsProducts = (target: Target, row: number, at: Address): boolean =>
  target.isa === 'avx512' && at.index === null && row % 2 === 0

function store(body: Body, t: Tile, sums: readonly Value[]): void {
  const { b, target: { lanes } } = body
  let c = body.value('c')
  for (let r = 0; r < t.rows; r++) {
    if (r > 0) c = body.add(c, 'cRow')
    for (let v = 0; v < t.vectors; v++) {
      const at: Address = { base: c, index: null, scale: 1, disp: v * lanes * 4 }
      const sum = sums[r * t.vectors + v]
      b.store('f32', at, t.accumulate ? b.binary('add', b.load('f32', at, lanes), sum) : sum)
    }
  }
}
