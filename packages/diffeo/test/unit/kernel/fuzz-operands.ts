/** @file Random kernels: the values in scope, and operands from among them, in their intervals and on their grid. */
import type { Builder } from '../../../src/kernel/builder.ts'
import { isWide, memBytes, type Address, type Kind, type Target, type Value } from '../../../src/kernel/ir.ts'
import type { Buffer, Random } from './data.ts'

export interface Base {
  readonly value: Value
  readonly buffer: Buffer
  readonly length: number
}
export interface Interval { readonly low: number; readonly high: number }

export const gridBound = 2 ** 12

export abstract class Operands {
  protected readonly r: Random
  protected readonly target: Target
  protected b!: Builder
  protected bases: Base[] = []
  /** In scope, newest last; cut back when a block ends. */
  protected pool: Value[] = []
  protected readonly interval = new Map<Value, Interval>()
  protected readonly grid = new Map<Value, number>()

  constructor(random: Random, target: Target) {
    this.r = random
    this.target = target
  }

  protected lanes(): number {
    const x = this.r.next()
    return x < 0.5 ? this.target.lanes : x < 0.7 ? this.target.lanes / 2 : 1
  }

  /** No more lanes than a vector of 64-bit ones has. */
  protected half(lanes: number): number { return Math.min(lanes, this.target.lanes / 2) }

  protected lanesOf({ buffer }: Base): number { return buffer.mem === 'f64' ? this.half(this.lanes()) : this.lanes() }

  protected any(): Value {
    const kind = this.r.pick(['f32', 'f32', 'i32', 'mask', 'int', 'f64', 'i64'] as const)
    const lanes = this.lanes()
    return kind === 'int' ? this.anyInt() : this.of(kind, isWide(kind) ? this.half(lanes) : lanes)
  }

  /** A value in scope, or a fresh one. Newer ones are likelier. */
  protected of(kind: Kind, lanes: number): Value {
    const fit = this.pool.filter((v) => v.kind === kind && v.lanes === lanes)
    if (fit.length > 0 && this.r.chance(0.85)) return fit[Math.max(this.r.below(fit.length), this.r.below(fit.length))]
    return this.fresh(kind, lanes)
  }

  protected fresh(kind: Kind, lanes: number): Value {
    const { b, r } = this
    if (kind === 'f32') return this.onGrid(b.constant('f32', r.between(-16, 16) / 4, lanes), 4)
    if (kind === 'i32') return b.constant('i32', r.chance(0.5) ? r.between(-9, 9) : r.below(2 ** 32) | 0, lanes)
    if (kind === 'f64') return b.constant('f64', r.between(-16, 16) / 4, lanes)
    if (kind === 'i64') return b.constant('i64', r.chance(0.5) ? r.between(-9, 9) : r.below(2 ** 32) * 2 ** 20, lanes)
    if (kind === 'mask') return b.compare('lt', this.gridF32(lanes), this.gridF32(lanes))
    return this.constantInt(r.below(8))
  }

  protected f32(lanes: number): Value { return this.of('f32', lanes) }

  protected i32(lanes: number): Value { return this.of('i32', lanes) }

  protected gridF32(lanes: number): Value {
    const fit = this.pool.filter((v) => v.kind === 'f32' && v.lanes === lanes && this.grid.has(v))
    if (fit.length > 0 && this.r.chance(0.9)) return this.r.pick(fit)
    const base = this.bases.find((x) => x.buffer.content === 'grid' && x.buffer.mem === 'f32')
    if (!base) return this.fresh('f32', lanes)
    return this.onGrid(this.b.load('f32', this.address(base, lanes), lanes), 8)
  }

  protected gridF64(lanes: number): Value {
    const base = this.bases.find((x) => x.buffer.content === 'grid' && x.buffer.mem === 'f64')
    if (!base || this.r.chance(0.5)) return this.b.convert('f32ToF64', this.gridF32(lanes))
    return this.b.load('f64', this.address(base, lanes), lanes)
  }

  protected onGrid(value: Value, bound: number): Value {
    if (bound <= gridBound) this.grid.set(value, bound)
    return value
  }

  protected address(base: Base, lanes: number): Address {
    const size = memBytes[base.buffer.mem]
    const room = base.length - lanes
    const index = this.r.chance(0.7) ? this.anyInt() : null
    if (!index) return { base: base.value, index, scale: 1, disp: this.r.below(room + 1) * size }
    const { low, high } = this.range(index)
    if (high - low > room) return { base: base.value, index: null, scale: 1, disp: 0 }
    const disp = (this.r.below(room - (high - low) + 1) - low) * size
    if (size === 4 && this.r.chance(0.3)) {
      return { base: base.value, index: this.b.imul(index, 4), scale: 1, disp }
    }
    return { base: base.value, index, scale: size as 1 | 2 | 4 | 8, disp }
  }

  protected anyInt(): Value {
    const fit = this.pool.filter((v) => v.kind === 'int' && this.interval.has(v))
    return fit.length > 0 && this.r.chance(0.8) ? this.r.pick(fit) : this.constantInt(this.r.below(6))
  }

  protected smallInt(): Value {
    const fit = this.pool.filter((v) => v.kind === 'int' && this.interval.has(v)
      && this.range(v).low >= 0 && this.range(v).high <= 5)
    return fit.length > 0 ? this.r.pick(fit) : this.constantInt(this.r.below(6))
  }

  protected constantInt(n: number): Value { return this.int(this.b.int(n), n, n) }

  protected range(v: Value): Interval { return this.interval.get(v)! }

  /** Notes the interval; ints that may grow large leave the pool of indices. */
  protected int(value: Value, low: number, high: number): Value {
    if (Math.abs(low) > 1e5 || Math.abs(high) > 1e5) {
      const zero = this.b.int(0)
      this.interval.set(zero, { low: 0, high: 0 })
      return zero
    }
    this.interval.set(value, { low, high })
    if (!this.pool.includes(value)) this.pool.push(value)
    return value
  }
}
