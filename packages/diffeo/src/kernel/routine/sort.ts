/**
 * @file The permutation that sorts each row: stable, ascending, NaN last. Elements become integers of the same order,
 * but float64s, which stay what they are; short runs are sorted by counting what comes before each element, which has
 * no branches, and merged bottom-up.
 */
import { Builder } from '../builder.ts'
import { fromMemory, isFloat } from '../dtypes.ts'
import { memBytes, type Kernel, type MemType, type Target, type Value } from '../ir.ts'
import type { BufferInfo } from '../nest.ts'
import type { DType } from '../../expr/types.ts'
import { at, forDType, memTypeOf, product, type Stored } from './columns.ts'

export interface Sort {
  readonly name: string
  readonly buffers: readonly BufferInfo[]
  readonly x: Stored
  /** Slot of the permutation. */
  readonly out: number
}

export interface EmittedSort {
  readonly kernel: Kernel
  /** With a temporary behind those given, when rows are too long for a thread's scratch. */
  readonly buffers: readonly BufferInfo[]
}

/** Elements that are sorted by counting. */
const runLength = 32
const maxScratch = 1 << 17
const greatest = 0x7fffffff

export function emitSort(s: Sort, given: Target): EmittedSort {
  const { dtype } = s.buffers[s.x.slot]
  const target = forDType(given, dtype)
  const keyBytes = dtype === 'float64' ? 8 : 4
  const n = s.x.shape[s.x.shape.length - 1]
  const rows = product(s.x.shape.slice(0, -1))
  // One element more, so that a merge may look behind its run; whole vectors, so that counting may too.
  const stride = (Math.floor(n / 16) + 1) * 16
  const rowBytes = stride * 2 * (keyBytes + 4)
  const scratch = rowBytes <= maxScratch
  const buffers = scratch ? s.buffers : [...s.buffers, { dtype: 'int32' as const, size: rows * rowBytes / 4 }]
  const b = new Builder(s.name, 4)
  const sorter = new RowSorter(b, target, n, stride, keyBytes === 8)
  const [x, out] = [b.arg(s.x.slot), b.arg(s.out)]
  const space = scratch ? b.param(3) : b.arg(s.buffers.length)
  const mem = memTypeOf(s.buffers, s.x.slot, target)
  b.loop(b.param(1), b.param(2), 1, [], row => {
    const own = scratch ? space : b.iadd(space, b.imul(row, rowBytes))
    sorter.sort(own, v => {
      const first = b.iadd(x, b.imul(row, n * memBytes[mem]))
      sorter.keys(v, first, mem, dtype)
    }, b.iadd(out, b.imul(row, n * 4)))
    return []
  })
  const passes = Math.ceil(Math.log2(Math.max(1, n / runLength)))
  const kernel: Kernel = {
    name: s.name, entry: b.fn, callees: [], slots: buffers.length, total: rows,
    scratchBytes: scratch ? rowBytes : 0, flops: rows * n * (runLength + passes), bytes: rows * n * (memBytes[mem] + 4),
  }
  return { kernel, buffers }
}

/** Keys and positions of a row, one array behind the other. */
interface Arrays { readonly keys: Value; readonly places: Value }

class RowSorter {
  private readonly b: Builder
  private readonly target: Target
  private readonly n: number
  /** Elements from an array of a row to the next. */
  private readonly stride: number
  /** Whether keys are float64s, and no integers. */
  private readonly wide: boolean

  constructor(b: Builder, target: Target, n: number, stride: number, wide: boolean) {
    this.b = b
    this.target = target
    this.n = n
    this.stride = stride
    this.wide = wide
  }

  private get keyMem(): 'f64' | 'i32' { return this.wide ? 'f64' : 'i32' }
  private get keyBytes(): 4 | 8 { return this.wide ? 8 : 4 }

  private keyAt(base: Value, index: Value): Value {
    return this.b.load(this.keyMem, { base, index, scale: this.keyBytes, disp: 0 }, 1)
  }

