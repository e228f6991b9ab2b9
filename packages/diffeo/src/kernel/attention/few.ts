/**
 * @file Attention forward for few queries, as in decoding: a turn is one query. Vectors run along the columns of a key
 * for its score, along the keys for their exponentials, and along the columns of values for their sum, so that keys and
 * values are read once, where they lie. All scores of the query are in scratch.
 */
import { Builder } from '../builder.ts'
import type { Kernel, Target, Value } from '../ir.ts'
import { Ops } from '../math/ops.ts'
import { decode } from '../routine/columns.ts'
import { columnStride, exponent, isMasked, limits, pairs, power, rowStride, startOf, type Limits } from './scores.ts'
import { product, unitOf, type Forward } from './spec.ts'
import { at, columnsOf, maskOf, sumOf, type Column } from './tile.ts'

/** Above so many a block of queries along the lanes costs less. */
export const few = 4
/** Columns whose sums are in registers at a time. */
const mostColumns = 8
/** Keys whose scores are computed side by side. */
const together = 4

export function emitFew(a: Forward, target: Target): Kernel {
  const b = new Builder(a.name, 4)
  const counts = [...a.batch, a.queries]
  b.loop(b.param(1), b.param(2), 1, [], turn => {
    const numbers = decode(b, turn, counts)
    new Query(b, a, target, numbers.slice(0, -1), numbers[numbers.length - 1]).run()
    return []
  })
  return {
    name: a.name, entry: b.fn, callees: [], slots: a.buffers.length, total: product(counts),
    scratchBytes: Math.ceil(a.keys / target.lanes) * target.lanes * 4,
    flops: pairs(a) * 2 * (a.size + a.valueSize),
    bytes: 4 * product(a.batch) * (a.queries + a.keys) * (a.size + a.valueSize),
  }
}

class Query {
  private readonly b: Builder
  private readonly a: Forward
  private readonly target: Target
  private readonly batch: readonly Value[]
  private readonly query: Value
  private readonly limits: Limits
  /** Keys from this one on are not looked at. */
  private readonly end: Value

  constructor(b: Builder, a: Forward, target: Target, batch: readonly Value[], query: Value) {
    this.b = b
    this.a = a
    this.target = target
    this.batch = batch
    this.query = query
    this.limits = limits(b, a, batch, query)
    const seen = b.intOp('imax', b.iadd(b.iadd(query, this.limits.shift), 1), b.int(0))
    this.end = a.causal ? b.intOp('imin', this.limits.end, seen) : this.limits.end
  }

  run(): void {
    const { b, a } = this
    const [q, out, totals] = [a.q, a.out, a.totals].map(o =>
      b.iadd(startOf(b, o, this.batch), b.imul(this.query, rowStride(a, o) * 4)))
    this.scores(q)
    const highest = this.highest()
    const o = new Ops(b, 1)
    const base = o.select(o.eq(highest, -Infinity), 0, highest)
    const sum = this.weigh(base)
    const total = o.select(o.eq(sum, 0), 1, sum)
    b.store('f32', at(totals), o.mul(base, 1 / unitOf(a)))
    b.store('f32', at(totals, 4), total)
    this.add(out, o.div(1, total))
  }

  /** Products with all keys, in units of the exponential's. */
  private scores(q: Value): void {
    const { b, a, target } = this
    const columns = columnsOf(a.size, target).map(c => ({ c, mask: maskOf(b, c) }))
    const load = (from: Value, { c, mask }: typeof columns[number]) =>
      b.load('f32', at(from, c.from * 4), c.lanes, mask)
    const held = columns.length <= mostColumns ? columns.map(x => load(q, x)) : null
    const step = rowStride(a, a.k) * 4
    const one = (key: Value) => sumOf(b, columns, (x, sum) => {
      const [left, right] = [held?.[columns.indexOf(x)] ?? load(q, x), load(key, x)]
      return sum ? b.fma(left, right, sum) : b.binary('mul', left, right)
    })
    const scale = a.scale * unitOf(a)
    const turn = (keys: number) => (_: Value, [key, to]: readonly Value[]): Value[] => {
      for (let i = 0; i < keys; i++)
        b.store('f32', at(to, i * 4), b.binary('mul', one(b.iadd(key, i * step)), b.constant('f32', scale, 1)))
      return [b.iadd(key, keys * step), b.iadd(to, keys * 4)]
    }
    const rest = b.imod(this.end, together)
    const start = [startOf(b, a.k, this.batch), b.param(3)]
    const state = b.loop(b.int(0), b.intOp('isub', this.end, rest), together, start, turn(together))
    b.loop(b.int(0), rest, 1, state, turn(1))
  }

