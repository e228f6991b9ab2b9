/**
 * @file The gamma function's family: asymptotic series where the argument is great, which recurrences bring it to.
 * Being compositions, they have derivatives of every order. Halves are computed in float32.
 */
import { isFloat } from '../../graph/dtype.ts'
import { DTypeError, ShapeError } from '../../util/errors.ts'
import { asTensor, fullLike, stopGradient, where } from '../create.ts'
import { inFloat32 } from '../functions/nn.ts'
import type { Tensor, TensorLike } from '../tensor.ts'

/** f in float32 or float64, of what may be a half, an integer or a number. */
export function widely(op: string, x: TensorLike, f: (x: Tensor) => Tensor): Tensor {
  const t = asTensor(x)
  if (t.dtype === 'bool') throw new DTypeError(`${op}: takes numbers, got bool`)
  return isFloat(t.dtype) ? inFloat32(t, f) : f(t.cast('float32'))
}

export const polynomial = (x: Tensor, coefficients: readonly number[]): Tensor =>
  coefficients.slice(2).reduce((sum, c) => sum.mul(x).add(c), x.mul(coefficients[0]).add(coefficients[1]))

/** From here on the series below are exact to float64. */
const great = 8

/** log Γ on x ≥ 8 by Stirling's series (Abramowitz & Stegun 6.1.41). */
function stirling(x: Tensor): Tensor {
  const inverse = x.reciprocal()
  const series = polynomial(inverse.square(), [1 / 156, -691 / 360360, 1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12])
  return x.sub(0.5).mul(x.log().sub(1)).add(0.5 * Math.log(2 * Math.PI) - 0.5).add(series.mul(inverse))
}

/** f above 0 of x where x is positive, and `mirror` of 1 − x elsewhere: each is given harmless numbers elsewhere. */
function reflected(x: Tensor, f: (x: Tensor) => Tensor, mirror: (value: Tensor, x: Tensor) => Tensor): Tensor {
  const isMinus = x.le(0)
  const value = f(where(isMinus, x.neg().add(1), x))
  // what is left of x beside the nearest whole number: sin πx and tan πx want it exactly
  return where(isMinus, mirror(value, where(isMinus, x.sub(stopGradient(x.round())), 0.25)), value)
}

/** log |Γ(x)| and its derivative at x < 8 are those at x + 8 less those of x(x + 1)…(x + 7). */
function lgammaAbove(x: Tensor): Tensor {
  const isSmall = x.lt(great)
  const small = where(isSmall, x, 1)
  let product = small
  for (let k = 1; k < great; k++) product = product.mul(small.add(k))
  return where(isSmall, stirling(small.add(great)).sub(product.log()), stirling(where(isSmall, great, x)))
}

/**
 * log |Γ(x)|: ∞ at 0 and at whole numbers below.
 *
 * @example await lgamma(tensor([1, 5])).array() // [0, 3.17805]
 */
export const lgamma = (x: TensorLike): Tensor => widely('lgamma', x, t => {
  const mirror = (value: Tensor, rest: Tensor): Tensor =>
    rest.mul(Math.PI).sin().abs().log().neg().add(Math.log(Math.PI)).sub(value)
  return where(t.eq(-Infinity), Infinity, reflected(t, lgammaAbove, mirror))
})

function digammaAbove(x: Tensor): Tensor {
  const isSmall = x.lt(great)
  const small = where(isSmall, x, 1)
  let sum = small.reciprocal()
  for (let k = 1; k < great; k++) sum = sum.add(small.add(k).reciprocal())
  const y = where(isSmall, small.add(great), x)
  const inverse = y.reciprocal()
  // Abramowitz & Stegun 6.3.18
  const series = polynomial(
    inverse.square(), [-1 / 12, 691 / 32760, -1 / 132, 1 / 240, -1 / 252, 1 / 120, -1 / 12, 0],
  )
  const value = y.log().sub(inverse.mul(0.5)).add(series)
  return where(isSmall, value.sub(sum), value)
}

/**
 * The derivative of log Γ: −∞ at 0, NaN at whole numbers below.
 *
 * @example await digamma(tensor([1])).array() // [-0.57722]
 */
