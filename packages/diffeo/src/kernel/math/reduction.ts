/**
 * @file x mod π of large floats in 32-bit integers: with x = M·2^e, M of 24 bits, the bits of 1/π that weigh 2 or more
 * after the multiplication are left out and 96 of the others kept (Payne & Hanek, *Radian reduction for trigonometric
 * functions*, 1983). The remainder is exact to 2^−62 of π; no float is closer to a multiple of π/2 than 2^−31 or so.
 */
import type { Value } from '../ir.ts'
import type { Ops } from './ops.ts'

/** x = nπ + r − less up to the shift, and the sign bit of (−1)^n. */
export interface Reduced {
  readonly r: Value
  readonly less: Value
  readonly sign: Value
}

/** 32 zeros, then the bits of 1/π. */
const inversePi = [0, 0x517cc1b7, 0x27220a94, 0xfe13abe8, 0xfa9a6ee0, 0x6db14acc, 0x9e21c820, 0xff28b1d5]
/** 12 bits. */
const piHead = 3.140625

/** For |x| ≥ 2^8. */
export function reduceLarge(o: Ops, x: Value, shift: 0 | 0.5): Reduced {
  const bits = o.and(o.bits(x), 0x7fffffff)
  const m = o.or(o.and(bits, 0x7fffff), 0x800000)
  const [top, middle] = product(o, m, window(o, o.sub(o.shrU(bits, 23), 119)))
  const turned = shift === 0 ? top : o.add(top, 0x40000000)
  const parity = o.add(turned, 0x40000000)
  const sign = o.and(shift === 0 ? o.xor(parity, o.bits(x)) : parity, -(2 ** 31))
  const high = o.or(o.shl(turned, 1), o.shrU(middle, 31))
  const { r, less } = timesPi(o, high, o.shl(middle, 1))
  return { r: o.add(r, o.sub(x, x)), less, sign } // NaN for infinities
}

/** 96 bits from bit number `start`, 16 ≤ start ≤ 135, of `inversePi`, highest word first. */
function window(o: Ops, start: Value): readonly Value[] {
  let words: readonly Value[] = inversePi.map((w) => o.i(w | 0))
  for (const [by, keep] of [[4, 7], [2, 5], [1, 4]] as const) {
    const skip = o.ne(o.and(start, by * 32), 0)
    const from = words
    const word = (_: unknown, i: number) => i + by < from.length ? o.b.select(skip, from[i + by], from[i]) : from[i]
    words = Array.from({ length: keep }, word)
  }
  const by = o.and(start, 31)
  const back = o.xor(by, 31)
  return [0, 1, 2].map((i) => o.or(o.shl(words[i], by), o.shrU(o.shrU(words[i + 1], 1), back)))
}

/** The two higher words of m·w modulo 2^96; what the lowest word's low half adds is left out. */
function product(o: Ops, m: Value, [w0, w1, w2]: readonly Value[]): [Value, Value] {
  const fromLow = multiplyHigh(o, m, w2)
  const middle = o.add(o.mul(m, w1), fromLow)
  const carry = o.b.convert('maskToI32', o.ltU(middle, fromLow))
  return [o.add(o.add(o.mul(m, w0), multiplyHigh(o, m, w1)), carry), middle]
}

/** The high word of the unsigned product, m < 2^24. */
function multiplyHigh(o: Ops, m: Value, w: Value): Value {
  const [mHigh, mLow] = [o.shrU(m, 16), o.and(m, 0xffff)]
  const [wHigh, wLow] = [o.shrU(w, 16), o.and(w, 0xffff)]
  const a = o.add(o.mul(mHigh, wLow), o.shrU(o.mul(mLow, wLow), 16))
  const b = o.add(o.mul(mLow, wHigh), o.and(a, 0xffff))
  return o.add(o.add(o.mul(mHigh, wHigh), o.shrU(a, 16)), o.shrU(b, 16))
}

/** π times the signed fraction high:low of 64 bits. */
function timesPi(o: Ops, high: Value, low: Value): { r: Value; less: Value } {
  const a = o.mul(o.toF32(o.and(high, -256)), 2 ** -32)
  const b = o.mul(o.toF32(o.or(o.shl(o.and(high, 255), 16), o.shrU(low, 16))), 2 ** -48)
  const c = o.mul(o.toF32(o.and(low, 0xffff)), 2 ** -64)
  const s = o.add(a, b)
  const rest = o.add(o.add(o.sub(a, s), b), c)
  const sHead = o.head(s, 12)
  const leading = o.mul(sHead, piHead) // exact
  const trailing = o.fma(sHead, Math.PI - piHead, o.fma(o.sub(s, sHead), Math.PI, o.mul(rest, Math.PI)))
  const r = o.add(leading, trailing)
  return { r, less: o.sub(o.sub(r, leading), trailing) }
}
