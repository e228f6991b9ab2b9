/**
 * @file Arithmetic of int32, uint32, int8, uint8 in i32 lanes. Narrow values are kept extended: each result that could
 * leave its range is wrapped.
 */
import type { DType } from '../../expr/types.ts'
import type { Value } from '../ir.ts'
import { Ops } from './ops.ts'

export type IntType = 'int32' | 'uint32' | 'int8' | 'uint8'

export const isInt = (d: DType): d is IntType => d === 'int32' || d === 'uint32' || d === 'int8' || d === 'uint8'
const isNarrow = (d: IntType) => d === 'int8' || d === 'uint8'

/** The value of the type that agrees with x in the type's low bits. */
export function wrap(o: Ops, x: Value, d: IntType): Value {
  if (d === 'uint8') return o.and(x, 255)
  return d === 'int8' ? o.shrS(o.shl(x, 24), 24) : x
}

export const intNeg = (o: Ops, x: Value, d: IntType): Value => wrap(o, o.neg(x), d)
export const intNot = (o: Ops, x: Value, d: IntType): Value => d === 'uint8' ? o.xor(x, 255) : o.not(x)
export const intLess = (o: Ops, x: Value, y: Value, d: IntType): Value => d === 'uint32' ? o.ltU(x, y) : o.lt(x, y)
export const intMax = (o: Ops, x: Value, y: Value, d: IntType): Value =>
  d === 'uint32' ? o.b.binary('maxU', x, y) : o.max(x, y)
export const intMin = (o: Ops, x: Value, y: Value, d: IntType): Value =>
  d === 'uint32' ? o.b.binary('minU', x, y) : o.min(x, y)

/** A count that is known to lie inside the word needs no check. */
const isCount = (y: Value): boolean => y.def?.op === 'const' && y.def.imm >= 0 && y.def.imm < 32

/** 0 for counts that are negative or past the word. */
export function intShl(o: Ops, x: Value, y: Value, d: IntType): Value {
  if (isCount(y)) return wrap(o, o.shl(x, y), d)
  return o.select(o.ltU(y, 32), wrap(o, o.shl(x, o.and(y, 31)), d), 0)
}

/** All sign bits, or 0 for unsigned types, for counts that are negative or past the word. */
export function intShr(o: Ops, x: Value, y: Value, d: IntType): Value {
  const signed = d === 'int32' || d === 'int8'
  if (isCount(y)) return signed ? o.shrS(x, y) : o.shrU(x, y)
  if (signed) return o.shrS(x, o.b.binary('minU', y, o.i(31)))
  return o.select(o.ltU(y, 32), o.shrU(x, o.and(y, 31)), 0)
}

/** Floor of the quotient; 0 where y is 0; the least value over −1 wraps to itself. */
export function intIdiv(o: Ops, x: Value, y: Value, d: IntType): Value {
  const zero = o.eq(y, 0)
  if (isNarrow(d)) return o.select(zero, 0, wrap(o, narrowQuotient(o, x, y), d))
  if (d === 'uint32') return o.select(zero, 0, divide(o, x, y, false).quotient)
  const { quotient, remainder } = divide(o, o.abs(x), o.abs(y), true)
  const flip = o.shrS(o.xor(x, y), 31) // −1 where the signs differ: then −q, less 1 if something is left
  const more = o.and(o.b.convert('maskToI32', o.ne(remainder, 0)), flip)
  return o.select(zero, 0, o.sub(o.sub(o.xor(quotient, flip), flip), more))
}

/** x − y·floor(x/y), which has the sign of y; 0 where y is 0. */
export function intMod(o: Ops, x: Value, y: Value, d: IntType): Value {
  const zero = o.eq(y, 0)
  if (isNarrow(d)) return o.select(zero, 0, o.sub(x, o.mul(narrowQuotient(o, x, y), y)))
  if (d === 'uint32') return o.select(zero, 0, divide(o, x, y, false).remainder)
  const { remainder } = divide(o, o.abs(x), o.abs(y), true)
  const signX = o.shrS(x, 31)
  const truncated = o.sub(o.xor(remainder, signX), signX)
  const wrong = o.b.binary('and', o.ne(remainder, 0), o.lt(o.xor(x, y), 0))
  return o.select(zero, 0, o.select(wrong, o.add(truncated, y), truncated))
}

/** Floats hold 8-bit operands exactly, and a quotient that is not whole is at least 1/255 away from one that is. */
const narrowQuotient = (o: Ops, x: Value, y: Value): Value => o.toI32(o.floor(o.div(o.toF32(x), o.toF32(y))))

/**
 * Unsigned division by two float estimates that are never too large: of the quotient, within 2^−19 of it, then of what
 * is left, less than 2^14 times y; at most one more y is left after that. `half`: operands are at most 2^31.
 */
function divide(o: Ops, x: Value, y: Value, half: boolean): { quotient: Value; remainder: Value } {
  const float = (v: Value) => half ? o.abs(o.toF32(v)) : o.b.convert('u32ToF32', v)
  const inverse = o.div(1 - 2 ** -20, float(y))
  const estimate = (v: Value) => o.b.convert(half ? 'f32ToI32' : 'f32ToU32', o.mul(float(v), inverse))
  const q1 = estimate(x)
  const r1 = o.sub(x, o.mul(q1, y))
  const q2 = estimate(r1)
  const r2 = o.sub(r1, o.mul(q2, y))
  const over = o.leU(y, r2)
  return {
    quotient: o.add(o.add(q1, q2), o.b.convert('maskToI32', over)),
    remainder: o.sub(r2, o.select(over, y, 0)),
  }
}

/** Square and multiply over the bits of y; of negative powers only those of ±1 are not 0. */
export function intPow(o: Ops, x: Value, y: Value, d: IntType): Value {
  const { b } = o
  const bits = { int32: 31, uint32: 32, int8: 7, uint8: 8 }[d]
  const [power] = b.loop(b.int(0), b.int(bits), 1, [o.i(1), x, y], (_, [product, square, rest]) => {
    const inner = new Ops(b, o.lanes)
    const set = b.convert('i32ToMask', inner.and(rest, 1))
    return [
      b.select(set, inner.mul(product, square), product), inner.mul(square, square), inner.shrU(rest, 1),
    ]
  })
  if (d === 'uint32' || d === 'uint8') return wrap(o, power, d)
  const unit = o.eq(o.abs(x), 1) // whose powers have the parity of y, which the low bits keep
  return o.select(o.lt(y, 0), o.select(unit, power, 0), wrap(o, power, d))
}
