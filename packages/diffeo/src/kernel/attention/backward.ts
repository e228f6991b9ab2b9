/**
 * @file Attention backward, streaming: a turn is one batch, so that what is summed over queries is summed in one order.
 * For each block of queries and each block of keys that it sees, the weights P are computed again from the row
 * totals, and dS = P ∘ (dO·vᵀ − Σ O ∘ dO) from them (Dao et al., "FlashAttention", 2022, algorithm 4); then
 * dv += Pᵀ·dO, dk += dSᵀ·q, dq += dS·k.
 */
import { Builder } from '../builder.ts'
import type { Fn, Kernel, Target, Value } from '../ir.ts'
import { Ops } from '../math/ops.ts'
import { decode } from '../routine/columns.ts'
import {
  exponent, isMasked, limits, limitsOf, limitValues, masked, packColumns, pairs, power, range, rowStride, startOf,
  tileProduct, vectorColumns,
} from './scores.ts'
import { blockingOf, product, unitOf, type Backward, type Blocking, type Strided } from './spec.ts'
import { at, columnsOf, grouped, maskOf, multiply, padded, sumOf, unrollOf, type Column } from './tile.ts'

/** Offsets in scratch. */
interface Places {
  readonly q: number
  readonly cotangent: number
  readonly weights: number
  readonly gradient: number
  /** Sums of dq. */
  readonly sums: number
  /** One number a query: what exponentials are taken against, one over their sum, and Σ O ∘ dO. */
  readonly highest: number
  readonly factor: number
  readonly mean: number
  readonly bytes: number
}

export function emitBackward(a: Backward, target: Target): Kernel { return new BackwardEmitter(a, target).kernel() }

class BackwardEmitter {
  private readonly a: Backward
  private readonly target: Target
  private readonly g: Blocking
  private readonly at: Places
  private readonly functions: Fn[] = []
  /** Bytes of a row of sums. */
  private readonly row: number

  constructor(a: Backward, target: Target) {
    this.a = a
    this.target = target
    this.g = blockingOf(a, target)
    this.row = padded(a.size) * 4
    const line = this.g.width * 4
    const cotangent = a.size * line
    const weights = cotangent + a.valueSize * line
    const gradient = weights + this.g.depth * line
    const sums = gradient + this.g.depth * line
    const highest = sums + this.g.width * this.row
    this.at = {
      q: 0, cotangent, weights, gradient, sums, highest, factor: highest + line, mean: highest + 2 * line,
      bytes: highest + 3 * line,
    }
  }

  kernel(): Kernel {
    const { a, g } = this
    const b = new Builder(a.name, 4)
    const parts = this.parts()
    b.loop(b.param(1), b.param(2), 1, [], turn => {
      const batch = decode(b, turn, a.batch)
      const { dk, dv } = a
      b.call(parts.zeroKeys, [startOf(b, dk, batch)])
      b.call(parts.zeroValues, [startOf(b, dv, batch)])
      b.loop(b.int(0), b.int(a.queries), g.width, [], first => { this.block(b, batch, first, parts); return [] })
      return []
    })
    const rows = product(a.batch) * (a.queries + a.keys)
    return {
      name: a.name, entry: b.fn, callees: this.functions, slots: a.buffers.length, total: product(a.batch),
      scratchBytes: this.at.bytes, flops: pairs(a) * (6 * a.size + 4 * a.valueSize),
      bytes: 8 * rows * (a.size + a.valueSize),
    }
  }

