/**
 * @file log, log2, log1p. x = 2^k·(1 + f) with 1 + f in [√½, √2) from the bits of x, then a minimax polynomial in f
 * (tools/minimax.mjs) whose leading term f is added last, and k·ln 2 in two parts, the first exact (Cody & Waite).
 */
import type { Value } from '../ir.ts'
import type { Ops } from './ops.ts'

/** (log(1+f) − f)/f²; relative error of log(1+f) 2^−27.8. */
const logPolynomial = [
  -0.49999988, 0.33333325, -0.250016, 0.20001961, -0.16608718, 0.14182273, -0.13246344, 0.12901418, -0.076092586,
]
/** (log2(1+f) − f)/f; relative error of log2(1+f) 2^−27.0. */
const log2Polynomial = [
  0.44269505, -0.7213475, 0.48089656, -0.36068293, 0.28861672, -0.23994035, 0.20417644, -0.18836828, 0.18682802,
  -0.11610421,
]
const ln2Head = 0.693145751953125
const ln2Tail = Math.LN2 - ln2Head
/** The bits of √½. */
const rootHalf = 0x3f3504f3

export interface Split {
  /** f = m − 1, exact, in [√½ − 1, √2 − 1). */
  readonly f: Value
  /** The exponent as an integer float. */
  readonly k: Value
  /** k·2²³ as an i32, without the correction for subnormals. */
  readonly shift: Value
}

/** x = 2^k·(1 + f) for normal positive x. */
function splitNormal(o: Ops, x: Value): Split & { readonly count: Value } {
  const bits = o.bits(x)
  const count = o.shrS(o.sub(bits, rootHalf), 23)
  const shift = o.shl(count, 23)
  return { f: o.sub(o.real(o.sub(bits, shift)), 1), k: o.toF32(count), shift, count }
}

/** x = 2^k·(1 + f) for finite positive x, subnormals included; any values for others. */
export function split(o: Ops, x: Value): Split {
  const small = o.lt(x, 2 ** -126)
  const { f, k, shift } = splitNormal(o, o.select(small, o.mul(x, 2 ** 24), x))
  return { f, k: o.add(k, o.select(small, -24, 0)), shift }
}

/** f + f²·T(f) + k·ln 2, small terms first. */
function naturalLog(o: Ops, f: Value, k: Value): Value {
  const rest = o.fma(o.mul(f, f), o.polynomial(logPolynomial, f), o.mul(k, ln2Tail))
  return o.fma(k, ln2Head, o.add(f, rest))
}

/** −∞ at 0, NaN below, and infinity and NaN as they are. */
function atEdges(o: Ops, x: Value, y: Value, infinity: Value): Value {
  const edge = o.select(o.eq(x, 0), -Infinity, NaN)
  return o.select(o.lt(x, Infinity), o.select(o.le(x, 0), edge, y), infinity)
}

export function log(o: Ops, x: Value): Value {
  const { f, k } = split(o, x)
  return atEdges(o, x, naturalLog(o, f, k), x)
}

/** Exact at powers of two. */
export function log2(o: Ops, x: Value): Value {
  const { f, k } = split(o, x)
  return atEdges(o, x, o.add(k, o.fma(f, o.polynomial(log2Polynomial, f), f)), x)
}

/**
 * 1 + x = u + rest exactly (u ≥ 2^−24 where it is positive), and f takes rest·2^−k in. The result has the sign of x,
 * which keeps −0.
 */
export function log1p(o: Ops, x: Value): Value {
  const u = o.add(x, 1)
  const rest = o.sub(x, o.sub(u, 1))
  const { f, k, count } = splitNormal(o, u)
  const scale = o.real(o.shl(o.sub(127, o.min(count, 126)), 23))
  const y = naturalLog(o, o.fma(rest, scale, f), k)
  return o.orSign(atEdges(o, u, y, u), x)
}
