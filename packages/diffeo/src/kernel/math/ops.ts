/** @file Shorthand for writing straight-line arithmetic of one width: numbers stand for constants, each made once. */
import type { Builder, DataKind } from '../builder.ts'
import type { Value } from '../ir.ts'

export type Operand = Value | number

export class Ops {
  readonly b: Builder
  readonly lanes: number
  /** The kind of floats; words are the integers of their bits. */
  readonly float: 'f32' | 'f64'
  private readonly constants = new Map<string, Value>()

  /** Constants belong to the block that is open when they are first asked for: inside a loop, take new Ops. */
  constructor(b: Builder, lanes: number, float: 'f32' | 'f64' = 'f32') {
    this.b = b
    this.lanes = lanes
    this.float = float
  }

  f(x: number): Value { return this.constant(this.float, x) }
  i(x: number): Value { return this.constant('i32', x) }
  long(x: number): Value { return this.constant('i64', x) }

  add(a: Operand, b: Operand): Value { return this.b.binary('add', ...this.pair(a, b)) }
  sub(a: Operand, b: Operand): Value { return this.b.binary('sub', ...this.pair(a, b)) }
  mul(a: Operand, b: Operand): Value { return this.b.binary('mul', ...this.pair(a, b)) }
  div(a: Operand, b: Operand): Value { return this.b.binary('div', ...this.pair(a, b)) }
  /** The first operand where either is NaN. */
  min(a: Operand, b: Operand): Value { return this.b.binary('min', ...this.pair(a, b)) }
  max(a: Operand, b: Operand): Value { return this.b.binary('max', ...this.pair(a, b)) }
  and(a: Operand, b: Operand): Value { return this.b.binary('and', ...this.pair(a, b)) }
  or(a: Operand, b: Operand): Value { return this.b.binary('or', ...this.pair(a, b)) }
  xor(a: Operand, b: Operand): Value { return this.b.binary('xor', ...this.pair(a, b)) }
  shl(a: Value, by: Operand): Value { return this.b.binary('shl', ...this.pair(a, by)) }
  shrS(a: Value, by: Operand): Value { return this.b.binary('shrS', ...this.pair(a, by)) }
  shrU(a: Value, by: Operand): Value { return this.b.binary('shrU', ...this.pair(a, by)) }

  eq(a: Operand, b: Operand): Value { return this.b.compare('eq', ...this.pair(a, b)) }
  ne(a: Operand, b: Operand): Value { return this.b.compare('ne', ...this.pair(a, b)) }
  lt(a: Operand, b: Operand): Value { return this.b.compare('lt', ...this.pair(a, b)) }
  le(a: Operand, b: Operand): Value { return this.b.compare('le', ...this.pair(a, b)) }
  ltU(a: Operand, b: Operand): Value { return this.b.compare('ltU', ...this.pair(a, b)) }
  leU(a: Operand, b: Operand): Value { return this.b.compare('leU', ...this.pair(a, b)) }

  neg(a: Value): Value { return this.b.unary('neg', a) }
  abs(a: Value): Value { return this.b.unary('abs', a) }
  not(a: Value): Value { return this.b.unary('not', a) }
  floor(a: Value): Value { return this.b.unary('floor', a) }
  trunc(a: Value): Value { return this.b.unary('trunc', a) }

  bits(a: Value): Value { return this.b.convert(a.kind === 'f64' ? 'bitsToI64' : 'bitsToI32', a) }
  real(a: Value): Value { return this.b.convert(a.kind === 'i64' ? 'bitsToF64' : 'bitsToF32', a) }
  toI32(a: Value): Value { return this.b.convert('f32ToI32', a) }
  toF32(a: Value): Value { return this.b.convert('i32ToF32', a) }

  select(mask: Value, a: Operand, b: Operand): Value {
    const [x, y] = this.pair(a, b)
    return this.b.select(mask, x, y)
  }

  /** a·b + c in floats, with one rounding or two. */
  fma(a: Operand, b: Operand, c: Operand): Value { return this.b.fma(this.value(a), this.value(b), this.value(c)) }

  /** Σ coefficients[i]·xⁱ by Horner's rule: as many fmas as the degree. */
  polynomial(coefficients: readonly number[], x: Value): Value {
    let sum = this.f(coefficients[coefficients.length - 1])
    for (let i = coefficients.length - 2; i >= 0; i--) sum = this.fma(sum, x, coefficients[i])
    return sum
  }

  /** `magnitude`, whose sign is + or already that of x, with the sign bit of x. */
  orSign(magnitude: Value, x: Value): Value {
    return this.real(
      this.or(this.bits(magnitude), this.and(this.bits(x), this.float === 'f64' ? -(2 ** 63) : -(2 ** 31))),
    )
  }

  /** x with the low `n` bits of its fraction cleared, so that products of such heads are exact. */
  head(x: Value, n: number): Value { return this.real(this.and(this.bits(x), -(2 ** n))) }

  /** A number is of the kind of the other operand, and a float where both are numbers. */
  private pair(a: Operand, b: Operand): [Value, Value] {
    const kind = typeof a !== 'number' ? a.kind : typeof b !== 'number' ? b.kind : this.float
    const value = (x: Operand) => typeof x === 'number' ? this.constant(kind as DataKind, x) : x
    return [value(a), value(b)]
  }

  private value(x: Operand): Value { return typeof x === 'number' ? this.f(x) : x }

  private constant(kind: DataKind, x: number): Value {
    const key = `${kind}${Object.is(x, -0) ? '-0' : x}`
    let value = this.constants.get(key)
    if (!value) this.constants.set(key, value = this.b.constant(kind, x, this.lanes))
    return value
  }
}