  /** One block of queries. */
  private block(b: Builder, batch: readonly Value[], first: Value, parts: Parts): void {
    const { a, g } = this
    const scratch = b.param(3)
    const start = (o: Strided) => startOf(b, o, batch)
    const row = (o: Strided, n: Value) => b.iadd(start(o), b.imul(n, rowStride(a, o) * 4))
    const l = limits(b, a, batch, first)
    const { end, free } = range(b, a, g, l)
    const queries = b.intOp('imin', b.intOp('isub', b.int(a.queries), first), b.int(g.width))
    b.call(parts.packQ, [b.iadd(scratch, this.at.q), start(a.q), first])
    b.call(parts.packCotangent, [b.iadd(scratch, this.at.cotangent), start(a.cotangent), first])
    b.call(parts.means, [scratch, start(a.out), start(a.cotangent), start(a.totals), first])
    b.loop(b.int(0), end, g.depth, [], from => {
      const count = b.intOp('imin', b.intOp('isub', end, from), b.int(g.depth))
      const rest = b.imod(count, g.rows)
      const whole = b.intOp('isub', count, rest)
      const seen = b.intOp('imin', b.intOp('imax', b.intOp('isub', free, from), b.int(0)), whole)
      const open = parts.masked ? b.intOp('isub', seen, b.imod(seen, g.rows)) : whole
      const [k, v] = [row(a.k, from), row(a.v, from)]
      const scores = (fn: Fn, x: Value, y: Value) => b.call(fn, [scratch, k, v, from, x, y, ...limitValues(l)])
      if (parts.plain) scores(parts.plain, b.int(0), open)
      if (parts.masked) scores(parts.masked, parts.plain ? open : b.int(0), whole)
      const [dk, dv, q, cotangent] = [row(a.dk, from), row(a.dv, from), row(a.q, first), row(a.cotangent, first)]
      b.call(parts.values, [scratch, cotangent, dv, b.int(0), whole, queries])
      b.call(parts.keys, [scratch, q, dk, b.int(0), whole, queries])
      const { tail } = parts
      if (tail) {
        b.if('ne', rest, b.int(0), () => {
          scores(tail.scores, whole, count)
          b.call(tail.values, [scratch, cotangent, dv, whole, count, queries])
          b.call(tail.keys, [scratch, q, dk, whole, count, queries])
        })
      }
      b.call(parts.queries, [scratch, k, count, queries])
      return []
    })
    b.call(parts.finish, [scratch, row(a.dq, first), queries])
  }

  private parts(): Parts {
    const { a, g } = this
    const rest = a.keys % g.rows
    const values = (rows: number) => this.addToKeys('values', this.at.weights, a.cotangent, a.dv, a.valueSize, rows)
    const keys = (rows: number) => this.addToKeys('keys', this.at.gradient, a.q, a.dk, a.size, rows)
    return {
      zeroKeys: this.zero('zero keys', a.dk, a.size), zeroValues: this.zero('zero values', a.dv, a.valueSize),
      packQ: this.pack('pack q', a.q, a.size, a.scale * unitOf(a)),
      packCotangent: this.pack('pack cotangent', a.cotangent, a.valueSize, 1),
      means: this.means(),
      plain: a.mask ? null : this.scores('scores', g.rows, false),
      masked: isMasked(a) ? this.scores('masked scores', g.rows, true) : null,
      values: values(g.rows),
      keys: keys(g.rows),
      queries: this.addToQueries(),
      finish: this.finish(),
      tail: rest
        ? { scores: this.scores('last scores', rest, isMasked(a)), values: values(rest), keys: keys(rest) }
        : null,
    }
  }

  private define(name: string, params: number, body: (b: Builder, p: readonly Value[]) => void): Fn {
    const b = new Builder(`${this.a.name} ${name}`, params)
    body(b, b.fn.params)
    this.functions.push(b.fn)
    return b.fn
  }

  /** (first row's address) */
  private zero(name: string, o: Strided, size: number): Fn {
    return this.define(name, 1, (b, [start]) => {
      const columns = columnsOf(size, this.target).map(c => ({ c, mask: maskOf(b, c) }))
      b.loop(b.int(0), b.int(this.a.keys), 1, [start], (_, [to]) => {
        for (const { c, mask } of columns) b.store('f32', at(to, c.from * 4), b.constant('f32', 0, c.lanes), mask)
        return [b.iadd(to, rowStride(this.a, o) * 4)]
      })
    })
  }

