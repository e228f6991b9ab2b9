/**
 * @file log, log2, log1p of float64. x = 2^k·(1 + f) with 1 + f in [√½, √2); log(1 + f) = 2·atanh s with s = f/(2 + f),
 * arranged as f − (f²/2 − s·(f²/2 + R(s²))), so that what is rounded is small (Ng, fdlibm e_log.c, 1993).
 */
import type { Value } from '../../ir.ts'
import type { Ops } from '../ops.ts'

/** 2·(atanh s − s)/s³ of s² ≤ 0.0295; relative error of the logarithm 2^−59.5. */
const polynomial = [
  0.6666666666666735, 0.39999999999408686, 0.2857142874393825, 0.22222198394752793, 0.1818357450141767,
  0.15313768984883508, 0.14798965481201723,
]
const ln2Head = 0.693147180369123816490
const ln2Tail = 1.90821492927058770002e-10
/** 1/ln 2 as 21 bits and the rest. */
const inverseHead = 1.4426946640014648
const inverseTail = 3.768874985636099e-7
/** The bits of 1, and how far those of √½ are below them: multiples of 2^32. */
const oneBits = 1023 * 2 ** 52
const rootHalfBits = 0x3fe6a09e * 2 ** 32
const magicBits = 1075 * 2 ** 52

interface Split {
  /** f = m − 1, exact. */
  readonly f: Value
  /** The exponent as an integer float. */
  readonly k: Value
  /** (k + 1023)·2⁵² as an i64. */
  readonly biased: Value
}

/** x = 2^k·(1 + f) for normal positive x. Exponents are made floats as the low bits of 2⁵². */
function splitNormal(o: Ops, x: Value): Split {
  const bits = o.bits(x)
  const exponent = o.shrU(o.add(bits, oneBits - rootHalfBits), 52)
  const biased = o.shl(exponent, 52)
  const f = o.sub(o.real(o.sub(o.add(bits, oneBits), biased)), 1)
  return { f, k: o.sub(o.real(o.or(exponent, magicBits)), 2 ** 52 + 1023), biased }
}

/** x = 2^k·(1 + f) for finite positive x, subnormals included; any values for others. */
export function split(o: Ops, x: Value): Pick<Split, 'f' | 'k'> {
  const small = o.lt(x, 2 ** -1022)
  const { f, k } = splitNormal(o, o.select(small, o.mul(x, 2 ** 54), x))
  return { f, k: o.add(k, o.select(small, o.f(-54), o.f(0))) }
}

/** f²/2 and s·(f²/2 + R). */
function parts(o: Ops, f: Value): { half: Value; rest: Value } {
  const s = o.div(f, o.add(f, 2))
  const u = o.mul(s, s)
  const half = o.mul(o.mul(f, f), 0.5)
  return { half, rest: o.mul(s, o.fma(u, o.polynomial(polynomial, u), half)) }
}

function naturalLog(o: Ops, f: Value, k: Value, correction?: Value): Value {
  const { half, rest } = parts(o, f)
  const low = o.fma(k, ln2Tail, correction ? o.add(rest, correction) : rest)
  return o.fma(k, ln2Head, o.sub(f, o.sub(half, low)))
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

/** Exact at powers of two. The logarithm is divided as a sum of 26 bits and a rest. */
export function log2(o: Ops, x: Value): Value {
  const { f, k } = split(o, x)
  const { half, rest } = parts(o, f)
  const high = o.head(o.sub(f, half), 32)
  const low = o.add(o.sub(o.sub(f, high), half), rest)
  const leading = o.mul(high, inverseHead) // exact
  const trailing = o.fma(o.add(low, high), inverseTail, o.mul(low, inverseHead))
  const sum = o.add(k, leading)
  return atEdges(o, x, o.add(sum, o.add(o.add(o.sub(k, sum), leading), trailing)), x)
}

/** 1 + x = u + rest exactly, and the logarithm takes rest/u in. The result has the sign of x, which keeps −0. */
export function log1p(o: Ops, x: Value): Value {
  const u = o.add(x, 1)
  const large = o.le(1, o.abs(x))
  const rest = o.select(large, o.sub(1, o.sub(u, x)), o.sub(x, o.sub(u, 1)))
  const { f, k } = splitNormal(o, u)
  const y = naturalLog(o, f, k, o.div(rest, u))
  const tiny = o.lt(o.abs(x), 2 ** -53)
  return o.select(tiny, x, o.orSign(atEdges(o, u, y, u), x))
}
