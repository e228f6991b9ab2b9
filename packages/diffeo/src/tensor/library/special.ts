/**
 * @file Special functions that are short to write: entropies, logits, sinc, Bessel's functions of imaginary arguments.
 */
import { isFloat } from '../../graph/dtype.ts'
import { asTensor, where } from '../create.ts'
import type { Tensor, TensorLike } from '../tensor.ts'
import { polynomial, widely } from './gamma.ts'

const asFloat = (x: Tensor): Tensor => (isFloat(x.dtype) ? x : x.cast('float32'))

/** x·f(y), where x is 0 too if f is infinite or NaN there: y is at most `pole`, or ∞. */
function timesLog(x: TensorLike, y: TensorLike, pole: number, f: (y: Tensor) => Tensor): Tensor {
  const a = asFloat(asTensor(x, (y as Partial<Tensor>).device))
  const b = asFloat(asTensor(y, a.device))
  const none = a.eq(0).and(b.le(pole).or(b.eq(Infinity)))
  return where(none, 0, a.mul(f(where(none, 1, b))))
}
/** x·log y, 0 where x is 0. @example await xlogy(tensor([0, 2]), tensor([0, 1])).array() // [0, 0] */
export const xlogy = (x: TensorLike, y: TensorLike): Tensor => timesLog(x, y, 0, t => t.log())
/** x·log(1 + y), 0 where x is 0. */
export const xlog1py = (x: TensorLike, y: TensorLike): Tensor => timesLog(x, y, -1, t => t.log1p())

/** −x·log x: 0 at 0, −∞ below. */
export const entr = (x: TensorLike): Tensor => {
  const t = asFloat(asTensor(x))
  const fine = t.gt(0)
  const safe = where(fine, t, 1)
  return where(fine, safe.mul(safe.log()).neg(), where(t.eq(0), 0, where(t.lt(0), -Infinity, t)))
}

/** Σ (−1)ᵏ/(2k + 1)!·zᵏ, from the last term on. */
const sincSeries = [1 / 6227020800, -1 / 39916800, 1 / 362880, -1 / 5040, 1 / 120, -1 / 6, 1]

/** sin(πx)/(πx), 1 at 0. @example await sinc(tensor([0, 0.5])).array() // [1, 0.63662] */
export const sinc = (x: TensorLike): Tensor => {
  const angle = asFloat(asTensor(x)).mul(Math.PI)
  // near 0 derivatives of the quotient are differences of what is great
  const isNear = angle.abs().lt(0.5)
  const other = where(isNear, 1, angle)
  return where(isNear, polynomial(where(isNear, angle, 0).square(), sincSeries), other.sin().div(other))
}

/** log(x/(1 - x)), x held in [eps, 1 - eps] where that is given. @example await logit(tensor([0.5])).array() // [0] */
export function logit(x: TensorLike, options: { eps?: number } = {}): Tensor {
  const t = asFloat(asTensor(x))
  const { eps } = options
  const held = eps === undefined ? t : t.clamp(eps, 1 - eps)
  return held.log().sub(held.neg().log1p())
}

/** Up to here the power series is summed, from here on the asymptotic one. */
const far = 20

/** e^(−|x|)·Iₙ(|x|), n = 0 or 1 (Abramowitz & Stegun 9.6.10 and 9.7.1). */
function scaledBessel(n: 0 | 1, x: Tensor): Tensor {
  const isFar = x.gt(far)
  const near = where(isFar, 0, x)
  const quarter = near.square().mul(0.25)
  let series = near.mul(0).add(1)
  // nested, so that no factorial over- or underflows
  for (let k = 45; k >= 1; k--) series = series.mul(quarter).mul(1 / (k * (k + n))).add(1)
  const small = (n === 0 ? series : series.mul(near).mul(0.5)).mul(near.neg().exp())
  const inverse = where(isFar, x, far).reciprocal()
  let tail = inverse.mul(0).add(1)
  for (let k = 24; k >= 1; k--) tail = tail.mul(inverse).mul(((2 * k - 1) ** 2 - 4 * n) / (8 * k)).add(1)
  return where(isFar, tail.mul(inverse.mul(1 / (2 * Math.PI)).sqrt()), small)
}
const sideOf = (x: Tensor): Tensor => where(x.lt(0), -1, 1).cast(x.dtype)

/** |x| with slope 1 at 0, for what is smooth there. */
const size = (x: Tensor): Tensor => x.mul(sideOf(x))

/** e^(−|x|)·I₀(x). */
export const i0e = (x: TensorLike): Tensor => widely('i0e', x, t => scaledBessel(0, t.abs()))
/** e^(−|x|)·I₁(x). */
export const i1e = (x: TensorLike): Tensor => widely('i1e', x, t => scaledBessel(1, size(t)).mul(sideOf(t)))
/** The modified Bessel function I₀. @example await i0(tensor([1])).array() // [1.266066] */
export const i0 = (x: TensorLike): Tensor => widely('i0', x, t => scaledBessel(0, size(t)).mul(size(t).exp()))
/** The modified Bessel function I₁. */
export const i1 = (x: TensorLike): Tensor =>
  widely('i1', x, t => scaledBessel(1, size(t)).mul(size(t).exp()).mul(sideOf(t)))
