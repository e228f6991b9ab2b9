/** @file Random kernels: operations that give float64 and int64, of which a vector has half as many lanes. */
import { isWide, type Kind, type Value } from '../../../src/kernel/ir.ts'
import { Operands } from './fuzz-operands.ts'

export const unaryF = ['neg', 'abs', 'sqrt'] as const
export const jumpsF = ['floor', 'ceil', 'trunc', 'round'] as const
export const binaryF = ['add', 'sub', 'mul', 'div', 'min', 'max'] as const
export const reduceF = ['reduceAdd', 'reduceMul', 'reduceMin', 'reduceMax'] as const
export const reduceI = [...reduceF, 'reduceMinU', 'reduceMaxU'] as const

export abstract class WideOperations extends Operands {
  protected makeF64(lanes: number): Value {
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

  protected makeI64(lanes: number): Value {
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

  protected reduced(ops: typeof reduceI | typeof reduceF, kind: Kind): Value {
    const { lanes } = this.target
    return this.b.reduceLanes(this.r.pick(ops), this.of(kind, isWide(kind) || this.r.chance(0.3) ? lanes / 2 : lanes))
  }
}