  /** (destination, row 0, first row) */
  private pack(name: string, o: Strided, size: number, by: number): Fn {
    return this.define(name, 3, (b, [to, base, first]) =>
      packColumns(b, this.a, this.g, o, size, by, [base, first, to]))
  }

  /** (scratch, rows 0 of output, cotangent and totals, first query); and dq is 0. */
  private means(): Fn {
    const { a, g } = this
    return this.define('means', 5, (b, [scratch, out, cotangent, totals, first]) => {
      const columns = columnsOf(a.valueSize, this.target).map(c => ({ c, mask: maskOf(b, c) }))
      const blank = columnsOf(this.row / 4, this.target)
      b.loop(b.int(0), b.int(g.width), 1, [scratch], (i, [line]) => {
        const query = b.intOp('imin', b.iadd(first, i), b.int(a.queries - 1))
        const [x, y, z] = [[out, a.out], [cotangent, a.cotangent], [totals, a.totals]].map(([base, o]) =>
          b.iadd(base as Value, b.imul(query, rowStride(a, o as Strided) * 4)))
        const sum = sumOf(b, columns, ({ c, mask }, before) => {
          const [u, v] = [x, y].map(from => b.load('f32', at(from, c.from * 4), c.lanes, mask))
          return before ? b.fma(u, v, before) : b.binary('mul', u, v)
        })
        b.store('f32', at(line, this.at.mean), sum)
        const o = new Ops(b, 1)
        b.store('f32', at(line, this.at.highest), o.mul(b.load('f32', at(z), 1), unitOf(a)))
        b.store('f32', at(line, this.at.factor), o.div(1, b.load('f32', at(z, 4), 1)))
        const sums = b.iadd(scratch, b.imul(i, this.row))
        for (const c of blank) b.store('f32', at(sums, this.at.sums + c.from * 4), b.constant('f32', 0, c.lanes))
        return [b.iadd(line, 4)]
      })
    })
  }

  /** (scratch, addresses of the block's first key and value, the key's number, from, to, limits…): P and dS. */
  private scores(name: string, rows: number, hides: boolean): Fn {
    const { a, g, target } = this
    return this.define(name, 10, (b, [scratch, k, v, number, from, to]) => {
      const l = limitsOf(b, 6)
      const columns = vectorColumns(g)
      const vectors = (place: number) => columns.map(c => b.load('f32', at(scratch, place + c.place * 4), g.lanes))
      const [highest, factors, means] = [this.at.highest, this.at.factor, this.at.mean].map(vectors)
      b.loop(from, to, rows, [], key => {
        const line = b.iadd(scratch, b.imul(key, g.width * 4))
        const place = (i: number) => at(line, Math.floor(i / g.vectors) * g.width * 4 + (i % g.vectors) * g.lanes * 4)
        const in_ = (offset: number, i: number) => ({ ...place(i), disp: place(i).disp + offset })
        const tile = (o: Strided, base: Value, packed: number, size: number) => tileProduct(b, g, target, {
          rows, keys: b.iadd(base, b.imul(key, rowStride(a, o) * 4)), keyStride: rowStride(a, o), size,
          packed: b.iadd(scratch, packed),
        })
        const sums = tile(a.k, k, this.at.q, a.size)
        const scores = hides ? masked(b, a, g, l, b.iadd(number, key), sums) : sums
        const o = new Ops(b, g.lanes)
        scores.forEach((s, i) => {
          const raised = power(o, o.sub(s, highest[i % g.vectors]), exponent(a))
          b.store('f32', in_(this.at.weights, i), o.mul(raised, factors[i % g.vectors]))
        })
        tile(a.v, v, this.at.cotangent, a.valueSize).forEach((s, i) => {
          const p = b.load('f32', in_(this.at.weights, i), g.lanes)
          const ds = o.mul(o.mul(p, o.sub(s, means[i % g.vectors])), a.scale)
          b.store('f32', in_(this.at.gradient, i), ds)
        })
        return []
      })
    })
  }

