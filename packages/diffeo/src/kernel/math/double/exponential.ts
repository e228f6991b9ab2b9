/**
 * @file exp, exp2, expm1, tanh of float64, as `../exponential.ts` does them: n is rounded by adding 1.5·2⁵² plus a
 * bias, so that the sum's low bits are the biased exponent; polynomials from tools/minimax/double.py.
 */
import type { Value } from '../../ir.ts'
import type { Ops } from '../ops.ts'

const magic = 1.5 * 2 ** 52
const log2e = 1.4426950408889634
/** 33 bits and the rest. */
const ln2Head = 0.693147180369123816490
const ln2Tail = 1.90821492927058770002e-10

/** (e^r − 1 − r)/r² on |r| ≤ ln 2 / 2; relative error of e^r 2^−57.9. */
const expPolynomial = [
  0.5000000000000011, 0.16666666666666433, 0.04166666666652699, 0.008333333333482018, 0.001388888894433407,
  0.0001984126953289111, 2.4801492458862916e-05, 2.7557563305556944e-06, 2.7630453523599205e-07,
  2.5007252830436493e-08,
]
/** The same of e^r − 1; relative error 2^−61.5. */
const expm1Polynomial = [
  0.5, 0.16666666666666677, 0.04166666666666661, 0.008333333333321466, 0.0013888888888923827, 0.0001984126988646914,
  2.4801587237395523e-05, 2.755724391556885e-06, 2.755735311629949e-07, 2.510912611647685e-08, 2.088939117509595e-09,
]
/** (2^f − 1)/f on |f| ≤ ½; relative error of 2^f 2^−57.4. */
const exp2Polynomial = [
  0.6931471805599453, 0.2402265069591013, 0.05550410866482229, 0.009618129107594367, 0.0013333558146373231,
  0.00015403530456858, 1.5252733812471229e-05, 1.3215435388278717e-06, 1.0178084014669018e-07, 7.073767794062978e-09,
  4.45034980916914e-10,
]

/** t − n·ln 2 for whole n below 2^20. */
const reduced = (o: Ops, t: Value, n: Value): Value => o.fma(n, -ln2Tail, o.fma(n, -ln2Head, t))

export function exp(o: Ops, x: Value): Value {
  const t = o.min(o.max(x, -746), 710)
  const shifted = o.fma(t, log2e, magic + 2046)
  const r = reduced(o, t, o.sub(shifted, magic + 2046))
  const p = o.fma(o.mul(r, r), o.polynomial(expPolynomial, r), r)
  return scaleByTwo(o, o.add(p, 1), o.bits(shifted))
}

/** m·2^n where `biased` is n + 2046 in its low 12 bits: two factors give subnormals one rounding. */
function scaleByTwo(o: Ops, m: Value, biased: Value): Value {
  const half = o.shrU(biased, 1)
  const s = o.real(o.shl(half, 52))
  const rest = o.real(o.shl(o.sub(biased, half), 52))
  return o.mul(o.mul(m, s), rest)
}

/** Exact at integers. */
export function exp2(o: Ops, x: Value): Value {
  const t = o.min(o.max(x, -1080), 1030)
  const shifted = o.add(t, magic + 2046)
  const f = o.sub(t, o.sub(shifted, magic + 2046))
  return scaleByTwo(o, o.polynomial([1, ...exp2Polynomial], f), o.bits(shifted))
}

/** 2^(p + rest) for |rest| ≤ half an ulp of p; `rest` is bounded for the p that overflow. */
export function exp2Pair(o: Ops, p: Value, rest: Value): Value {
  const t = o.min(o.max(p, -1100), 1100)
  const shifted = o.add(t, magic + 2046)
  const f = o.min(o.max(o.add(o.sub(t, o.sub(shifted, magic + 2046)), rest), -1), 1)
  return scaleByTwo(o, o.polynomial([1, ...exp2Polynomial], f), o.bits(shifted))
}

/** 2^n·(e^r − 1) + (2^n − 1), both halved, as 2^1024 is no float; arguments near 0 are their own result. */
export function expm1(o: Ops, x: Value): Value {
  const t = o.min(o.max(x, -40), 710)
  const shifted = o.fma(t, log2e, magic + 1022)
  const r = reduced(o, t, o.sub(shifted, magic + 1022))
  const p = o.fma(o.mul(r, r), o.polynomial(expm1Polynomial, r), r)
  const s = o.real(o.shl(o.bits(shifted), 52)) // half of 2^n
  const half = o.fma(p, s, o.sub(s, 0.5))
  return o.select(o.lt(o.abs(x), 2 ** -54), x, o.add(half, half))
}

/**
 * h/(h + 1) with h = (e^(2a) − 1)/2, a = |x|; small h by h − h·h/(h + 1), where the quotient's rounding weighs little.
 */
export function tanh(o: Ops, x: Value): Value {
  const a = o.min(o.abs(x), 22)
  const t = o.add(a, a)
  const shifted = o.fma(t, log2e, magic + 1022)
  const r = reduced(o, t, o.sub(shifted, magic + 1022))
  const p = o.fma(o.mul(r, r), o.polynomial(expm1Polynomial, r), r)
  const s = o.real(o.shl(o.bits(shifted), 52))
  const h = o.fma(p, s, o.sub(s, 0.5))
  const quotient = o.div(h, o.add(h, 1))
  return o.orSign(o.select(o.lt(h, 0.5), o.sub(h, o.mul(h, quotient)), quotient), x)
}

/** 2^g for −1022 ≤ g ≤ 0, without the care for subnormals. */
export function exp2Normal(o: Ops, g: Value): Value {
  const shifted = o.add(g, magic + 1023)
  const f = o.sub(g, o.sub(shifted, magic + 1023))
  return o.mul(o.polynomial([1, ...exp2Polynomial], f), o.real(o.shl(o.bits(shifted), 52)))
}
