/** @file Blocks of scores, one row a key, one lane a query; which of them count; and q with its columns as rows. */
import type { Builder } from '../builder.ts'
import type { Target, Value } from '../ir.ts'
import { exp2Normal } from '../math/exponential.ts'
import type { Ops } from '../math/ops.ts'
import { product, unitOf, type Attention, type Blocking, type Strided } from './spec.ts'
import { at, multiply, unrollOf, type Column } from './tile.ts'

/** What decides which scores of a block count. */
export interface Limits {
  /** The first query of the block. */
  readonly first: Value
  /** The last key that query 0 sees, if causal; it may be negative. */
  readonly shift: Value
  /** Keys from this one on do not count. */
  readonly end: Value
  /** The mask's element of query 0 and key 0. */
  readonly mask: Value
}

/** Limits as parameters of a function, from number `from` on. */
export const limitsOf = (b: Builder, from: number): Limits =>
  ({ first: b.param(from), shift: b.param(from + 1), end: b.param(from + 2), mask: b.param(from + 3) })
export const limitValues = (l: Limits): Value[] => [l.first, l.shift, l.end, l.mask]

export const vectorColumns = (g: Blocking): Column[] =>
  Array.from({ length: g.vectors }, (_, j) =>
    ({ from: j * g.lanes, place: j * g.lanes, lanes: g.lanes, count: g.lanes }))

/** The address of an operand's first element in a batch. */
export function startOf(b: Builder, o: Strided, batch: readonly Value[], bytes = 4): Value {
  let sum = b.iadd(b.arg(o.slot), o.offset * bytes)
  batch.forEach((v, i) => { if (o.strides[i] !== 0) sum = b.iadd(sum, b.imul(v, o.strides[i] * bytes)) })
  return sum
}
export const rowStride = (a: Attention, o: Strided): number => o.strides[a.batch.length]
export const columnStride = (a: Attention, o: Strided): number => o.strides[a.batch.length + 1]

/** The limits of a block of queries in a batch. */
export function limits(b: Builder, a: Attention, batch: readonly Value[], first: Value): Limits {
  const mask = a.mask ? startOf(b, a.mask, batch, a.mask.mem === 'f32' ? 4 : 1) : b.int(0)
  if (!a.length) return { first, mask, shift: b.int(0), end: b.int(a.keys) }
  const given = b.toInt(b.load('i32', at(startOf(b, a.length, batch)), 1))
  const end = b.intOp('imin', b.intOp('imax', given, b.int(0)), b.int(a.keys))
  return { first, mask, end, shift: b.intOp('isub', end, b.int(a.queries)) }
}

const clamp = (b: Builder, x: Value, most: number): Value => b.intOp('imin', b.intOp('imax', x, b.int(0)), b.int(most))

/**
 * The keys that a block of queries looks at, rounded up to whole tiles, and the first that some of them may not see.
 */
export function range(b: Builder, a: Attention, g: Blocking, l: Limits): { end: Value; free: Value } {
  const seen = b.iadd(l.first, l.shift)
  const last = a.causal ? b.intOp('imin', l.end, b.iadd(seen, g.width)) : l.end
  const tiles = b.imul(b.idiv(clamp(b, b.iadd(last, g.rows - 1), a.keys + g.rows), g.rows), g.rows)
  const free = a.causal ? b.intOp('imin', l.end, b.iadd(seen, 1)) : l.end
  return { end: b.intOp('imin', tiles, b.int(a.keys)), free: clamp(b, free, a.keys) }
}

/** Whether some scores may not count, or are added to. */
export const isMasked = (a: Attention): boolean => a.causal || a.mask !== null || a.length !== null

/** Lane numbers of the block's queries, none beyond the last. */
function queryLanes(b: Builder, a: Attention, g: Blocking, first: Value, j: number): Value {
  const lanes = b.binary('add', b.splat(b.fromInt(b.iadd(first, j * g.lanes)), g.lanes), b.iota(g.lanes))
  return b.binary('min', lanes, b.constant('i32', a.queries - 1, g.lanes))
}

