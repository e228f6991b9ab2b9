/**
 * @file exp, exp2, expm1, tanh. Reduction x = n·ln 2 + r with ln 2 split in a head of few bits, so that n times it is
 * exact (Cody & Waite, *Software Manual for the Elementary Functions*, 1980), a minimax polynomial in r
 * (tools/minimax.mjs) and a scaling by exponent bits. n is rounded by adding 1.5·2²³ plus an exponent bias: the sum's
 * low bits are then the biased exponent, and one shift makes the power of two.
 */
import type { Value } from '../ir.ts'
import type { Ops } from './ops.ts'

const magic = 1.5 * 2 ** 23
const log2e = 1.4426950408889634
/** 15 bits and the rest. */
const ln2Head = 0.693145751953125
const ln2Tail = Math.LN2 - ln2Head

/** (e^r − 1)/r on |r| ≤ ln 2; relative error of e^r 2^−26.0. */
const expPolynomial = [1, 0.50000036, 0.16666618, 0.04166123, 0.00833593, 0.0014104752, 0.00019630558]
/** (2^f − 1)/f on |f| ≤ ½; relative error of 2^f 2^−28.3. */
const exp2Polynomial = [0.6931472, 0.24022648, 0.055503596, 0.0096185, 0.0013390976, 0.00015328907]
/** (e^r − 1 − r)/r² on |r| ≤ ln 2 / 2; relative error of e^r − 1 2^−31.1. */
const expm1Polynomial = [0.5, 0.16666666, 0.041666493, 0.008333546, 0.0013932321, 0.00019761725]

/**
 * n is even, so that 2^n is s·s with one shift to make s: two multiplications give subnormals one rounding and overflow
 * its infinity. That costs a wider r, hence one more coefficient, and saves four instructions of integer arithmetic.
 */
export function exp(o: Ops, x: Value): Value {
  const t = o.min(o.max(x, -104.5), 89)
  const shifted = o.fma(t, log2e / 2, magic + 127)
  const n = o.sub(shifted, magic + 127) // half of the real n
  const r = o.fma(n, -2 * ln2Tail, o.fma(n, -2 * ln2Head, t))
  const s = o.real(o.shl(o.bits(shifted), 23))
  return o.mul(o.mul(o.polynomial([1, ...expPolynomial], r), s), s)
}

/** Exact at integers. */
export function exp2(o: Ops, x: Value): Value {
  const t = o.min(o.max(x, -151), 129)
  const shifted = o.add(t, magic + 254)
  const f = o.sub(t, o.sub(shifted, magic + 254))
  return scaleByTwo(o, o.polynomial([1, ...exp2Polynomial], f), o.bits(shifted))
}

/** m·2^n where `biased` is n + 254 in its low 9 bits, −252 ≤ n ≤ 254 and 2^(n/2)·m is normal. */
function scaleByTwo(o: Ops, m: Value, biased: Value): Value {
  const half = o.shrS(biased, 1)
  const s = o.real(o.shl(half, 23))
  const rest = o.real(o.shl(o.sub(biased, half), 23))
  return o.mul(o.mul(m, s), rest)
}

/** 2^(p + rest) for |rest| ≤ half an ulp of p; `rest` is bounded for the p that overflow. */
export function exp2Pair(o: Ops, p: Value, rest: Value): Value {
  const t = o.min(o.max(p, -160), 160)
  const shifted = o.add(t, magic + 254)
  const f = o.min(o.max(o.add(o.sub(t, o.sub(shifted, magic + 254)), rest), -1), 1)
  return scaleByTwo(o, o.polynomial([1, ...exp2Polynomial], f), o.bits(shifted))
}

/** 2^n·(e^r − 1) + (2^n − 1), both halved, as 2^128 is no float; arguments near 0 are their own result. */
export function expm1(o: Ops, x: Value): Value {
  const t = o.min(o.max(x, -18), 89)
  const shifted = o.fma(t, log2e, magic + 126)
  const n = o.sub(shifted, magic + 126)
  const r = o.fma(n, -ln2Tail, o.fma(n, -ln2Head, t))
  const p = o.fma(o.mul(r, r), o.polynomial(expm1Polynomial, r), r)
  const s = o.real(o.shl(o.bits(shifted), 23)) // half of 2^n
  const half = o.fma(p, s, o.sub(s, 0.5))
  return o.select(o.lt(o.abs(x), 2 ** -26), x, o.add(half, half))
}

/**
 * h/(h + 1) with h = (e^(2a) − 1)/2, a = |x|; the doublings are in the constants. Small h by h − h·h/(h + 1), where the
 * rounding of the quotient weighs little.
 */
export function tanh(o: Ops, x: Value): Value {
  const a = o.min(o.abs(x), 10)
  const shifted = o.fma(a, 2 * log2e, magic + 127)
  const n = o.sub(shifted, magic + 127)
  const r = o.fma(n, -ln2Tail / 2, o.fma(n, -ln2Head / 2, a))
  const q = o.polynomial(expm1Polynomial.map((c, k) => c * 2 ** (k + 1)), r)
  const p = o.fma(o.mul(r, r), q, r)
  const s = o.real(o.shl(o.bits(shifted), 23))
  const h = o.fma(p, s, o.fma(s, 0.5, -0.5))
  const quotient = o.div(h, o.add(h, 1))
  return o.orSign(o.select(o.lt(h, 0.5), o.sub(h, o.mul(h, quotient)), quotient), x)
}

/** 2^g for −126 ≤ g ≤ 0, without the care for subnormals. */
export function exp2Normal(o: Ops, g: Value): Value {
  const shifted = o.add(g, magic + 127)
  const f = o.sub(g, o.sub(shifted, magic + 127))
  const s = o.real(o.shl(o.bits(shifted), 23))
  return o.mul(o.polynomial([1, ...exp2Polynomial], f), s)
}
