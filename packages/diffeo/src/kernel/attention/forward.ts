/**
 * @file Attention forward, streaming: a turn is a block of queries of one batch. For each block of keys the scores are
 * computed in scratch, exponentials are taken against the highest score so far, and what was summed before is scaled
 * when that rises (Milakov & Gimelshein, "Online normalizer calculation for softmax", 2018; Dao et al.,
 * "FlashAttention", 2022). Blocks of keys that no query of the block sees are skipped.
 */
import { Builder } from '../builder.ts'
import type { Fn, Kernel, Target, Value } from '../ir.ts'
import { Ops } from '../math/ops.ts'
import { decode } from '../routine/columns.ts'
import {
  exponent, isMasked, limits, limitsOf, limitValues, masked, packColumns, pairs, power, range, rowStride, startOf,
  tileProduct, vectorColumns, type Limits,
} from './scores.ts'
import { blockingOf, product, unitOf, type Blocking, type Forward, type Strided } from './spec.ts'
import { at, columnsOf, grouped, maskOf, multiply, padded, unrollOf } from './tile.ts'

/** Offsets in scratch. */
interface Places {
  readonly q: number
  readonly scores: number
  readonly sums: number
  /** One number a query each: the highest score so far and in this block, the sum, what to scale by. */
  readonly highest: number
  readonly block: number
  readonly total: number
  readonly factor: number
  readonly bytes: number
}

export function emitForward(a: Forward, target: Target): Kernel { return new ForwardEmitter(a, target).kernel() }

class ForwardEmitter {
  private readonly a: Forward
  private readonly target: Target
  private readonly g: Blocking
  private readonly at: Places
  private readonly functions: Fn[] = []
  /** Bytes of a row of sums. */
  private readonly row: number

  constructor(a: Forward, target: Target) {
    this.a = a
    this.target = target
    this.g = blockingOf(a, target)
    this.row = padded(a.valueSize) * 4
    const line = this.g.width * 4
    const scores = a.size * line
    const sums = scores + this.g.depth * line
    const highest = sums + this.g.width * this.row
    this.at = {
      q: 0, scores, sums, highest, block: highest + line, total: highest + 2 * line, factor: highest + 3 * line,
      bytes: highest + 4 * line,
    }
  }

  kernel(): Kernel {
    const { a, g } = this
    const rest = a.keys % g.rows
    const plain = a.mask ? null : this.scores('scores', g.rows, false)
    const hiding = isMasked(a) ? this.scores('masked scores', g.rows, true) : null
    const tail = rest ? this.scores('last scores', rest, isMasked(a)) : null
    const parts = {
      plain,
      hiding,
      tail,
      pack: this.pack(),
      weigh: this.weigh(),
      add: this.add(),
      finish: this.finish(),
    }
    const blocks = Math.ceil(a.queries / g.width)
    const counts = [...a.batch, blocks]
    const b = new Builder(a.name, 4)
    b.loop(b.param(1), b.param(2), 1, [], turn => {
      const numbers = decode(b, turn, counts)
      this.turn(b, numbers.slice(0, -1), b.imul(numbers[numbers.length - 1], g.width), parts)
      return []
    })
    const flops = pairs(a) * 2 * (a.size + a.valueSize)
    const bytes = 4 * product(a.batch) * (a.queries + a.keys) * (a.size + a.valueSize)
    return {
      name: a.name, entry: b.fn, callees: this.functions, slots: a.buffers.length, total: product(counts),
      scratchBytes: this.at.bytes, flops, bytes,
    }
  }

  private turn(b: Builder, batch: readonly Value[], first: Value, parts: Parts): void {
    const { a, g } = this
    const scratch = b.param(3)
    const [q, k, v, out] = [a.q, a.k, a.v, a.out].map(o => startOf(b, o, batch))
    const l = limits(b, a, batch, first)
    const { end, free } = range(b, a, g, l)
    this.clear(b, scratch)
    b.call(parts.pack, [scratch, q, first])
    b.loop(b.int(0), end, g.depth, [], from => {
      const count = b.intOp('imin', b.intOp('isub', end, from), b.int(g.depth))
      const kAt = b.iadd(k, b.imul(from, rowStride(a, a.k) * 4))
      const rest = b.imod(count, g.rows)
      const whole = b.intOp('isub', count, rest)
      const seen = b.intOp('imin', b.intOp('imax', b.intOp('isub', free, from), b.int(0)), whole)
      const open = parts.hiding ? b.intOp('isub', seen, b.imod(seen, g.rows)) : whole
      if (parts.plain) b.call(parts.plain, [scratch, kAt, from, b.int(0), open, ...limitValues(l)])
      if (parts.hiding) {
        b.call(parts.hiding, [scratch, kAt, from, parts.plain ? open : b.int(0), whole, ...limitValues(l)])
      }
      const { tail } = parts
      if (tail) {
        b.if('ne', rest, b.int(0), () => b.call(tail, [scratch, kAt, from, whole, count, ...limitValues(l)]))
      }
      b.call(parts.weigh, [scratch, count])
      const rows = b.intOp('imin', b.intOp('isub', b.int(a.queries), first), b.int(g.width))
      b.call(parts.add, [scratch, b.iadd(v, b.imul(from, rowStride(a, a.v) * 4)), count, rows])
      return []
    })
    const [to, totals] = [[out, a.out], [startOf(b, a.totals, batch), a.totals]].map(([base, o]) =>
      b.iadd(base as Value, b.imul(first, rowStride(a, o as Strided) * 4)))
    b.call(parts.finish, [scratch, to, totals, first])
  }