/** The rows of the block as columns, [size][width], times `by`: (base of row 0, first row, destination). */
export function packColumns(
  b: Builder, a: Attention, g: Blocking, o: Strided, size: number, by: number, p: readonly [Value, Value, Value],
): void {
  const [base, first, to] = p
  const index = vectorColumns(g).map((_, j) =>
    b.binary('mul', queryLanes(b, a, g, first, j), b.constant('i32', rowStride(a, o), g.lanes)))
  const factor = b.constant('f32', by, g.lanes)
  b.loop(b.int(0), b.int(size), 1, [base, to], (_, [from, dst]) => {
    index.forEach((lanes, j) => {
      const x = b.gather('f32', from, lanes)
      b.store('f32', at(dst, j * g.lanes * 4), by === 1 ? x : b.binary('mul', x, factor))
    })
    return [b.iadd(from, columnStride(a, o) * 4), b.iadd(dst, g.width * 4)]
  })
}

/** A tile of products with the packed rows: `rows` keys from the address on. */
export function tileProduct(
  b: Builder,
  g: Blocking,
  target: Target,
  {
    rows,
    keys,
    keyStride,
    size,
    packed,
  }: { rows: number; keys: Value; keyStride: number; size: number; packed: Value },
): readonly Value[] {
  const zeros = Array.from({ length: rows * g.vectors }, () => b.constant('f32', 0, g.lanes))
  return multiply(b, {
    rows, columns: vectorColumns(g), a: keys, aRow: keyStride * 4, aStep: 4, b: packed, bStep: g.width * 4,
    depth: size, unroll: unrollOf(target),
  }, zeros)
}

/** The scores of a tile, with the mask added; −∞ where they do not count. `key`: number of the tile's first. */
export function masked(
  b: Builder, a: Attention, g: Blocking, l: Limits, key: Value, sums: readonly Value[],
): readonly Value[] {
  const lowest = b.constant('f32', -Infinity, g.lanes)
  const lanes = vectorColumns(g).map((_, j) => queryLanes(b, a, g, l.first, j))
  return sums.map((given, i) => {
    const [r, j] = [Math.floor(i / g.vectors), i % g.vectors]
    const at = b.iadd(key, r)
    let score = given
    const forbid = (mask: Value) => { score = b.select(mask, lowest, score) }
    if (a.mask) {
      const x = maskElement(b, a, g, l, at, lanes[j])
      if (a.mask.mem === 'f32') score = b.binary('add', score, x)
      else forbid(b.compare('eq', x, b.constant('i32', 0, g.lanes)))
    }
    if (a.causal) {
      const sees = b.splat(b.fromInt(b.intOp('isub', at, l.shift)), g.lanes)
      forbid(b.compare('lt', lanes[j], sees))
    }
    if (a.length) {
      forbid(b.compare('le', b.splat(b.fromInt(l.end), g.lanes), b.splat(b.fromInt(at), g.lanes)))
    }
    return score
  })
}

/** The mask of one key for the queries of a vector. */
function maskElement(b: Builder, a: Attention, g: Blocking, l: Limits, key: Value, lanes: Value): Value {
  const m = a.mask as NonNullable<Attention['mask']>
  const bytes = m.mem === 'f32' ? 4 : 1
  const place = b.iadd(l.mask, b.imul(key, columnStride(a, m) * bytes))
  if (rowStride(a, m) === 0) return b.splat(b.load(m.mem, at(place), 1), g.lanes)
  return b.gather(m.mem, place, b.binary('mul', lanes, b.constant('i32', rowStride(a, m), g.lanes)))
}

/** 2^(x · factor) for x ≤ 0, 0 from −127 on: there the exponent's bits are 0. */
export const power = (o: Ops, x: Value, factor: number): Value =>
  exp2Normal(o, o.max(factor === 1 ? x : o.mul(x, factor), -127))

/** Flops of the two products, forward, had no score been left out. */
export const pairs = (a: Attention): number => product(a.batch) * a.queries * a.keys * (a.causal ? 0.5 : 1)
export const exponent = (a: Attention): number => Math.LOG2E / unitOf(a)
