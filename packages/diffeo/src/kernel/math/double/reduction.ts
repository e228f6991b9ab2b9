/**
 * @file x mod π of large float64s in integers, as `../reduction.ts` does it for float32: x = M·2^e with M of 53 bits,
 * and of 1/π the 192 bits that weigh less than 2 after the multiplication (Payne & Hanek, *Radian reduction for
 * trigonometric functions*, 1983). Words of 32 bits lie in 64-bit lanes. The remainder is exact to 2^−130 of π, and no
 * float64 is closer to a multiple of π/2 than 2^−61 or so.
 */
import type { Value } from '../../ir.ts'
import type { Ops } from '../ops.ts'

/** x = nπ + r − less up to the shift, and the sign bit of (−1)^n. */
export interface Reduced {
  readonly r: Value
  readonly less: Value
  readonly sign: Value
}

/** 32 zeros, then the bits of 1/π. */
const inversePi = [
  0, 0x517cc1b7, 0x27220a94, 0xfe13abe8, 0xfa9a6ee0, 0x6db14acc, 0x9e21c820, 0xff28b1d5, 0xef5de2b0, 0xdb92371d,
  0x2126e970, 0x3249775, 0x4e8c90e, 0x7f0ef58e, 0x5894d39f, 0x74411afa, 0x975da242, 0x74ce3813, 0x5a2fbf20, 0x9cc8eb1c,
  0xc1a99cfa, 0x4e422fc5, 0xdefc941d, 0x8ffc4bff, 0xef02cc07, 0xf79788c5, 0xad05368f, 0xb69b3f67, 0x93e584db,
  0xa7a31fb3, 0x4f2ff516, 0xba93dd63, 0xf5f2f8bd, 0x9e839cfb, 0xc5294975, 0x35fdafd8, 0x8fc6ae84, 0x2b019823,
]
/** 26 bits and the rest. */
const piHead = 3.1415926218032837
const piTail = 3.178650954705639e-8
const magicBits = 1075 * 2 ** 52
const low32 = 2 ** 32 - 1

/** For |x| ≥ 2^21; 0 or ½ of π is added. */
export function reduceLarge(o: Ops, x: Value, shift: 0 | 0.5): Reduced {
  const bits = o.and(o.bits(x), 2 ** 52 - 1)
  const exponent = o.and(o.shrU(o.bits(x), 52), 2047)
  const p = product(o, o.or(bits, 2 ** 52), window(o, o.and(o.sub(exponent, 1044), 1023)))
  const top = shift === 0 ? p[5] : o.and(o.add(p[5], 0x40000000), low32)
  const parity = o.shl(o.add(top, 0x40000000), 32)
  const sign = o.and(shift === 0 ? o.xor(parity, o.bits(x)) : parity, -(2 ** 63))
  const pair = (high: Value, next: Value) => o.and(o.or(o.shl(high, 1), o.shrU(next, 31)), low32)
  const { r, less } = timesPi(o, [pair(top, p[4]), pair(p[4], p[3]), pair(p[3], p[2]), pair(p[2], p[1])])
  return { r: o.add(r, o.sub(x, x)), less, sign } // NaN for infinities
}

/** The six words from bit number `start` of `inversePi`, highest first. */
function window(o: Ops, start: Value): readonly Value[] {
  let words: readonly Value[] = inversePi.map((w) => o.long(w))
  let left = o.sub(o.real(o.or(start, magicBits)), 2 ** 52)
  for (const [by, keep] of [[16, 22], [8, 14], [4, 10], [2, 8], [1, 7]] as const) {
    const skip = o.le(32 * by, left)
    const from = words
    const word = (_: unknown, i: number) => i + by < from.length ? o.b.select(skip, from[i + by], from[i]) : from[i]
    words = Array.from({ length: keep }, word)
    left = o.sub(left, o.select(skip, 32 * by, 0))
  }
  const by = o.and(start, 31)
  return [0, 1, 2, 3, 4, 5].map((i) => o.shrU(o.shl(o.or(o.shl(words[i], 32), words[i + 1]), by), 32))
}

/** The words of m·w modulo 2^192, lowest first. */
function product(o: Ops, m: Value, w: readonly Value[]): Value[] {
  const mHigh = o.shrU(m, 32)
  const low = (v: Value) => o.and(v, low32)
  const lows = w.map((v) => o.b.binary('mulU', m, v)).reverse()
  const highs = w.map((v) => o.b.binary('mulU', mHigh, v)).reverse()
  const out: Value[] = []
  let carry: Value | null = null
  for (let j = 0; j < 6; j++) {
    let sum = low(lows[j])
    if (j >= 1) sum = o.add(o.add(sum, o.shrU(lows[j - 1], 32)), low(highs[j - 1]))
    if (j >= 2) sum = o.add(sum, o.shrU(highs[j - 2], 32))
    if (carry) sum = o.add(sum, carry)
    out.push(low(sum))
    carry = o.shrU(sum, 32)
  }
  return out
}

/** π times the signed fraction of these four words, highest first. */
function timesPi(o: Ops, words: readonly Value[]): { r: Value; less: Value } {
  const real = (w: Value, scale: number) => o.mul(o.sub(o.real(o.or(w, magicBits)), 2 ** 52), scale)
  const first = o.sub(o.real(o.or(o.xor(words[0], 2 ** 31), magicBits)), 2 ** 52 + 2 ** 31)
  const [a, b, c] = [real(words[1], 2 ** -64), real(words[2], 2 ** -96), real(words[3], 2 ** -128)]
  const scaled = o.mul(first, 2 ** -32)
  const sum = o.add(scaled, a)
  const rest = o.add(o.add(o.sub(scaled, sum), a), o.add(b, c))
  const s = o.add(sum, rest)
  const tail = o.add(o.sub(sum, s), rest)
  const sHead = o.head(s, 27)
  const leading = o.mul(sHead, piHead) // exact
  const trailing = o.fma(sHead, piTail, o.fma(o.sub(s, sHead), Math.PI, o.mul(tail, Math.PI)))
  const r = o.add(leading, trailing)
  return { r, less: o.sub(o.sub(r, leading), trailing) }
}