  /** Nothing seen, nothing summed. */
  private clear(b: Builder, scratch: Value): void {
    const { g } = this
    const [low, zero] = [-Infinity, 0].map(x => b.constant('f32', x, g.lanes))
    for (const c of vectorColumns(g)) {
      b.store('f32', at(scratch, this.at.highest + c.place * 4), low)
      b.store('f32', at(scratch, this.at.block + c.place * 4), low)
      b.store('f32', at(scratch, this.at.total + c.place * 4), zero)
    }
    b.loop(b.int(0), b.int(g.width * this.row), g.lanes * 4, [], i => {
      b.store('f32', at(b.iadd(scratch, i), this.at.sums), zero)
      return []
    })
  }

  private define(name: string, params: number, body: (b: Builder) => void): Fn {
    const b = new Builder(`${this.a.name} ${name}`, params)
    body(b)
    this.functions.push(b.fn)
    return b.fn
  }

  /** (scratch, q, first query) */
  private pack(): Fn {
    const { a, g } = this
    return this.define('pack', 3, b => {
      const to = b.iadd(b.param(0), this.at.q)
      packColumns(b, a, g, a.q, a.size, a.scale * unitOf(a), [b.param(1), b.param(2), to])
    })
  }

  /**
   * (scratch, first key's address, its number, from, to, limits…): the scores of the keys from … to, counted from the
   * first, and their highest.
   */
  private scores(name: string, rows: number, hides: boolean): Fn {
    const { a, g, target } = this
    return this.define(name, 9, b => {
      const [scratch, k, number, from, to] = [0, 1, 2, 3, 4].map(i => b.param(i))
      const l: Limits = limitsOf(b, 5)
      const columns = vectorColumns(g)
      const before = columns.map(c => b.load('f32', at(scratch, this.at.block + c.place * 4), g.lanes))
      const keyStride = rowStride(a, a.k)
      const highest = b.loop(from, to, rows, before, (key, most) => {
        const keys = b.iadd(k, b.imul(key, keyStride * 4))
        const packed = b.iadd(scratch, this.at.q)
        const sums = tileProduct(b, g, target, { rows, keys, keyStride, size: a.size, packed })
        const scores = hides ? masked(b, a, g, l, b.iadd(number, key), sums) : sums
        const line = b.iadd(scratch, b.imul(key, g.width * 4))
        const next = [...most]
        scores.forEach((s, i) => {
          const [r, j] = [Math.floor(i / g.vectors), i % g.vectors]
          b.store('f32', at(line, this.at.scores + r * g.width * 4 + j * g.lanes * 4), s)
          next[j] = b.binary('max', next[j], s)
        })
        return next
      })
      columns.forEach((c, j) => b.store('f32', at(scratch, this.at.block + c.place * 4), highest[j]))
    })
  }

  /** (scratch, keys): scores to exponentials, their sums, and the factor for what was summed before. */
  private weigh(): Fn {
    const { a, g } = this
    return this.define('weigh', 2, b => {
      const [scratch, count] = [b.param(0), b.param(1)]
      const o = new Ops(b, g.lanes)
      const columns = vectorColumns(g)
      const place = (offset: number, j: number) => at(scratch, offset + j * g.lanes * 4)
      const starts = columns.map((_, j) => {
        const [old, block] = [this.at.highest, this.at.block].map(p => b.load('f32', place(p, j), g.lanes))
        const highest = o.max(old, block)
        const base = o.select(o.eq(highest, -Infinity), 0, highest)
        const factor = power(o, o.sub(old, base), exponent(a))
        b.store('f32', place(this.at.highest, j), highest)
        b.store('f32', place(this.at.block, j), o.f(-Infinity))
        b.store('f32', place(this.at.factor, j), factor)
        return { base, total: o.mul(b.load('f32', place(this.at.total, j), g.lanes), factor) }
      })
      const totals = b.loop(b.int(0), count, 1, starts.map(s => s.total), (key, sums) => {
        const line = b.iadd(scratch, b.imul(key, g.width * 4))
        const inner = new Ops(b, g.lanes)
        return sums.map((sum, j) => {
          const score = at(line, this.at.scores + j * g.lanes * 4)
          const p = power(inner, inner.sub(b.load('f32', score, g.lanes), starts[j].base), exponent(a))
          b.store('f32', score, p)
          return inner.add(sum, p)
        })
      })
      totals.forEach((t, j) => b.store('f32', place(this.at.total, j), t))
    })
  }

