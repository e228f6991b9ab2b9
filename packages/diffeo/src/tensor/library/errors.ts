/** @file The error function's family and the normal distribution's. Halves are computed in float32. */
import { where } from '../create.ts'
import { erfinv as firstGuess } from '../functions/random.ts'
import type { Tensor, TensorLike } from '../tensor.ts'
import { customGradient } from '../transforms/checkpoint.ts'
import { polynomial, widely } from './gamma.ts'

/** e^(x²)·erfc(x) on x ≥ 1, as quotients of polynomials: on [1, 8) and from there on (Cephes, ndtr.c). */
const below8 = [
  [
    2.46196981473530512524e-10, 5.64189564831068821977e-1, 7.46321056442269912687, 4.86371970985681366614e1,
    1.96520832956077098242e2, 5.26445194995477358631e2, 9.3452852717195760754e2, 1.02755188689515710272e3,
    5.57535335369399327526e2,
  ],
  [
    1, 1.32281951154744992508e1, 8.67072140885989742329e1, 3.54937778887819891062e2, 9.75708501743205489753e2,
    1.82390916687909736289e3, 2.24633760818710981792e3, 1.65666309194161350182e3, 5.57535340817727675546e2,
  ],
] as const
const from8 = [
  [
    5.64189583547755073984e-1, 1.27536670759978104416, 5.01905042251180477414, 6.16021097993053585195,
    7.4097426995044893916, 2.9788666537210024067,
  ],
  [
    1, 2.2605286322011727659, 9.39603524938001434673, 1.20489539808096656605e1, 1.70814450747565897222e1,
    9.60896809063285878198, 3.3690764510008151605,
  ],
] as const

const quotient = (x: Tensor, [p, q]: readonly [readonly number[], readonly number[]]): Tensor =>
  polynomial(x, p).div(polynomial(x, q))

/** e^(x²)·erfc(x) on x ≥ 0; in 1/x where x is great, lest powers overflow. */
function scaled(x: Tensor): Tensor {
  const [isSmall, isGreat] = [x.lt(1), x.ge(8)]
  const small = where(isSmall, x, 0)
  const inverse = where(isGreat, x, 8).reciprocal()
  const far = inverse.mul(quotient(inverse, [from8[0].toReversed(), from8[1].toReversed()]))
  const middle = quotient(where(isSmall.or(isGreat), 1, x), below8)
  return where(isSmall, small.square().exp().mul(small.erf().neg().add(1)), where(isGreat, far, middle))
}

const slope = 2 / Math.sqrt(Math.PI)

/** 1 - erf(x), accurate where that is tiny. @example await erfc(tensor([3])).array() // [0.0000220905] */
export const erfc = (x: TensorLike): Tensor => widely('erfc', x, customGradient(
  (x: Tensor) => {
    const size = x.abs()
    const tail = scaled(size).mul(size.square().neg().exp())
    return where(x.lt(1), where(x.lt(-1), tail.neg().add(2), x.erf().neg().add(1)), tail)
  },
  (g, { inputs: [x] }) => g.mul(x.square().neg().exp().mul(-slope)),
  { linear: true },
))

/** e^(x²)·erfc(x), which does not underflow. */
export const erfcx = (x: TensorLike): Tensor => widely('erfcx', x, scaledErfc)
const scaledErfc = (x: Tensor): Tensor => customGradient(
  (x: Tensor) => {
    const value = scaled(x.abs())
    return where(x.lt(0), x.square().exp().mul(2).sub(value), value)
  },
  (g, { inputs: [x], output: y }) => g.mul(x.mul(2).mul(y).sub(slope)),
  { linear: true },
)(x)

/** The inverse of erf: ±∞ at ±1, NaN beyond. @example await erfinv(tensor([0.5])).array() // [0.476936] */
export const erfinv = (y: TensorLike): Tensor => widely('erfinv', y, customGradient(
  (y: Tensor) => {
    const size = y.abs()
    const isSmall = size.le(0.5)
    // float32's inverse (Giles), and a step of Halley, which triples the digits
    const small = where(isSmall, y, 0)
    const start = small.cast('float32')
    const guess = start.make(firstGuess(start.node)).cast(y.dtype)
    const step = guess.erf().sub(small).div(guess.square().neg().exp().mul(slope))
    const near = guess.sub(step.div(guess.mul(step).add(1)))
    const tail = inverseOfErfc(where(isSmall.or(size.ge(1)), 0.5, size.neg().add(1)))
    const far = where(size.lt(1), tail, where(size.eq(1), Infinity, NaN))
    return where(isSmall, near, where(y.lt(0), far.neg(), far))
  },
  (g, { output: x }) => g.mul(x.square().exp().div(slope)),
  { linear: true },
))

const root = Math.SQRT1_2

/** The normal distribution: erfc(-x/√2)/2. @example await ndtr(tensor([0])).array() // [0.5] */
export const ndtr = (x: TensorLike): Tensor => widely('ndtr', x, t => erfc(t.mul(-root)).mul(0.5))

/** Its logarithm, accurate far below 0. */
export const logNdtr = (x: TensorLike): Tensor => widely('logNdtr', x, t => {
  const isLow = t.lt(-1)
  const low = where(isLow, t, -1).mul(-root)
  const high = erfc(where(isLow, 0, t).mul(root)).mul(-0.5)
  return where(isLow, scaledErfc(low).mul(0.5).log().sub(low.square()), high.log1p())
})

/** z ≥ 0 with erfc(z) = q for q in (0, 1]: Newton's steps for log erfc, which is nearly a parabola. */
function inverseOfErfc(q: Tensor): Tensor {
  const log = q.log()
  let z = where(q.lt(0.3), log.neg().sqrt().mul(0.9), q.neg().add(1).div(slope))
  for (let k = 0; k < 6; k++) {
    const value = scaled(z)
    z = z.add(value.log().sub(z.square()).sub(log).mul(value).div(slope)).clamp(0)
  }
  return z
}

/** The inverse of ndtr: -∞ at 0, ∞ at 1, NaN beyond. @example await ndtri(tensor([0.975])).array() // [1.959964] */
export const ndtri = (p: TensorLike): Tensor => widely('ndtri', p, customGradient(
  (p: Tensor) => {
    const inside = p.gt(0).and(p.lt(1))
    const safe = where(inside, p, 0.5)
    const isLow = safe.lt(0.5)
    const z = inverseOfErfc(where(isLow, safe, safe.neg().add(1)).mul(2)).mul(Math.SQRT2)
    return where(inside, where(isLow, z.neg(), z), where(p.eq(0), -Infinity, where(p.eq(1), Infinity, NaN)))
  },
  (g, { output: x }) => g.mul(x.square().mul(0.5).exp().mul(Math.sqrt(2 * Math.PI))),
  { linear: true },
))
