/**
 * @file sin and cos of every finite float64, as `../trigonometric.ts` does them: three parts of π up to `limit`, of
 * which two have 33 bits, so that their multiples by less than 2^20 are exact; beyond that `reduceLarge`.
 */
import type { Value } from '../../ir.ts'
import { Ops } from '../ops.ts'
import { reduceLarge, type Reduced } from './reduction.ts'

const magic = 1.5 * 2 ** 52
const limit = 2 ** 21
const pi1 = 2 * 1.57079632673412561417
const pi2 = 2 * 6.07710050630396597660e-11
const pi3 = 2 * 2.02226624879595063154e-21
/** (r − sin r)/r³ of r² for |r| ≤ π/2; relative error of sin 2^−61.5. */
const polynomial = [
  0.16666666666666666, -0.008333333333333241, 0.00019841269841235732, -2.755731921756404e-06, 2.5052107694637502e-08,
  -1.6058999521233932e-10, 7.645483685640242e-13, -2.776555063075988e-15, 5.090745665407134e-18,
]

export const sin = (o: Ops, x: Value): Value => sine(o, x, 0)
export const cos = (o: Ops, x: Value): Value => sine(o, x, 0.5)

function sine(o: Ops, x: Value, shift: 0 | 0.5): Value {
  const { r, less, sign } = reduce(o, x, shift)
  const u = o.mul(r, r)
  const correction = o.mul(less, o.fma(u, -0.5, 1)) // the rest of r enters with the slope of the sine
  const cubic = o.fma(o.mul(r, u), o.polynomial(polynomial, u), correction)
  return o.real(o.xor(o.bits(o.sub(r, cubic)), sign)) // r − (+0) keeps −0
}

function reduce(o: Ops, x: Value, shift: 0 | 0.5): Reduced {
  const small = reduceSmall(o, x, shift)
  const { b } = o
  const some = b.any(o.lt(limit, o.abs(x)))
  // x is carried so that nothing in the body can be hoisted out of it.
  const [r, less, sign] = b.loop(b.int(0), some, 1, [small.r, small.less, small.sign, x], (_, carried) => {
    const inner = new Ops(b, o.lanes, 'f64')
    const z = carried[3]
    const large = reduceLarge(inner, z, shift)
    const use = inner.lt(limit, inner.abs(z))
    return [...[large.r, large.less, large.sign].map((v, i) => b.select(use, v, carried[i])), z]
  })
  return { r, less, sign }
}

function reduceSmall(o: Ops, x: Value, shift: 0 | 0.5): Reduced {
  const shifted = shift === 0
    ? o.fma(x, 1 / Math.PI, magic)
    : o.add(o.fma(x, 1 / Math.PI, shift), magic)
  const whole = o.sub(shifted, magic)
  const n = shift === 0 ? whole : o.sub(whole, shift)
  const first = o.fma(n, -pi1, x)
  const r = o.fma(n, -pi2, first)
  const lost = o.fma(n, pi2, o.sub(r, first))
  return { r, less: o.fma(n, pi3, lost), sign: o.shl(o.bits(shifted), 63) }
}