  /** (scratch, first value's address, keys, queries): adds the block's weighted values. */
  private add(): Fn {
    const { a, g, target } = this
    return this.define('add', 4, b => {
      const [scratch, v, depth, queries] = [0, 1, 2, 3].map(i => b.param(i))
      for (const columns of grouped(columnsOf(a.valueSize, target), 2)) {
        const { lanes } = columns[0]
        b.loop(b.int(0), queries, g.rows, [], query => {
          const sums = b.iadd(b.iadd(scratch, b.imul(query, this.row)), this.at.sums)
          const weights = b.iadd(b.iadd(scratch, b.imul(query, 4)), this.at.scores)
          const factors = b.iadd(b.iadd(scratch, b.imul(query, 4)), this.at.factor)
          const inits = Array.from({ length: g.rows }, (_, r) => {
            const factor = b.splat(b.load('f32', at(factors, r * 4), 1), lanes)
            return columns.map(c => b.binary('mul', b.load('f32', at(sums, r * this.row + c.place * 4), lanes), factor))
          }).flat()
          const added = multiply(b, {
            rows: g.rows, columns, a: weights, aRow: 4, aStep: g.width * 4, b: v, bStep: rowStride(a, a.v) * 4, depth,
            unroll: unrollOf(target),
          }, inits)
          added.forEach((s, i) => {
            const [r, c] = [Math.floor(i / columns.length), columns[i % columns.length]]
            b.store('f32', at(sums, r * this.row + c.place * 4), s)
          })
          return []
        })
      }
    })
  }

  /** (scratch, addresses of the first output and of its totals, first query): sums over totals, and these. */
  private finish(): Fn {
    const { a, g, target } = this
    return this.define('finish', 4, b => {
      const [scratch, out, totals, first] = [0, 1, 2, 3].map(i => b.param(i))
      const o = new Ops(b, g.lanes)
      for (const c of vectorColumns(g)) {
        const place = (offset: number) => at(scratch, offset + c.place * 4)
        const [total, highest] = [this.at.total, this.at.highest].map(p => b.load('f32', place(p), g.lanes))
        const sum = o.select(o.eq(total, 0), 1, total)
        b.store('f32', place(this.at.total), sum)
        b.store('f32', place(this.at.factor), o.div(1, sum))
        b.store('f32', place(this.at.highest), o.mul(o.select(o.eq(highest, -Infinity), 0, highest), 1 / unitOf(a)))
      }
      const rows = b.intOp('imin', b.intOp('isub', b.int(a.queries), first), b.int(g.width))
      const columns = columnsOf(a.valueSize, target).map(c => ({ c, mask: maskOf(b, c) }))
      b.loop(b.int(0), rows, 1, [scratch, out, totals], (query, [line, to, toTotal]) => {
        const sums = b.iadd(b.iadd(scratch, b.imul(query, this.row)), this.at.sums)
        const factor = b.load('f32', at(line, this.at.factor), 1)
        for (const { c, mask } of columns) {
          const value = b.binary('mul', b.load('f32', at(sums, c.place * 4), c.lanes), b.splat(factor, c.lanes))
          b.store('f32', at(to, c.from * 4), value, mask)
        }
        b.store('f32', at(toTotal), b.load('f32', at(line, this.at.highest), 1))
        b.store('f32', at(toTotal, 4), b.load('f32', at(line, this.at.total), 1))
        return [b.iadd(line, 4), b.iadd(to, rowStride(a, a.out) * 4), b.iadd(toTotal, rowStride(a, a.totals) * 4)]
      })
    })
  }
}

interface Parts {
  readonly plain: Fn | null
  readonly hiding: Fn | null
  readonly tail: Fn | null
  readonly pack: Fn
  readonly weigh: Fn
  readonly add: Fn
  readonly finish: Fn
}