  /** p < q; a float that is no number comes after those that are. */
  private less(p: Value, q: Value): Value {
    const { b } = this
    if (!this.wide) return b.compare('lt', p, q)
    return b.binary('and', b.unary('not', b.compare('le', q, p)), b.compare('eq', p, p))
  }

  private equal(p: Value, q: Value): Value {
    const { b } = this
    if (!this.wide) return b.compare('eq', p, q)
    return b.unary('not', b.binary('or', this.less(p, q), this.less(q, p)))
  }

  sort(space: Value, fill: (keys: Value) => void, out: Value): void {
    const { b, stride, keyBytes } = this
    const arrays = (from: number): Arrays => ({
      keys: b.iadd(space, from),
      places: b.iadd(space, from + stride * keyBytes),
    })
    const one = arrays(0)
    const two = arrays(stride * (keyBytes + 4))
    fill(one.keys)
    this.countRuns(one.keys, two)
    const sorted = this.mergeAll(two, one)
    this.copy(sorted.places, out)
  }

  /** Elements as integers of the same order: floats by their bits, −0 as 0, NaN after everything. */
  keys(to: Value, x: Value, mem: MemType, dtype: DType): void {
    const { b, n, target, keyMem, keyBytes } = this
    const turn = (i: Value, lanes: number) => {
      const loaded = b.load(mem, at(b.iadd(x, b.imul(i, memBytes[mem]))), lanes)
      const value = dtype === 'bool' ? loaded : fromMemory(b, loaded, dtype, mem)
      b.store(keyMem, at(b.iadd(to, b.imul(i, keyBytes))), orderOf(b, value, dtype))
    }
    const whole = Math.floor(n / target.lanes) * target.lanes
    b.loop(b.int(0), b.int(whole), target.lanes, [], i => { turn(i, target.lanes); return [] })
    b.loop(b.int(whole), b.int(n), 1, [], i => { turn(i, 1); return [] })
    b.loop(b.int(n), b.int(this.stride), 1, [], i => {
      const last = this.wide ? b.constant('f64', NaN, 1) : b.constant('i32', greatest, 1)
      b.store(keyMem, { base: to, index: i, scale: keyBytes, disp: 0 }, last)
      return []
    })
  }

  private countRuns(keys: Value, to: Arrays): void {
    const { b, n } = this
    const whole = Math.floor(n / runLength) * runLength
    b.loop(b.int(0), b.int(whole), runLength, [], start => { this.countRun(keys, to, start, runLength); return [] })
    if (whole < n) this.countRun(keys, to, b.int(whole), n - whole)
  }

  /** Each element of a run goes where the number of those before it says: the smaller ones, and equals to its left. */
  private countRun(keys: Value, to: Arrays, start: Value, length: number): void {
    const { b, keyMem, keyBytes, target: { lanes } } = this
    const base = b.iadd(keys, b.imul(start, keyBytes))
    const vectors = Array.from({ length: Math.ceil(length / lanes) }, (_, v) => v * lanes)
    b.loop(b.int(0), b.int(length), 1, [], i => {
      const key = this.keyAt(base, i)
      const [mine, own] = [b.splat(key, lanes), b.splat(b.fromInt(i), lanes)]
      const counts = vectors.map(v => {
        const other = b.load(keyMem, at(base, v * keyBytes), lanes)
        const left = b.compare('lt', b.binary('add', b.iota(lanes), b.constant('i32', v, lanes)), own)
        const before = b.binary('or', this.less(other, mine), b.binary('and', left, this.equal(other, mine)))
        return b.convert('maskToI32', before)
      })
      const rank = b.reduceLanes('reduceAdd', counts.reduce((p, q) => b.binary('add', p, q)))
      const place = b.iadd(start, b.toInt(rank))
      b.store(keyMem, { base: to.keys, index: place, scale: keyBytes, disp: 0 }, key)
      b.store('i32', { base: to.places, index: place, scale: 4, disp: 0 }, b.fromInt(b.iadd(start, i)))
      return []
    })
  }

