/**
 * @file pow of floats: 2^(y·log2|x|) with the logarithm as the sum of two floats, 36 bits or so, then the special cases
 * of C99 F.9.4.4. log2(1+f) = (2/ln 2)·atanh(s), s = f/(2+f); leading products are made exact by heads of 12 bits (Dekker,
 * *A floating-point technique for extending the available precision*, 1971), so that no fused product is counted on.
 */
import type { Value } from '../ir.ts'
import { exp2Pair } from './exponential.ts'
import { split } from './logarithm.ts'
import type { Ops } from './ops.ts'

const scale = 2 / Math.LN2
/** 12 bits. */
const scaleHead = 2.884765625
/** (2/ln 2)·(atanh s − s)/s³ of s², s² ≤ 0.0295; error relative to atanh 2^−34.9. */
const atanhPolynomial = [0.9617967, 0.5770789, 0.4119217, 0.33661437]

interface Pair {
  readonly high: Value
  readonly low: Value
}

/** log2 of a finite positive float to a relative error of 2^−30; finite for others, but for NaN. */
function log2Pair(o: Ops, x: Value): Pair {
  const { f, k } = split(o, x)
  const { high: s, low: sLow, rounded } = ratio(o, f)
  const s2 = o.mul(rounded, rounded)
  const cubic = o.mul(o.mul(s2, rounded), o.polynomial(atanhPolynomial, s2))
  const high = o.mul(s, scaleHead) // exact
  const low = o.add(o.fma(sLow, scale, o.mul(s, scale - scaleHead)), cubic)
  const m = o.add(high, low)
  const sum = o.add(k, m)
  const rest = o.add(o.add(o.sub(k, sum), m), o.add(o.sub(high, m), low))
  return { high: sum, low: rest }
}

/** f/(2 + f) as 12 bits and a remainder, and in one float. */
function ratio(o: Ops, f: Value): Pair & { readonly rounded: Value } {
  const d = o.add(f, 2)
  const dHead = o.head(d, 12)
  const dTail = o.sub(f, o.sub(dHead, 2)) // exact: dHead + dTail = 2 + f
  const inverse = o.div(1, d)
  const rounded = o.mul(f, inverse)
  const high = o.head(rounded, 12)
  const residual = o.sub(o.sub(f, o.mul(high, dHead)), o.mul(high, dTail))
  return { high, low: o.mul(residual, inverse), rounded }
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
  const undefinedThere = b.binary('or', rootless, o.ne(y, y))
  const one = b.binary('or', o.eq(x, 1), o.eq(y, 0))
  return o.select(one, 1, o.select(undefinedThere, NaN, signed))
}
