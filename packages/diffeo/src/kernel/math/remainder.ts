/** @file mod and idiv of floats. */
import type { Value } from '../ir.ts'
import { Ops } from './ops.ts'

/** What differs between formats: the heads of `minusProduct` drop half of the bits. */
const formats = {
  /** 2^277 is the greatest quotient, and each turn takes 21 bits of it. */
  f32: { direct: 2 ** 23, turns: 14, dropped: 12 },
  /** 2^2098, and 48 bits. */
  f64: { direct: 2 ** 51, turns: 44, dropped: 27 },
}

/** The floor of the rounded quotient. */
export const floatIdiv = (o: Ops, x: Value, y: Value): Value => o.floor(o.div(x, y))

/**
 * x − y·floor(x/y) with the sign of y, exact before the last addition (which rounds once, as in Python). Larger
 * quotients than `direct` are reduced first in a loop that does not run when there are none.
 */
export function floatMod(o: Ops, x: Value, y: Value): Value {
  const reduced = reduceLarge(o, x, y)
  const quotient = o.trunc(o.div(reduced, y))
  const r = o.select(o.lt(o.abs(reduced), o.abs(y)), reduced, minusProduct(o, reduced, quotient, y))
  const { b } = o
  const wrongSide = b.binary('and', b.binary('xor', o.lt(r, 0), o.lt(y, 0)), o.ne(r, 0))
  return o.select(wrongSide, o.add(r, y), r)
}

/** x − q·y for q = trunc of the rounded x/y, |q| < 2^24 (2^51): products of halves, all steps exact. */
function minusProduct(o: Ops, x: Value, q: Value, y: Value): Value {
  const { dropped } = formats[o.float]
  const [qHead, yHead] = [o.head(q, dropped), o.head(y, dropped)]
  const [qTail, yTail] = [o.sub(q, qHead), o.sub(y, yHead)]
  let r = o.sub(x, o.mul(qHead, yHead))
  r = o.sub(r, o.mul(qHead, yTail))
  r = o.sub(r, o.mul(qTail, yHead))
  return o.sub(r, o.mul(qTail, yTail))
}

function reduceLarge(o: Ops, x: Value, y: Value): Value {
  const { b } = o
  const { direct, turns } = formats[o.float]
  const some = b.any(o.le(o.mul(o.abs(y), direct), o.abs(x)))
  const count = b.imul(some, turns)
  return b.loop(b.int(0), count, 1, [x, y], (_, [r, z]) => {
    const inner = new Ops(b, o.lanes, o.float)
    const large = inner.le(inner.mul(inner.abs(z), direct), inner.abs(r))
    const big = (o.float === 'f64' ? multipleDouble : multiple)(inner, r, z)
    const next = minusProduct(inner, r, inner.trunc(inner.div(r, big)), big)
    return [b.select(large, next, r), z]
  })[0]
}

/** |y| times the power of two that leaves r 22 or 23 bits of quotient, or less where the result would be subnormal. */
function multiple(o: Ops, r: Value, y: Value): Value {
  const a = o.abs(y)
  const normal = o.select(o.lt(a, 2 ** -126), o.mul(a, 2 ** 24), a)
  const exponent = o.max(o.sub(o.shrU(o.bits(o.abs(r)), 23), 22), 1)
  return o.real(o.or(o.and(o.bits(normal), 0x7fffff), o.shl(exponent, 23)))
}

/** The same of float64, 49 or 50 bits. Exponents are compared as floats, which the low bits of 2⁵² make of them. */
function multipleDouble(o: Ops, r: Value, y: Value): Value {
  const magicBits = 1075 * 2 ** 52
  const a = o.abs(y)
  const normal = o.select(o.lt(a, 2 ** -1022), o.mul(a, 2 ** 54), a)
  const exponent = o.real(o.or(o.shrU(o.bits(o.abs(r)), 52), magicBits))
  const shifted = o.max(o.sub(exponent, 49), 2 ** 52 + 1)
  return o.real(o.or(o.and(o.bits(normal), 2 ** 52 - 1), o.shl(o.bits(shifted), 52)))
}
