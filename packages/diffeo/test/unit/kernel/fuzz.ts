/**
 * @file Random kernels over the whole IR, from a seed.
 *
 * Grammar. A kernel is a loop over its turns; a block is a run of statements: an operation, a load, a gather, a store,
 * a load whose place is overwritten before its use, a loop (at most three deep, up to four carried values), an if, a
 * call of a random function of (f32 address, i32 address, small int). Operands come from the values in scope. Ints
 * carry an interval, from which every address is kept inside its buffer; loads also read what stores wrote. An f32 is
 * on the
 * *grid* when it is a small exact multiple of ¼: loads of the grid buffer, constants, and what is exact on them.
 * Operations with jumps (comparisons, rounding to whole numbers, f32→int, bits) take grid values only, so no rounding,
 * however an engine fuses, moves a result across a jump. Everything else is free; it may overflow or become NaN.
 */
import { Builder } from '../../../src/kernel/builder.ts'
import {
  isWide, kindOfMem, memBytes, type Address, type Fn, type Kernel, type Kind, type Target, type Value,
} from '../../../src/kernel/ir.ts'
import { bufferLength, buffers, countInstructions, Random, scratchBytes, type Buffer } from './data.ts'

export { bufferLength, buffers, scratchBytes } from './data.ts'

/** A kernel over `buffers`, and into `coverage` what it is made of. */
export function randomKernel(seed: number, target: Target, coverage = new Map<string, number>()): Kernel {
  const random = new Random(seed)
  const total = 3
  const callees: Fn[] = []
  for (let i = random.below(3); i > 0; i--) callees.push(new Generator(random, target, callees, `fn${i}`).callee())
  const entry = new Generator(random, target, callees, `kernel${seed}`).entry(total)
  for (const fn of [...callees, entry]) countInstructions(fn.body, coverage)
  return { name: `kernel${seed}`, entry, callees, slots: buffers.length, total, scratchBytes, flops: 0, bytes: 0 }
}

interface Base {
  readonly value: Value
  readonly buffer: Buffer
  readonly length: number
}
interface Interval { readonly low: number; readonly high: number }

const gridBound = 2 ** 12
const unaryF = ['neg', 'abs', 'sqrt'] as const
const jumpsF = ['floor', 'ceil', 'trunc', 'round'] as const
const binaryF = ['add', 'sub', 'mul', 'div', 'min', 'max'] as const
const binaryI = ['add', 'sub', 'mul', 'min', 'max', 'minU', 'maxU', 'and', 'or', 'xor'] as const
const reduceF = ['reduceAdd', 'reduceMul', 'reduceMin', 'reduceMax'] as const
const comparisonsI = ['eq', 'ne', 'lt', 'le', 'ltU', 'leU'] as const
const reduceI = [...reduceF, 'reduceMinU', 'reduceMaxU'] as const

class Generator {
  private readonly r: Random
  private readonly target: Target
  private readonly callees: readonly Fn[]
  private readonly name: string
  private b!: Builder
  private bases: Base[] = []
  /** In scope, newest last; cut back when a block ends. */
  private pool: Value[] = []
  private readonly interval = new Map<Value, Interval>()
  private readonly grid = new Map<Value, number>()
  private depth = 0
  private budget = 0

  constructor(random: Random, target: Target, callees: readonly Fn[], name: string) {
    this.r = random
    this.target = target
    this.callees = callees
    this.name = name
  }

  entry(total: number): Fn {
    const b = this.b = new Builder(this.name, 4)
    buffers.forEach((buffer, slot) => {
      if (buffer.mem === 'f16' && !this.target.f16) return
      this.bases.push({ value: b.arg(slot), buffer, length: bufferLength })
    })
    const scratch: Buffer = { mem: 'f32', content: 'any', writable: true }
    this.bases.push({ value: b.param(3), buffer: scratch, length: scratchBytes / 4 })
    this.budget = 60
    b.loop(b.param(1), b.param(2), 1, [], (turn) => {
      this.int(turn, 0, total - 1)
      this.block(8 + this.r.below(20))
      return []
    })
    return b.fn
  }

  /** (f32 address, i32 address, int of 0 … 5) */
  callee(): Fn {
    const b = this.b = new Builder(this.name, 3)
    this.bases.push({ value: b.param(0), buffer: buffers[1], length: bufferLength })
    this.bases.push({ value: b.param(1), buffer: buffers[2], length: bufferLength })
    this.int(b.param(2), 0, 5)
    this.budget = 20
    this.block(6 + this.r.below(8))
    return b.fn
  }

  // ---- statements

