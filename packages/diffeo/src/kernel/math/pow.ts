/**
 * @file pow of floats: 2^(y·log2|x|) with the logarithm as the sum of two floats, 33 bits or so (66 of float64), then
 * the special cases of C99 F.9.4.4. log2(1+f) = (2/ln 2)·atanh(s), s = f/(2+f); leading products are made exact by
 * heads of half the bits (Dekker, *A floating-point technique for extending the available precision*, 1971), so that no
 * fused product is counted on.
 */
import type { Value } from '../ir.ts'
import { exp2Pair as exp2PairDouble } from './double/exponential.ts'
import { split as splitDouble } from './double/logarithm.ts'
import { exp2Pair } from './exponential.ts'
import { split } from './logarithm.ts'
import type { Ops } from './ops.ts'

/** What differs between formats. */
interface Format {
  /** 2/(3·ln 2): the first bits, half as many as the format has, and the rest. */
  readonly scaleHead: number
  readonly scaleTail: number
  /** (3·atanh s / s − 3 − s²)/s⁴ of s², s² ≤ 0.0295. */
  readonly atanh: readonly number[]
  /** Low bits that a head has not. */
  readonly dropped: number
  /** No larger exponent makes a difference. */
  readonly greatest: number
  readonly split: (o: Ops, x: Value) => { readonly f: Value; readonly k: Value }
  readonly exp2Pair: (o: Ops, p: Value, rest: Value) => Value
}

const single: Format = {
  scaleHead: 0.961669921875, scaleTail: 2 / (3 * Math.LN2) - 0.961669921875,
  atanh: [0.6000023, 0.42820615, 0.35130328], // error relative to atanh 2^−36.8
  dropped: 12, greatest: 2 ** 40, split, exp2Pair,
}
const double: Format = {
  scaleHead: 0.9617966860532761, scaleTail: 7.872699542894897e-9,
  atanh: [
    0.5999999999999996, 0.42857142857168656, 0.3333333332608832, 0.2727272832987891, 0.2307683375220161,
    0.20004532584531817, 0.17511136326481275, 0.17992235990915087,
  ], // 2^−73.4
  dropped: 27, greatest: 2 ** 70, split: splitDouble, exp2Pair: exp2PairDouble,
}
const formatOf = (o: Ops): Format => (o.float === 'f64' ? double : single)

interface Pair {
  readonly high: Value
  readonly low: Value
}

/** log2 of a finite positive float to a relative error of 2^−33 or so (2^−64); finite for others, but for NaN. */
function log2Pair(o: Ops, x: Value): Pair {
  const { split, scaleHead, scaleTail, dropped } = formatOf(o)
  const { f, k } = split(o, x)
  const s = ratio(o, f)
  const whole = o.add(s.high, s.low)
  const { high: t, low: tLow } = series(o, s, whole)
  const leading = o.mul(s.high, t) // exact
  const rest = o.fma(s.low, t, o.mul(whole, tLow))
  const product = o.head(o.add(leading, rest), dropped) // of s·t
  const productLow = o.add(o.sub(leading, product), rest)
  const high = o.mul(product, scaleHead) // exact
  const low = o.fma(productLow, scaleHead + scaleTail, o.mul(product, scaleTail))
  const m = o.add(high, low)
  const sum = o.add(k, m)
  return { high: sum, low: o.add(o.add(o.sub(k, sum), m), o.add(o.sub(high, m), low)) }
}

/** 3·atanh(s)/s as a head and the rest: s.high² is exact, and s² = s.high² + s.low·(s + s.high). */
function series(o: Ops, s: Pair, whole: Value): Pair {
  const square = o.mul(s.high, s.high)
  const rounded = o.mul(whole, whole)
  const cross = o.mul(s.low, o.add(whole, s.high))
  const rest = o.fma(o.mul(rounded, rounded), o.polynomial(formatOf(o).atanh, rounded), cross)
  const high = o.head(o.add(o.add(square, rest), 3), formatOf(o).dropped)
  return { high, low: o.add(o.sub(square, o.sub(high, 3)), rest) }
}

/** f/(2 + f) as a head and a remainder. */
function ratio(o: Ops, f: Value): Pair {
  const d = o.add(f, 2)
  const { dropped } = formatOf(o)
  const dHead = o.head(d, dropped)
  const dTail = o.sub(f, o.sub(dHead, 2)) // exact: dHead + dTail = 2 + f
  const inverse = o.div(1, d)
  const high = o.head(o.mul(f, inverse), dropped)
  const residual = o.sub(o.sub(f, o.mul(high, dHead)), o.mul(high, dTail))
  return { high, low: o.mul(residual, inverse) }
}

/** |x|^y apart from 0, ∞ and NaN. */
function magnitude(o: Ops, a: Value, y: Value): Value {
  const { dropped, greatest, exp2Pair } = formatOf(o)
  const { high, low } = log2Pair(o, a)
  const bounded = o.min(o.max(y, -greatest), greatest) // |log2| ≥ 2^−24 (2^−53): beyond, nothing changes
  const yHead = o.head(bounded, dropped)
  const yTail = o.sub(bounded, yHead)
  const head = o.head(high, dropped)
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
  const flip = o.and(o.bits(x), o.select(odd, o.bits(o.f(-0)), o.bits(o.f(0))))
  const signed = o.real(o.or(o.bits(positive), flip))
  const rootless = b.binary('and', o.lt(x, 0), b.binary('and', o.not(whole), o.lt(a, Infinity)))
  const undefinedThere = b.binary('or', rootless, b.binary('or', o.ne(x, x), o.ne(y, y)))
  const one = b.binary('or', o.eq(x, 1), o.eq(y, 0))
  return o.select(one, 1, o.select(undefinedThere, NaN, signed))
}
