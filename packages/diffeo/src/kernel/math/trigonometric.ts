/**
 * @file sin and cos of every finite float. With n whole, sin x = (−1)^n sin r for r = x − nπ, and cos x = (−1)^n sin r
 * for r = x − (n − ½)π: one polynomial on |r| ≤ π/2 for both. Up to 400 the reduction subtracts three parts of π, of
 * which two have 16 bits, so that their multiples are exact (Cody & Waite). Lanes beyond go through `reduceLarge`,
 * inside a loop that runs once if there are such lanes and not at all otherwise.
 */
import type { Value } from '../ir.ts'
import { Ops } from './ops.ts'
import { reduceLarge, type Reduced } from './reduction.ts'

const magic = 1.5 * 2 ** 23
const limit = 400
const pi1 = 3.14154052734375
const pi2 = 0.00005212612450122833
const pi3 = 1.2154201013012384e-10
/** (r − sin r)/r³ of r² for |r| ≤ π/2; relative error of sin 2^−31.0. */
const polynomial = [0.16666667, -0.0083333505, 0.00019843093, -0.0000027627057, 2.550292e-8]

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
    const inner = new Ops(b, o.lanes)
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
  return { r, less: o.fma(n, pi3, lost), sign: o.shl(o.bits(shifted), 31) }
}