  /** Runs of `runLength`, then twice that, …; the arrays change places at each pass. */
  private mergeAll(from: Arrays, to: Arrays): Arrays {
    const { b, n } = this
    const runs = Math.ceil(n / runLength)
    const passes = Math.ceil(Math.log2(runs))
    if (passes === 0) return from
    const inits = [from.keys, from.places, to.keys, to.places, b.int(runLength), b.int(runs)]
    const done = b.loop(b.int(0), b.int(passes), 1, inits, (_, [fk, fp, tk, tp, width, count]) => {
      const pairs = b.idiv(b.iadd(count, 1), 2)
      b.loop(b.int(0), pairs, 1, [], pair => {
        const start = b.intOp('imul', pair, b.iadd(width, width))
        this.merge({ keys: fk, places: fp }, { keys: tk, places: tp }, start, width)
        return []
      })
      return [tk, tp, fk, fp, b.iadd(width, width), pairs]
    })
    return { keys: done[0], places: done[1] }
  }

  /** [start, start + width) and what follows it, up to as much again; ties go to the left. */
  private merge(from: Arrays, to: Arrays, start: Value, width: Value): void {
    const { b, n } = this
    const middle = b.intOp('imin', b.iadd(start, width), b.int(n))
    const end = b.intOp('imin', b.iadd(middle, width), b.int(n))
    const [last, stop] = [b.fromInt(middle), b.fromInt(end)]
    const key = (i: Value) => this.keyAt(from.keys, b.toInt(i))
    b.loop(start, end, 1, [b.fromInt(start), last], (k, [i, j]) => {
      const [left, right] = [key(i), key(j)]
      const leftFirst = b.binary('or', b.compare('le', stop, j), b.unary('not', this.less(right, left)))
      const take = b.binary('and', b.compare('lt', i, last), leftFirst)
      const place = b.toInt(b.select(take, i, j))
      b.store(this.keyMem, { base: to.keys, index: k, scale: this.keyBytes, disp: 0 }, b.select(take, left, right))
      const position = b.load('i32', { base: from.places, index: place, scale: 4, disp: 0 }, 1)
      b.store('i32', { base: to.places, index: k, scale: 4, disp: 0 }, position)
      const [one, zero] = [b.constant('i32', 1, 1), b.constant('i32', 0, 1)]
      return [b.binary('add', i, b.select(take, one, zero)), b.binary('add', j, b.select(take, zero, one))]
    })
  }

  private copy(from: Value, to: Value): void {
    const { b, n, target: { lanes } } = this
    const whole = Math.floor(n / lanes) * lanes
    const place = (base: Value, index: Value) => ({ base, index, scale: 4 as const, disp: 0 })
    const move = (i: Value, l: number) => b.store('i32', place(to, i), b.load('i32', place(from, i), l))
    b.loop(b.int(0), b.int(whole), lanes, [], i => { move(i, lanes); return [] })
    b.loop(b.int(whole), b.int(n), 1, [], i => { move(i, 1); return [] })
  }
}

function orderOf(b: Builder, v: Value, dtype: DType): Value {
  const i = (n: number) => b.constant('i32', n, v.lanes)
  if (dtype === 'uint32') return b.binary('xor', v, i(-0x80000000))
  if (dtype === 'float64' || !isFloat(dtype)) return v
  // Bits of floats order as integers; those of negative ones backwards. −0 + 0 is 0.
  const bits = b.convert('bitsToI32', b.binary('add', v, b.constant('f32', 0, v.lanes)))
  const order = b.binary('xor', bits, b.binary('and', b.binary('shrS', bits, i(31)), i(greatest)))
  return b.select(b.compare('ne', v, v), i(greatest), order)
}