  private block(statements: number): void {
    const scope = this.pool.length
    for (let i = 0; i < statements && this.budget > 0; i++) this.statement()
    for (let i = this.r.between(1, 3); i > 0; i--) this.store()
    this.pool.length = scope
  }

  private statement(): void {
    this.budget--
    const x = this.r.next()
    if (x < 0.62) this.operation()
    else if (x < 0.74) this.load()
    else if (x < 0.79) this.gather()
    else if (x < 0.83) this.store()
    else if (x < 0.86) this.hazard()
    else if (x < 0.93) { if (this.depth < 3) this.loop() }
    else if (x < 0.97) this.branch()
    else this.call()
  }

  private nested(f: () => void): void {
    const scope = this.pool.length
    this.depth++
    f()
    this.depth--
    this.pool.length = scope
  }

  private loop(): void {
    const { r, b } = this
    const start = r.chance(0.5) ? this.constantInt(r.below(3)) : this.smallInt()
    const end = r.chance(0.5) ? this.constantInt(r.below(7)) : this.smallInt()
    const high = Math.max(this.range(end).high - 1, this.range(start).low)
    const inits = Array.from({ length: r.below(5) }, () => this.any())
    let results: readonly Value[] = []
    this.nested(() => {
      results = b.loop(start, end, r.between(1, 3), inits, (variable, carried) => {
        this.int(variable, this.range(start).low, high)
        this.pool.push(...carried)
        const scope = this.pool.length
        for (let i = r.between(1, 7); i > 0 && this.budget > 0; i--) this.statement()
        if (r.chance(0.5)) this.store()
        const yields = carried.map((c) => this.nextOf(c))
        this.pool.length = scope
        return yields
      })
    })
    this.pool.push(...results)
  }

  /** What a carried value becomes: itself, another's, something accumulated. */
  private nextOf(c: Value): Value {
    if ((c.kind === 'f32' || c.kind === 'f64') && this.r.chance(0.6)) {
      return this.b.fma(this.of(c.kind, c.lanes), this.of(c.kind, c.lanes), c)
    }
    return this.of(c.kind, c.lanes)
  }

  private branch(): void {
    const { b, r } = this
    const orelse = () => this.nested(() => this.block(r.between(1, 3)))
    const [x, y] = [this.anyInt(), this.anyInt()]
    const compare = r.pick(['eq', 'ne', 'lt', 'le'] as const)
    b.if(compare, x, y, () => this.nested(() => this.block(r.between(1, 4))), r.chance(0.5) ? orelse : undefined)
  }

  private call(): void {
    const [f, i] = [this.bases.find((x) => x.buffer === buffers[1]), this.bases.find((x) => x.buffer === buffers[2])]
    if (this.callees.length > 0 && f && i) {
      this.b.call(this.r.pick(this.callees), [f.value, i.value, this.smallInt()])
    }
  }

  // ---- memory

  private load(): void {
    const base = this.r.pick(this.bases)
    const lanes = this.lanesOf(base)
    const value = this.b.load(base.buffer.mem, this.address(base, lanes), lanes, this.mask(lanes))
    if (base.buffer.content === 'grid' && base.buffer.mem === 'f32') this.grid.set(value, 8)
    this.pool.push(value)
  }

  private gather(): void {
    const { b } = this
    const base = this.r.pick(this.bases)
    const lanes = this.lanesOf(base)
    const limit = this.r.pick([7, 31])
    const index = b.binary('and', this.i32(lanes), b.constant('i32', limit, lanes))
    const disp = this.r.below(base.length - limit) * memBytes[base.buffer.mem]
    const value = b.gather(base.buffer.mem, base.value, index, disp, this.mask(lanes))
    if (base.buffer.content === 'grid' && base.buffer.mem === 'f32') this.grid.set(value, 8)
    this.pool.push(value)
  }

  private store(): void {
    const base = this.r.pick(this.bases.filter((x) => x.buffer.writable))
    const lanes = this.lanesOf(base)
    const value = this.of(kindOfMem(base.buffer.mem), lanes)
    this.b.store(base.buffer.mem, this.address(base, lanes), value, this.mask(lanes))
  }

  /** A load, a store over what it read (perhaps nested), and only then its one use. */
  private hazard(): void {
    const { b, r } = this
    const base = r.pick(this.bases.filter((x) => x.buffer.writable))
    const { mem } = base.buffer
    const lanes = this.lanesOf(base)
    const from = this.address(base, lanes)
    const to = this.address(base, lanes)
    const old = b.load(mem, from, lanes)
    const other = this.of(kindOfMem(mem), lanes)
    const overwrite = () => b.store(mem, from, other)
    const how = r.below(3)
    if (how === 0) overwrite()
    else if (how === 1) b.if('le', this.smallInt(), b.int(3), overwrite)
    else b.loop(b.int(0), b.int(2), 1, [], () => { overwrite(); return [] })
    b.store(mem, to, b.binary('add', old, this.of(old.kind, lanes)))
  }

