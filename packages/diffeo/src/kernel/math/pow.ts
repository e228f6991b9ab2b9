/**
 * @file pow of floats: 2^(y·log2|x|) with the logarithm as the sum of two floats, 33 bits or so, then the special
 * cases of C99 F.9.4.4. log2(1+f) = (2/ln 2)·atanh(s), s = f/(2+f); leading products are made exact by heads of 12
 * bits (Dekker, *A floating-point technique for extending the available precision*, 1971), so that no fused product is
 * counted on.
 */
import type { Value } from '../ir.ts'
import { exp2Pair } from './exponential.ts'
import { split } from './logarithm.ts'
import type { Ops } from './ops.ts'

const scale = 2 / (3 * Math.LN2)
/** 12 bits. */
const scaleHead = 0.961669921875
/** (3·atanh s / s − 3 − s²)/s⁴ of s², s² ≤ 0.0295; error relative to atanh 2^−36.8. */
const atanhPolynomial = [0.6000023, 0.42820615, 0.35130328]

interface Pair {
  readonly high: Value
  readonly low: Value
}

/** log2 of a finite positive float to a relative error of 2^−33 or so; finite for others, but for NaN. */
function log2Pair(o: Ops, x: Value): Pair {
  const { f, k } = split(o, x)
  const s = ratio(o, f)
  const whole = o.add(s.high, s.low)
  const { high: t, low: tLow } = series(o, s, whole)
  const leading = o.mul(s.high, t) // exact
  const rest = o.fma(s.low, t, o.mul(whole, tLow))
  const product = o.head(o.add(leading, rest), 12) // of s·t
  const productLow = o.add(o.sub(leading, product), rest)
  const high = o.mul(product, scaleHead) // exact
  const low = o.fma(productLow, scale, o.mul(product, scale - scaleHead))
  const m = o.add(high, low)
  const sum = o.add(k, m)
  return { high: sum, low: o.add(o.add(o.sub(k, sum), m), o.add(o.sub(high, m), low)) }
}

/** 3·atanh(s)/s as 12 bits and the rest: s.high² is exact, and s² = s.high² + s.low·(s + s.high). */
function series(o: Ops, s: Pair, whole: Value): Pair {
  const square = o.mul(s.high, s.high)
  const rounded = o.mul(whole, whole)
  const cross = o.mul(s.low, o.add(whole, s.high))
  const rest = o.fma(o.mul(rounded, rounded), o.polynomial(atanhPolynomial, rounded), cross)
  const high = o.head(o.add(o.add(square, rest), 3), 12)
  return { high, low: o.add(o.sub(square, o.sub(high, 3)), rest) }
}

/** f/(2 + f) as 12 bits and a remainder. */
function ratio(o: Ops, f: Value): Pair {
  const d = o.add(f, 2)
  const dHead = o.head(d, 12)
  const dTail = o.sub(f, o.sub(dHead, 2)) // exact: dHead + dTail = 2 + f
  const inverse = o.div(1, d)
  const high = o.head(o.mul(f, inverse), 12)
  const residual = o.sub(o.sub(f, o.mul(high, dHead)), o.mul(high, dTail))
  return { high, low: o.mul(residual, inverse) }
}

/** |x|^y apart from 0, ∞ and NaN. */
function magnitude(o: Ops, a: Value, y: Value): Value {
  const { high, low } = log2Pair(o, a)
  const bounded = o.min(o.max(y, -(2 ** 40)), 2 ** 40) // |log2| ≥ 2^−24: beyond, nothing changes
  const yHead = o.head(bounded, 12)
  const yTail = o.sub(bounded, yHead)
  const head = o.head(high, 12)
  const tail = o.add(o.sub(high, head), low)
  const product = o.mul(yHead, head) // exact
  const rest = o.fma(bounded, tail, o.mul(yTail, head))
  const sum = o.add(product, rest)
  return exp2Pair(o, sum, o.add(o.sub(product, sum), rest))
}

export function pow(o: Ops, x: Value, y: Value): Value {
  const { b } = o
  const a = o.abs(x)
  const zero = o.eq(a, 0)
  const infinite = o.eq(a, Infinity)
  const edge = o.select(b.binary('xor', zero, o.lt(y, 0)), 0, Infinity)
  const positive = o.select(b.binary('or', zero, infinite), edge, magnitude(o, a, y))
  const whole = o.eq(o.trunc(y), y)
  const half = o.mul(y, 0.5)
  const odd = b.binary('and', whole, o.ne(o.trunc(half), half))
  const flip = o.and(o.bits(x), o.select(odd, o.i(-(2 ** 31)), o.i(0)))
  const signed = o.float(o.or(o.bits(positive), flip))
  const rootless = b.binary('and', o.lt(x, 0), b.binary('and', o.not(whole), o.lt(a, Infinity)))
  const undefinedThere = b.binary('or', rootless, b.binary('or', o.ne(x, x), o.ne(y, y)))
  const one = b.binary('or', o.eq(x, 1), o.eq(y, 0))
  return o.select(one, 1, o.select(undefinedThere, NaN, signed))
}