export const digamma = (x: TensorLike): Tensor =>
  widely('digamma', x, t => {
    const mirror = (value: Tensor, rest: Tensor): Tensor => value.sub(rest.mul(Math.PI).tan().reciprocal().mul(Math.PI))
    const isPole = t.le(0).and(t.eq(t.floor()))
    return where(
      isPole,
      where(t.eq(0), t.reciprocal().neg(), NaN),
      reflected(where(isPole, 0.5, t), digammaAbove, mirror),
    )
  })

/** (2j)!/B₂ⱼ, the denominators of Euler and Maclaurin's sum. */
const maclaurin = [
  12, -720, 30240, -1209600, 47900160, -1.8924375803183791606e9, 7.47242496e10, -2.950130727918164224e12,
  1.1646782814350067249e14, -4.5979787224074726105e15,
]
/** How many terms are added before the rest is an integral with corrections. */
const terms = 10

/** ζ(s, q) for s > 1 and q > 0. */
function hurwitz(s: Tensor, q: Tensor): Tensor {
  const power = s.neg()
  let sum = q.pow(power)
  for (let k = 1; k < terms; k++) sum = sum.add(q.add(k).pow(power))
  const w = q.add(terms)
  let b = w.pow(power)
  sum = sum.add(b.mul(w).div(s.sub(1))).add(b.mul(0.5))
  let a = s
  maclaurin.forEach((denominator, j) => {
    b = b.div(w)
    sum = sum.add(a.mul(b).div(denominator))
    b = b.div(w)
    a = a.mul(s.add(2 * j + 1)).mul(s.add(2 * j + 2))
  })
  return sum
}

/**
 * Hurwitz' ζ(s, q) = Σ 1/(k + q)ˢ, of which ζ(s, 1) is Riemann's, for s > 1: ∞ at s = 1 and at q = 0, NaN below.
 *
 * @example await zeta(tensor([2]), 1).array() // [1.64493]
 */
export const zeta = (s: TensorLike, q: TensorLike): Tensor => widely('zeta', s, t => {
  const at = asTensor(q, t.device).cast(t.dtype)
  const fine = t.gt(1).and(at.gt(0))
  const value = hurwitz(where(fine, t, 2), where(fine, at, 1))
  return where(fine, value, where(t.eq(1).or(at.eq(0).and(t.gt(1))), Infinity, NaN))
})

/**
 * Derivative n of digamma: n = 0 is digamma itself. For n ≥ 1 NaN below 0, but for n = 1.
 *
 * @throws ShapeError unless n is a whole number from 0 up
 * @example await polygamma(1, tensor([1])).array() // [1.64493]
 */
export function polygamma(n: number, x: TensorLike): Tensor {
  if (!Number.isInteger(n) || n < 0) throw new ShapeError(`polygamma: n is ${n}, and must be a whole number from 0 up`)
  if (n === 0) return digamma(x)
  let factorial = n % 2 === 0 ? -1 : 1
  for (let k = 2; k <= n; k++) factorial *= k
  return widely('polygamma', x, t => {
    const above = (y: Tensor): Tensor => hurwitz(fullLike(y, n + 1), y).mul(factorial)
    const mirror = (value: Tensor, rest: Tensor): Tensor =>
      n === 1 ? rest.mul(Math.PI).sin().square().reciprocal().mul(Math.PI ** 2).sub(value) : fullLike(value, NaN)
    const value = reflected(t, above, mirror)
    return where(t.eq(0), n % 2 === 0 ? -Infinity : Infinity, value)
  })
}

/**
 * log of the multivariate gamma function, Σ lgamma(x − j/2) for j < p and p(p − 1)/4·log π.
 *
 * @throws ShapeError unless p is a whole number from 1 up
 */
export function mvlgamma(x: TensorLike, p: number): Tensor {
  if (!Number.isInteger(p) || p < 1) throw new ShapeError(`mvlgamma: p is ${p}, and must be a whole number from 1 up`)
  const t = asTensor(x)
  let sum = lgamma(t)
  for (let j = 1; j < p; j++) sum = sum.add(lgamma(t.sub(j / 2)))
  return sum.add((p * (p - 1) * Math.log(Math.PI)) / 4)
}