  /**
   * (scratch, the block's first row of x, first row of the sum, from, to, queries): sum[key] += Σ weights · x[query].
   */
  private addToKeys(name: string, place: number, x: Strided, sum: Strided, size: number, rows: number): Fn {
    const { a, g, target } = this
    const to = rowStride(a, sum) * 4
    return this.define(`${name} ${rows}`, 6, (b, [scratch, x0, sum0, from, end, depth]) => {
      for (const columns of grouped(columnsOf(size, target), 2)) {
        const masks = columns.map(c => maskOf(b, c))
        b.loop(from, end, rows, [], key => {
          const sums = b.iadd(sum0, b.imul(key, to))
          const element = (i: number) =>
            at(sums, Math.floor(i / columns.length) * to + columns[i % columns.length].from * 4)
          const inits = tileOf(rows, columns).map((c, i) =>
            b.load('f32', element(i), c.lanes, masks[i % columns.length]),
          )
          const weights = b.iadd(b.iadd(scratch, b.imul(key, g.width * 4)), place)
          multiply(b, {
            rows, columns, a: weights, aRow: g.width * 4, aStep: 4, b: x0, bStep: rowStride(a, x) * 4, depth,
            unroll: unrollOf(target),
          }, inits).forEach((s, i) => b.store('f32', element(i), s, masks[i % columns.length]))
          return []
        })
      }
    })
  }

  /** (scratch, the block's first key, keys, queries): dq += dS · k. */
  private addToQueries(): Fn {
    const { a, g, target } = this
    return this.define('queries', 4, (b, [scratch, k, depth, queries]) => {
      for (const columns of grouped(columnsOf(a.size, target), 2)) {
        b.loop(b.int(0), queries, g.rows, [], query => {
          const sums = b.iadd(scratch, b.imul(query, this.row))
          const element = (i: number) => at(
            sums, this.at.sums + Math.floor(i / columns.length) * this.row + columns[i % columns.length].place * 4)
          const inits = tileOf(g.rows, columns).map((c, i) => b.load('f32', element(i), c.lanes))
          const weights = b.iadd(b.iadd(scratch, b.imul(query, 4)), this.at.gradient)
          multiply(b, {
            rows: g.rows, columns, a: weights, aRow: 4, aStep: g.width * 4, b: k, bStep: rowStride(a, a.k) * 4, depth,
            unroll: unrollOf(target),
          }, inits).forEach((s, i) => b.store('f32', element(i), s))
          return []
        })
      }
    })
  }

  /** (scratch, first row of dq, queries) */
  private finish(): Fn {
    const { a } = this
    return this.define('finish', 3, (b, [scratch, out, queries]) => {
      const columns = columnsOf(a.size, this.target).map(c => ({ c, mask: maskOf(b, c) }))
      b.loop(b.int(0), queries, 1, [scratch, out], (_, [from, to]) => {
        for (const { c, mask } of columns)
          b.store('f32', at(to, c.from * 4), b.load('f32', at(from, this.at.sums + c.place * 4), c.lanes), mask)
        return [b.iadd(from, this.row), b.iadd(to, rowStride(a, a.dq) * 4)]
      })
    })
  }
}

/** The columns of a tile's registers, row by row. */
const tileOf = (rows: number, columns: readonly Column[]): Column[] =>
  Array.from({ length: rows }, () => columns).flat()

interface Parts {
  readonly zeroKeys: Fn
  readonly zeroValues: Fn
  readonly packQ: Fn
  readonly packCotangent: Fn
  readonly means: Fn
  readonly plain: Fn | null
  readonly masked: Fn | null
  readonly values: Fn
  readonly keys: Fn
  readonly queries: Fn
  readonly finish: Fn
  readonly tail: { readonly scores: Fn; readonly values: Fn; readonly keys: Fn } | null
}
