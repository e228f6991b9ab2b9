/**
 * @file Functions of elements that are met less often than methods: the first operand is a tensor, a number or an
 * array, the others broadcast with it.
 */
import * as g from '../../graph/build.ts'
import { isFloat, isInteger, type DType } from '../../graph/dtype.ts'
import { DTypeError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import { asTensor, where } from '../create.ts'
import type { Tolerance } from '../functions/compare.ts'
import { together } from '../functions/promote.ts'
import type { Tensor, TensorLike } from '../tensor.ts'
import { scan } from '../transforms/scan.ts'

const asFloat = (x: Tensor): Tensor => (isFloat(x.dtype) ? x : x.cast('float32'))
/** Both in one shape and dtype. */
function pair(op: string, a: TensorLike, b: TensorLike): [Tensor, Tensor] {
  const x = asTensor(a, (b as Partial<Tensor>).device)
  const y = asTensor(b, x.device)
  const strong = typeof a === 'object' || typeof b === 'object'
  const operand = (given: TensorLike, t: Tensor): Parameters<typeof together>[1][number] =>
    strong && (typeof given === 'number' || typeof given === 'boolean') ? given : t.node
  const [left, right] = together(op, [operand(a, x), operand(b, y)])
  return [x.make(left), x.make(right)]
}
const floats = (op: string, a: TensorLike, b: TensorLike): [Tensor, Tensor] => {
  const [x, y] = pair(op, a, b)
  return [asFloat(x), asFloat(y)]
}

/**
 * x − trunc(x): what stands behind the point, with x's sign.
 * @example await frac([1.5, -1.5]).array() // [0.5, -0.5]
 */
export function frac(x: TensorLike): Tensor {
  const t = asTensor(x)
  return t.sub(t.trunc())
}
/**
 * Degrees from radians.
 * @example await rad2deg(tensor(Math.PI, { dtype: 'float64' })).item() // 180
 */
export const rad2deg = (x: TensorLike): Tensor => asFloat(asTensor(x)).mul(180 / Math.PI)
/**
 * Radians from degrees.
 * @example await deg2rad(tensor(180, { dtype: 'float64' })).item() // 3.141592653589793
 */
export const deg2rad = (x: TensorLike): Tensor => asFloat(asTensor(x)).mul(Math.PI / 180)
/**
 * bool: whether the sign is minus, that of −0 too; false for NaN.
 * @example await signbit([1, -1, 0, -0]).array() // [false, true, false, true]
 */
export function signbit(x: TensorLike): Tensor {
  const t = asTensor(x)
  return isFloat(t.dtype) ? t.lt(0).or(t.eq(0).and(t.reciprocal().lt(0))) : t.lt(0)
}
/**
 * bool: whether it is ∞.
 * @example await isPosInf([Infinity, -Infinity, 1]).array() // [true, false, false]
 */
export const isPosInf = (x: TensorLike): Tensor => asTensor(x).eq(Infinity)
/**
 * bool: whether it is −∞.
 * @example await isNegInf([Infinity, -Infinity, 1]).array() // [false, true, false]
 */
export const isNegInf = (x: TensorLike): Tensor => asTensor(x).eq(-Infinity)

/**
 * bool: |a − b| ≤ atol + rtol·|b|, 1e-8 and 1e-5 unless given; equal infinities are close.
 * @example await isClose([1, 2], [1.000001, 2.1]).array() // [true, false]
 */
export function isClose(a: TensorLike, b: TensorLike, tolerance: Tolerance = {}): Tensor {
  checkOptions('isClose', tolerance, { rtol: true, atol: true, equalNaN: true })
  const { rtol = 1e-5, atol = 1e-8, equalNaN = false } = tolerance
  const [x, y] = floats('isClose', a, b)
  const near = y.isFinite().and(x.sub(y).abs().le(y.abs().mul(rtol).add(atol)))
  const close = near.or(x.eq(y))
  return equalNaN ? close.or(x.isNaN().and(y.isNaN())) : close
}

/** The greatest and the least number of a float dtype. */
const greatest: Partial<Record<DType, number>> = {
  float64: Number.MAX_VALUE, float32: 3.4028234663852886e38, float16: 65504, bfloat16: 3.3895313892515355e38,
}
/**
 * Numbers in place of NaN (0) and of the infinities (the greatest and the least that the dtype has), or those given.
 * @example await nanToNum([NaN, Infinity, 2], { nan: -1, posInf: 10 }).array() // [-1, 10, 2]
 */
export function nanToNum(x: TensorLike, options: { nan?: number; posInf?: number; negInf?: number } = {}): Tensor {
  checkOptions('nanToNum', options, { nan: true, posInf: true, negInf: true })
  const t = asTensor(x)
  const most = greatest[t.dtype]
  if (most === undefined) return t
  const { nan = 0, posInf = most, negInf = -most } = options
  return where(t.isNaN(), nan, where(t.eq(Infinity), posInf, where(t.eq(-Infinity), negInf, t)))
}

/**
 * |a| with the sign of b, which −0 has too.
 * @example await copySign([1, 2], [-1, 3]).array() // [-1, 2]
 */
export function copySign(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = floats('copySign', a, b)
  const size = x.abs()
  return where(signbit(y), size.neg(), size)
}
/**
 * √(a² + b²), without overflow on the way; ∞ where one is infinite, whatever the other is.
 * @example await hypot([3, 5], [4, 12]).array() // [5, 13]
 */
export function hypot(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = floats('hypot', a, b)
  const size = x.abs().maximum(y.abs()).detach()
  const usual = size.gt(0).and(size.lt(Infinity))
  const unit = where(usual, size, 1)
  const found = x.div(unit).square().add(y.div(unit).square()).sqrt().mul(unit)
  return where(x.isInf().or(y.isInf()), Infinity, found)
}
/**
 * 0 below 0 (and for NaN), 1 above, and at 0 what `atZero` says. Without gradient.
 * @example await heaviside([-1, 0, 2], 0.5).array() // [0, 0.5, 1]
 */
export function heaviside(x: TensorLike, atZero: TensorLike): Tensor {
  const [a, b] = pair('heaviside', x, atZero)
  return where(a.eq(0), b, a.gt(0).cast(b.dtype)).detach()
}
/**
 * log(eᵃ + eᵇ), without overflow.
 * @example await logaddexp([-1000, 0], -Infinity).array() // [-1000, 0]
 */
export function logaddexp(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = floats('logaddexp', a, b)
  const apart = where(x.eq(y), 0, x.sub(y))
  return x.maximum(y).add(apart.abs().neg().exp().log1p())
}
/**
 * log₂(2ᵃ + 2ᵇ), without overflow.
 * @example await logaddexp2([3, 10], [3, 10]).array() // [4, 11]
 */
export function logaddexp2(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = floats('logaddexp2', a, b)
  const apart = where(x.eq(y), 0, x.sub(y))
  return x.maximum(y).add(apart.abs().neg().exp2().log1p().div(Math.LN2))
}
/**
 * The greater of each pair, and the number where the other is NaN; of equals the first, with the gradient.
 * @example await fmax([1, NaN, 3], [2, 2, NaN]).array() // [2, 2, 3]
 */
export function fmax(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = pair('fmax', a, b)
  return where(x.ge(y).or(y.isNaN()), x, y)
}
/**
 * The lesser of each pair, and the number where the other is NaN; of equals the first, with the gradient.
 * @example await fmin([1, NaN, 3], [2, 2, NaN]).array() // [1, 2, 3]
 */
export function fmin(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = pair('fmin', a, b)
  return where(x.le(y).or(y.isNaN()), x, y)
}
/**
 * aᵇ in float64, whatever the operands are.
 * @example await floatPower([2, 9], [10, 0.5]).array() // [1024, 3]
 */
export const floatPower = (a: TensorLike, b: TensorLike): Tensor => {
  const [x, y] = pair('floatPower', a, b)
  return x.cast('float64').pow(y.cast('float64'))
}
/**
 * x + value · a · b
 * @example await addcmul([1, 1], [1, 2], [3, 4], 10).array() // [31, 81]
 */
export function addcmul(x: TensorLike, a: TensorLike, b: TensorLike, value = 1): Tensor {
  const product = asTensor(a).mul(b)
  return asTensor(x).add(value === 1 ? product : product.mul(value))
}
/**
 * x + value · a / b
 * @example await addcdiv([1, 1], [1, 2], [4, 4], 2).array() // [1.5, 2]
 */
export function addcdiv(x: TensorLike, a: TensorLike, b: TensorLike, value = 1): Tensor {
  const quotient = asTensor(a).div(b)
  return asTensor(x).add(value === 1 ? quotient : quotient.mul(value))
}

/**
 * x · 2ᵉ, exact where the result is a number of the dtype.
 * @example await ldexp([1, -3], [4, -1]).array() // [16, -1.5]
 */
export function ldexp(x: TensorLike, exponent: TensorLike): Tensor {
  const [a, e] = floats('ldexp', x, exponent)
  // in two steps: 2ᵉ alone may be out of range where x · 2ᵉ is not
  const half = e.mul(0.5).trunc()
  return a.mul(half.exp2()).mul(e.sub(half).exp2())
}
/**
 * x = mantissa · 2^exponent, with |mantissa| in [½, 1) and an int32 exponent; 0, ∞ and NaN are their own mantissa.
 * @example await frexp([1, -10]).mantissa.array() // [0.5, -0.625]
 */
export function frexp(x: TensorLike): { mantissa: Tensor; exponent: Tensor } {
  const t = asFloat(asTensor(x))
  const usual = t.isFinite().and(t.ne(0))
  const size = where(usual, t.abs(), 0.5).detach()
  // the logarithm is right up to rounding, and one step mends that
  const near = size.log2().floor().add(1)
  const rest = ldexp(size, near.neg())
  const exact = near.add(rest.ge(1).cast(t.dtype)).sub(rest.lt(0.5).cast(t.dtype))
  return { mantissa: where(usual, ldexp(t, exact.neg()), t), exponent: where(usual, exact, 0).cast('int32') }
}

function integers(op: string, a: TensorLike, b: TensorLike): [Tensor, Tensor] {
  const [x, y] = pair(op, a, b)
  if (!isInteger(x.dtype)) throw new DTypeError(`${op} takes integers, got ${x.dtype}: write cast('int32')`)
  return [x, y]
}
/**
 * All bits turned round: −x − 1. Of bool: not. @throws DTypeError of floats
 * @example await bitwiseNot(tensor([0, 5], { dtype: 'int32' })).array() // [-1, -6]
 */
export function bitwiseNot(x: TensorLike): Tensor {
  const t = asTensor(x)
  if (t.dtype === 'bool') return t.not()
  if (!isInteger(t.dtype)) throw new DTypeError(`bitwiseNot takes integers, got ${t.dtype}: write cast('int32')`)
  return t.xor(t.make(g.constantLike(t.node, t.dtype.startsWith('u') ? 2 ** (t.dtype === 'uint8' ? 8 : 32) - 1 : -1)))
}
/**
 * a · 2ᵇ, bits that leave the dtype lost.
 * @example await leftShift(tensor([1, 5], { dtype: 'int32' }), 2).array() // [4, 20]
 */
export function leftShift(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = integers('leftShift', a, b)
  return x.make(g.binary('shl', x.node, y.node))
}
/**
 * ⌊a / 2ᵇ⌋
 * @example await rightShift(tensor([4, -5], { dtype: 'int32' }), 1).array() // [2, -3]
 */
export function rightShift(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = integers('rightShift', a, b)
  return x.make(g.binary('shr', x.node, y.node))
}
/**
 * The greatest common divisor, from 0 up.
 * @example await gcd(tensor([12, 18], { dtype: 'int32' }), 8).array() // [4, 2]
 */
export function gcd(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = integers('gcd', a, b)
  // Euclid's steps between int32 are at most 46 (Fibonacci numbers), and the rest change nothing
  const step = ([p, q]: readonly [Tensor, Tensor]): [readonly [Tensor, Tensor], null] => {
    const over = q.eq(0)
    return [[where(over, p, q), where(over, q, p.mod(where(over, 1, q)))], null]
  }
  const [[found]] = scan(step, [x.abs(), y.abs()] as const, null, { length: 46 })
  return found
}
/**
 * The least common multiple, from 0 up.
 * @example await lcm(tensor([4, 6], { dtype: 'int32' }), 10).array() // [20, 30]
 */
export function lcm(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = integers('lcm', a, b)
  const common = gcd(x, y)
  return where(common.eq(0), 0, x.floorDiv(where(common.eq(0), 1, common)).mul(y).abs())
}
