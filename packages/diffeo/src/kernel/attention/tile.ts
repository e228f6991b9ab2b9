/** @file Products of small tiles in registers: elements of one operand broadcast, vectors of the other. */
import type { Builder } from '../builder.ts'
import type { Address, Target, Value } from '../ir.ts'

export const at = (base: Value, disp = 0): Address => ({ base, index: null, scale: 1, disp })
export const indexed = (base: Value, index: Value, scale: 1 | 2 | 4 | 8, disp = 0): Address =>
  ({ base, index, scale, disp })

/** Lanes side by side: `from` elements behind the first column, `place` elements behind it in scratch. */
export interface Column {
  readonly from: number
  readonly place: number
  readonly lanes: number
  /** Lanes in use, where there are fewer. */
  readonly count: number
}

/** `size` columns as vectors, then a masked one or single lanes. */
export function columnsOf(size: number, target: Target): Column[] {
  const { lanes, masks } = target
  const out: Column[] = []
  let from = 0
  for (; from + lanes <= size; from += lanes) out.push({ from, place: from, lanes, count: lanes })
  if (from < size && masks) out.push({ from, place: from, lanes, count: size - from })
  else for (; from < size; from++) out.push({ from, place: from, lanes: 1, count: 1 })
  return out
}

/** Elements that columns take in scratch, in whole cache lines. */
export const padded = (size: number): number => Math.ceil(size / 16) * 16

/** Columns, a few at a time, as many as a tile holds. */
export function grouped(columns: readonly Column[], most: number): Column[][] {
  const out: Column[][] = []
  for (const c of columns) {
    const last = out[out.length - 1]
    if (last && last.length < most && last[0].lanes === c.lanes) last.push(c)
    else out.push([c])
  }
  return out
}

export const maskOf = (b: Builder, c: Column): Value | undefined =>
  c.count === c.lanes ? undefined : b.firstLanes(b.int(c.count), c.lanes)

/** All lanes of the columns' values together: vectors first, then single ones. */
export function sumOf<C extends { readonly c: Column }>(
  b: Builder, columns: readonly C[], value: (x: C, sum: Value | null) => Value,
): Value {
  let wide: Value | null = null
  let single: Value | null = null
  for (const x of columns) {
    if (x.c.lanes > 1) wide = value(x, wide)
    else single = value(x, single)
  }
  const all = wide && b.reduceLanes('reduceAdd', wide)
  return all && single ? b.binary('add', all, single) : (all ?? single) as Value
}

/** sums[r, c] + Σₖ a[r, k] · b[k, c]; steps in bytes. */
export interface Product {
  readonly rows: number
  readonly columns: readonly Column[]
  readonly a: Value
  readonly aRow: number
  readonly aStep: number
  readonly b: Value
  readonly bStep: number
  readonly depth: number | Value
  /** Turns of the depth loop that are written out. */
  readonly unroll: number
}

export function multiply(b: Builder, p: Product, inits: readonly Value[]): readonly Value[] {
  const masks = p.columns.map(c => maskOf(b, c))
  const turn = (a: Value, bp: Value, k: number, sums: readonly Value[]): Value[] => {
    const vectors = p.columns.map((c, i) => b.load('f32', at(bp, k * p.bStep + c.from * 4), c.lanes, masks[i]))
    const next: Value[] = []
    for (let r = 0; r < p.rows; r++) {
      const element = b.load('f32', at(a, r * p.aRow + k * p.aStep), 1)
      const wide = b.splat(element, p.columns[0].lanes)
      vectors.forEach((v, c) => next.push(b.fma(wide, v, sums[r * vectors.length + c])))
    }
    return next
  }
  const many = (a: Value, bp: Value, times: number, sums: readonly Value[]): readonly Value[] => {
    let next = sums
    for (let k = 0; k < times; k++) next = turn(a, bp, k, next)
    return next
  }
  const loop = (end: Value, step: number, state: readonly Value[]): readonly Value[] =>
    b.loop(b.int(0), end, step, state, (_, carried) => {
      const [a, bp] = carried.slice(-2)
      const sums = many(a, bp, step, carried.slice(0, -2))
      return [...sums, b.iadd(a, p.aStep * step), b.iadd(bp, p.bStep * step)]
    })
  const { depth, unroll } = p
  if (typeof depth === 'number') {
    const whole = depth - depth % unroll
    const state = whole > 0 ? loop(b.int(whole), unroll, [...inits, p.a, p.b]) : [...inits, p.a, p.b]
    const [a, bp] = state.slice(-2)
    return many(a, bp, depth - whole, state.slice(0, -2))
  }
  const rest = b.imod(depth, unroll)
  const whole = loop(b.intOp('isub', depth, rest), unroll, [...inits, p.a, p.b])
  return unroll === 1 ? whole.slice(0, -2) : loop(rest, 1, whole).slice(0, -2)
}

/** Turns written out: wasm engines give each distance from a pointer a register of its own. */
export const unrollOf = (target: Target): number => (target.isa === 'wasm' ? 1 : 4)