  private mask(lanes: number): Value | undefined {
    if (!this.target.masks || lanes === 1 || this.r.chance(0.5)) return undefined
    return this.r.chance(0.5) ? this.b.firstLanes(this.smallInt(), lanes) : this.of('mask', lanes)
  }

  private address(base: Base, lanes: number): Address {
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

  // ---- operations

  private operation(): void {
    const lanes = this.lanes()
    if (this.bases.length > 0 && this.r.chance(0.05)) this.prefetch()
    const make = this.r.pick([this.makeF32, this.makeF32, this.makeGrid, this.makeI32, this.makeI32, this.makeMask,
      this.makeInt, this.makeF64, this.makeF64, this.makeI64])
    this.pool.push(make.call(this, make === this.makeF64 || make === this.makeI64 ? this.half(lanes) : lanes))
  }

  private prefetch(): void {
    const { b, r } = this
    const address = { base: r.pick(this.bases).value, index: null, scale: 1 as const, disp: r.below(4096) }
    b.prefetch(r.pick(['read', 'second', 'write'] as const), address)
  }

  /** Zips take whole vectors; else the first operand. */
  private zip(x: Value, y: Value): Value {
    return x.lanes === this.target.lanes ? this.b.zip(this.r.pick(['lo', 'hi'] as const), x, y) : x
  }

  private makeF32(lanes: number): Value {
    const { b, r } = this
    const f = () => this.f32(lanes)
    switch (r.below(10)) {
      case 9: return lanes < this.target.lanes ? b.convert('f64ToF32', this.of('f64', lanes)) : f()
      case 0: return b.unary(r.pick(this.target.f16 ? [...unaryF, 'roundF16' as const] : unaryF), f())
      case 1: case 2: return b.binary(r.pick(binaryF), f(), f())
      case 3: return b.fma(f(), f(), f())
      case 4: return b.select(this.of('mask', lanes), f(), f())
      case 5: return b.convert(r.pick(['i32ToF32', 'u32ToF32', 'bitsToF32'] as const), this.i32(lanes))
      case 6: return lanes > 1 ? b.splat(this.f32(1), lanes) : this.reduced(reduceF, 'f32')
      case 7: return b.constant('f32', r.pick([0, -0, 1, -1, 1.5, 0.1, 3e38, 1e-40, Math.PI]), lanes)
      case 8: return this.zip(f(), f())
      default: return b.fma(f(), f(), f())
    }
  }

  private makeGrid(lanes: number): Value {
    const { b, r } = this
    const x = this.gridF32(lanes)
    const y = this.gridF32(lanes)
    const [bx, by] = [this.grid.get(x)!, this.grid.get(y)!]
    if (r.chance(0.3)) return this.onGrid(b.unary(r.pick([...jumpsF, 'neg', 'abs'] as const), x), bx + 1)
    if (bx + by > gridBound) return this.onGrid(b.binary(r.pick(['min', 'max'] as const), x, y), Math.max(bx, by))
    if (r.chance(0.3)) return this.onGrid(b.select(this.of('mask', lanes), x, y), Math.max(bx, by))
    return this.onGrid(b.binary(r.pick(['add', 'sub', 'min', 'max'] as const), x, y), bx + by)
  }

  private makeI32(lanes: number): Value {
    const { b, r } = this
    const i = () => this.i32(lanes)
    switch (r.below(10)) {
      case 0: return b.unary(r.pick(['neg', 'abs', 'not'] as const), i())
      case 1: case 2: case 3: return b.binary(r.pick(binaryI), i(), i())
      case 4: return b.binary(r.pick(['shl', 'shrS', 'shrU'] as const), i(), this.shift(lanes))
      case 5: return b.select(this.of('mask', lanes), i(), i())
      case 6: return lanes < this.target.lanes && r.chance(0.4)
        ? b.convert('f64ToI32', this.gridF64(lanes))
        : b.convert(r.pick(['f32ToI32', 'bitsToI32'] as const), this.gridF32(lanes))
      case 7: return lanes > 1 ? b.splat(this.i32(1), lanes) : this.reduced(reduceI, 'i32')
      case 8: return r.chance(0.5)
        ? b.convert('f32ToU32', b.unary('abs', this.gridF32(lanes)))
        : b.convert('maskToI32', this.of('mask', lanes))
      default: return r.chance(0.4) ? this.zip(i(), i()) : lanes > 1 ? b.iota(lanes) : b.fromInt(this.anyInt())
    }
  }

  private makeF64(lanes: number): Value {
    const { b, r } = this
    const f = () => this.of('f64', lanes)
    switch (r.below(11)) {
      case 0: return b.unary(r.pick(unaryF), f())
      case 1: case 2: return b.binary(r.pick(binaryF), f(), f())
      case 3: return b.select(this.of('mask', lanes), f(), f())
      case 4: return r.chance(0.5)
        ? b.convert('i32ToF64', this.i32(lanes))
        : b.convert('f32ToF64', this.f32(lanes))
      case 5: return b.convert('bitsToF64', this.of('i64', lanes))
      case 6: return lanes > 1 ? b.splat(this.of('f64', 1), lanes) : this.reduced(reduceF, 'f64')
      case 7: return b.constant('f64', r.pick([0, -0, 1, -1, 1.5, 0.1, 1e308, 5e-324, Math.PI]), lanes)
      case 8: return b.unary(r.pick(jumpsF), this.gridF64(lanes))
      default: return b.fma(f(), f(), f())
    }
  }

  private makeI64(lanes: number): Value {
    const { b, r } = this
    const i = () => this.of('i64', lanes)
    switch (r.below(6)) {
      case 0: return b.convert('bitsToI64', this.gridF64(lanes))
      case 1: return b.select(this.of('mask', lanes), i(), i())
      case 2: return lanes > 1 ? b.splat(this.of('i64', 1), lanes) : i()
      case 3: {
        const scalar = r.chance(0.5)
        const by = r.chance(0.5)
          ? b.constant('i64', r.below(64), lanes)
          : b.splat(
              b.binary('and', this.of('i64', scalar ? 1 : lanes), b.constant('i64', 63, scalar ? 1 : lanes)),
              lanes,
            )
        return b.binary(r.pick(['shl', 'shrU'] as const), i(), by)
      }
      default: return b.binary(r.pick(['add', 'sub', 'mulU', 'and', 'or', 'xor'] as const), i(), i())
    }
  }

  private gridF64(lanes: number): Value {
    const base = this.bases.find((x) => x.buffer.content === 'grid' && x.buffer.mem === 'f64')
    if (!base || this.r.chance(0.5)) return this.b.convert('f32ToF64', this.gridF32(lanes))
    return this.b.load('f64', this.address(base, lanes), lanes)
  }

  private reduced(ops: typeof reduceI | typeof reduceF, kind: Kind): Value {
    const { lanes } = this.target
    return this.b.reduceLanes(this.r.pick(ops), this.of(kind, isWide(kind) || this.r.chance(0.3) ? lanes / 2 : lanes))
  }

  private shift(lanes: number): Value {
    const { b, r } = this
    if (r.chance(0.3)) return b.constant('i32', r.below(32), lanes)
    const scalar = r.chance(0.5)
    const by = b.binary('and', this.i32(scalar ? 1 : lanes), b.constant('i32', 31, scalar ? 1 : lanes))
    return b.splat(by, lanes)
  }

  private makeMask(lanes: number): Value {
    const { b, r } = this
    const m = () => this.of('mask', lanes)
    switch (r.below(8)) {
      case 0: return b.constMask(r.chance(0.5), lanes)
      case 1: return b.unary('not', m())
      case 2: return b.binary(r.pick(['and', 'or', 'xor'] as const), m(), m())
      case 3: {
        const grid = () => wide ? this.gridF64(lanes) : this.gridF32(lanes)
        const wide = lanes < this.target.lanes && r.chance(0.4)
        return b.compare(r.pick(['eq', 'ne', 'lt', 'le'] as const), grid(), grid())
      }
      case 4: return b.compare(r.pick(comparisonsI), this.i32(lanes), this.i32(lanes))
      case 5: return b.convert('i32ToMask', this.i32(lanes))
      case 6: return b.select(m(), m(), m())
      default: return b.splat(this.of('mask', 1), lanes)
    }
  }

  private makeInt(): Value {
    const { b, r } = this
    const x = this.anyInt()
    const y = this.anyInt()
    const [a, c] = [this.range(x), this.range(y)]
    switch (r.below(9)) {
      case 0: return this.int(b.iadd(x, y), a.low + c.low, a.high + c.high)
      case 1: return this.int(b.intOp('isub', x, y), a.low - c.high, a.high - c.low)
      case 2: return this.int(b.intOp('imin', x, y), Math.min(a.low, c.low), Math.min(a.high, c.high))
      case 3: return this.int(b.intOp('imax', x, y), Math.max(a.low, c.low), Math.max(a.high, c.high))
      case 4: {
        const by = r.between(1, 9)
        return this.int(b.imul(x, by), a.low * by, a.high * by)
      }
      case 5: return this.divided(x, a)
      case 6: return this.int(b.any(this.of('mask', this.lanes())), 0, 1)
      case 7: return this.int(b.toInt(b.binary('and', this.i32(1), b.constant('i32', 15, 1))), 0, 15)
      default: return this.constantInt(r.between(-3, 12))
    }
  }

  private divided(x: Value, { low, high }: Interval): Value {
    const { b, r } = this
    const by = r.between(2, 9)
    if (low < 0) return this.int(b.intOp('imax', x, b.int(0)), 0, Math.max(high, 0))
    if (r.chance(0.5)) return this.int(b.imod(x, by), 0, by - 1)
    return this.int(b.idiv(x, by), Math.floor(low / by), Math.floor(high / by))
  }

  // ---- operands

  private lanes(): number {
    const x = this.r.next()
    return x < 0.5 ? this.target.lanes : x < 0.7 ? this.target.lanes / 2 : 1
  }

  /** No more lanes than a vector of 64-bit ones has. */
  private half(lanes: number): number { return Math.min(lanes, this.target.lanes / 2) }

  private lanesOf({ buffer }: Base): number { return buffer.mem === 'f64' ? this.half(this.lanes()) : this.lanes() }

  private any(): Value {
    const kind = this.r.pick(['f32', 'f32', 'i32', 'mask', 'int', 'f64', 'i64'] as const)
    const lanes = this.lanes()
    return kind === 'int' ? this.anyInt() : this.of(kind, isWide(kind) ? this.half(lanes) : lanes)
  }

  /** A value in scope, or a fresh one. Newer ones are likelier. */
  private of(kind: Kind, lanes: number): Value {
    const fit = this.pool.filter((v) => v.kind === kind && v.lanes === lanes)
    if (fit.length > 0 && this.r.chance(0.85)) return fit[Math.max(this.r.below(fit.length), this.r.below(fit.length))]
    return this.fresh(kind, lanes)
  }

  private fresh(kind: Kind, lanes: number): Value {
    const { b, r } = this
    if (kind === 'f32') return this.onGrid(b.constant('f32', r.between(-16, 16) / 4, lanes), 4)
    if (kind === 'i32') return b.constant('i32', r.chance(0.5) ? r.between(-9, 9) : r.below(2 ** 32) | 0, lanes)
    if (kind === 'f64') return b.constant('f64', r.between(-16, 16) / 4, lanes)
    if (kind === 'i64') return b.constant('i64', r.chance(0.5) ? r.between(-9, 9) : r.below(2 ** 32) * 2 ** 20, lanes)
    if (kind === 'mask') return b.compare('lt', this.gridF32(lanes), this.gridF32(lanes))
    return this.constantInt(r.below(8))
  }

  private f32(lanes: number): Value { return this.of('f32', lanes) }
  private i32(lanes: number): Value { return this.of('i32', lanes) }

  private gridF32(lanes: number): Value {
    const fit = this.pool.filter((v) => v.kind === 'f32' && v.lanes === lanes && this.grid.has(v))
    if (fit.length > 0 && this.r.chance(0.9)) return this.r.pick(fit)
    const base = this.bases.find((x) => x.buffer.content === 'grid' && x.buffer.mem === 'f32')
    if (!base) return this.fresh('f32', lanes)
    return this.onGrid(this.b.load('f32', this.address(base, lanes), lanes), 8)
  }

  private onGrid(value: Value, bound: number): Value {
    if (bound <= gridBound) this.grid.set(value, bound)
    return value
  }

  private anyInt(): Value {
    const fit = this.pool.filter((v) => v.kind === 'int' && this.interval.has(v))
    return fit.length > 0 && this.r.chance(0.8) ? this.r.pick(fit) : this.constantInt(this.r.below(6))
  }

  private smallInt(): Value {
    const fit = this.pool.filter((v) => v.kind === 'int' && this.interval.has(v)
      && this.range(v).low >= 0 && this.range(v).high <= 5)
    return fit.length > 0 ? this.r.pick(fit) : this.constantInt(this.r.below(6))
  }

  private constantInt(n: number): Value { return this.int(this.b.int(n), n, n) }

  private range(v: Value): Interval { return this.interval.get(v)! }

  /** Notes the interval; ints that may grow large leave the pool of indices. */
  private int(value: Value, low: number, high: number): Value {
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