  /** Calls `body` for each vector of scores: its first key, its address, and the lanes' keys. */
  private eachVector(
    inits: readonly Value[], body: (place: Value, keys: Value, carried: readonly Value[]) => readonly Value[],
  ): readonly Value[] {
    const { b, target: { lanes } } = this
    return b.loop(b.int(0), this.end, lanes, inits, (key, carried) => {
      const keys = b.binary('add', b.splat(b.fromInt(key), lanes), b.iota(lanes))
      return body(b.iadd(b.param(3), b.imul(key, 4)), keys, carried)
    })
  }

  /** The greatest of the scores that count; the others become −∞. */
  private highest(): Value {
    const { b, target: { lanes } } = this
    const last = b.splat(b.fromInt(this.end), lanes)
    const low = b.constant('f32', -Infinity, lanes)
    const [most] = this.eachVector([low], (place, keys, [before]) => {
      const given = this.added(b.load('f32', at(place), lanes), keys)
      const score = b.select(b.compare('lt', keys, last), given, b.constant('f32', -Infinity, lanes))
      b.store('f32', at(place), score)
      return [b.binary('max', before, score)]
    })
    return b.reduceLanes('reduceMax', most)
  }

  /** The scores with the mask. */
  private added(score: Value, keys: Value): Value {
    const { b, a, target: { lanes } } = this
    const m = a.mask
    if (!isMasked(a) || !m) return score
    const bytes = m.mem === 'f32' ? 4 : 1
    const row = b.iadd(this.limits.mask, b.imul(this.query, rowStride(a, m) * bytes))
    const inside = b.binary('min', keys, b.constant('i32', a.keys - 1, lanes))
    const x = b.gather(m.mem, row, b.binary('mul', inside, b.constant('i32', columnStride(a, m), lanes)))
    if (m.mem === 'f32') return b.binary('add', score, x)
    return b.select(b.compare('eq', x, b.constant('i32', 0, lanes)), b.constant('f32', -Infinity, lanes), score)
  }

  /** Scores to exponentials; their sum. */
  private weigh(base: Value): Value {
    const { b, a, target: { lanes } } = this
    const wide = b.splat(base, lanes)
    const [sum] = this.eachVector([b.constant('f32', 0, lanes)], (place, _, [before]) => {
      const o = new Ops(b, lanes)
      const p = power(o, o.sub(b.load('f32', at(place), lanes), wide), exponent(a))
      b.store('f32', at(place), p)
      return [o.add(before, p)]
    })
    return b.reduceLanes('reduceAdd', sum)
  }

  /** The values by their weights, times `factor`. */
  private add(out: Value, factor: Value): void {
    const { a, target } = this
    const all = columnsOf(a.valueSize, target)
    for (let i = 0; i < all.length; i += mostColumns) this.addColumns(all.slice(i, i + mostColumns), out, factor)
  }

  private addColumns(columns: readonly Column[], out: Value, factor: Value): void {
    const { b, a } = this
    const masks = columns.map(c => maskOf(b, c))
    const step = rowStride(a, a.v) * 4
    const zeros = columns.map(c => b.constant('f32', 0, c.lanes))
    const turn = (keys: number) => (_: Value, carried: readonly Value[]): Value[] => {
      const [v, weights] = carried.slice(-2)
      let sums = carried.slice(0, -2)
      for (let i = 0; i < keys; i++) {
        const weight = b.load('f32', at(weights, i * 4), 1)
        sums = columns.map((c, k) =>
          b.fma(b.splat(weight, c.lanes), b.load('f32', at(v, i * step + c.from * 4), c.lanes, masks[k]), sums[k]))
      }
      return [...sums, b.iadd(v, keys * step), b.iadd(weights, keys * 4)]
    }
    const rest = b.imod(this.end, together)
    const start = [...zeros, startOf(b, a.v, this.batch), b.param(3)]
    const state = b.loop(b.int(0), b.intOp('isub', this.end, rest), together, start, turn(together))
    const sums = b.loop(b.int(0), rest, 1, state, turn(1))
    columns.forEach((c, k) => {
      b.store('f32', at(out, c.from * 4), b.binary('mul', sums[k], b.splat(factor, c.lanes)), masks[k])
    })
  }
}
