/** @file Random kernels: operations that give values of 32 bits, masks and whole numbers for addresses. */
import type { Value } from '../../../src/kernel/ir.ts'
import { gridBound, type Interval } from './fuzz-operands.ts'
import { binaryF, jumpsF, reduceF, reduceI, unaryF, WideOperations } from './fuzz-wide.ts'

const binaryI = ['add', 'sub', 'mul', 'min', 'max', 'minU', 'maxU', 'and', 'or', 'xor'] as const
const comparisonsI = ['eq', 'ne', 'lt', 'le', 'ltU', 'leU'] as const

export abstract class Operations extends WideOperations {
  protected operation(): void {
    const lanes = this.lanes()
    if (this.bases.length > 0 && this.r.chance(0.05)) this.prefetch()
    const make = this.r.pick([this.makeF32, this.makeF32, this.makeGrid, this.makeI32, this.makeI32, this.makeMask,
      this.makeInt, this.makeF64, this.makeF64, this.makeI64])
    this.pool.push(make.call(this, make === this.makeF64 || make === this.makeI64 ? this.half(lanes) : lanes))
  }

  protected prefetch(): void {
    const { b, r } = this
    const address = { base: r.pick(this.bases).value, index: null, scale: 1 as const, disp: r.below(4096) }
    b.prefetch(r.pick(['read', 'second', 'write'] as const), address)
  }

  /** Zips take whole vectors; else the first operand. */
  protected zip(x: Value, y: Value): Value {
    return x.lanes === this.target.lanes ? this.b.zip(this.r.pick(['lo', 'hi'] as const), x, y) : x
  }

  protected makeF32(lanes: number): Value {
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

  protected makeGrid(lanes: number): Value {
    const { b, r } = this
    const x = this.gridF32(lanes)
    const y = this.gridF32(lanes)
    const [bx, by] = [this.grid.get(x)!, this.grid.get(y)!]
    if (r.chance(0.3)) return this.onGrid(b.unary(r.pick([...jumpsF, 'neg', 'abs'] as const), x), bx + 1)
    if (bx + by > gridBound) return this.onGrid(b.binary(r.pick(['min', 'max'] as const), x, y), Math.max(bx, by))
    if (r.chance(0.3)) return this.onGrid(b.select(this.of('mask', lanes), x, y), Math.max(bx, by))
    return this.onGrid(b.binary(r.pick(['add', 'sub', 'min', 'max'] as const), x, y), bx + by)
  }

  protected makeI32(lanes: number): Value {
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

  protected shift(lanes: number): Value {
    const { b, r } = this
    if (r.chance(0.3)) return b.constant('i32', r.below(32), lanes)
    const scalar = r.chance(0.5)
    const by = b.binary('and', this.i32(scalar ? 1 : lanes), b.constant('i32', 31, scalar ? 1 : lanes))
    return b.splat(by, lanes)
  }

  protected makeMask(lanes: number): Value {
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

  protected makeInt(): Value {
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

  protected divided(x: Value, { low, high }: Interval): Value {
    const { b, r } = this
    const by = r.between(2, 9)
    if (low < 0) return this.int(b.intOp('imax', x, b.int(0)), 0, Math.max(high, 0))
    if (r.chance(0.5)) return this.int(b.imod(x, by), 0, by - 1)
    return this.int(b.idiv(x, by), Math.floor(low / by), Math.floor(high / by))
  }
}
