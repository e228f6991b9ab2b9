/**
 * @file Functions of one element. What is not a primitive is composed so that values and gradients are accurate over
 * the whole range: a branch that is not taken gets a harmless input, lest its gradient be 0 · ∞.
 */
import * as g from '../../graph/build.ts'
import { isFloat, isUnsigned, type DType } from '../../graph/dtype.ts'
import type { Node, UnaryOp } from '../../graph/node.ts'
import { asFloat } from './promote.ts'

const floatOp = (op: UnaryOp) => (a: Node): Node => g.unary(op, asFloat(a))
/** The identity on integers and bool. */
const roundingOp = (op: UnaryOp) => (a: Node): Node => (isFloat(a.dtype) ? g.unary(op, a) : a)

const like = g.constantLike
const zero = (a: Node): Node => like(a, 0)
const one = (a: Node): Node => like(a, 1)
const isNegative = (a: Node): Node => g.less(a, zero(a))
const isPositive = (a: Node): Node => g.less(zero(a), a)
const number = (a: Node): Node => (a.dtype === 'bool' ? g.cast(a, 'int32') : a)

export const exp = floatOp('exp')
export const exp2 = floatOp('exp2')
export const expm1 = floatOp('expm1')
export const log = floatOp('log')
export const log2 = floatOp('log2')
export const log1p = floatOp('log1p')
export const log10 = (a: Node): Node => g.scale(log2(a), Math.log10(2))
export const sqrt = floatOp('sqrt')
export const rsqrt = (a: Node): Node => g.reciprocal(sqrt(a))
export const reciprocal = floatOp('reciprocal')
export const sin = floatOp('sin')
export const cos = floatOp('cos')
export const tan = (a: Node): Node => g.div(sin(a), cos(a))
export const tanh = floatOp('tanh')
export const erf = floatOp('erf')
export const floor = roundingOp('floor')
export const trunc = roundingOp('trunc')
export const round = roundingOp('round')
export const ceil = (a: Node): Node => (isFloat(a.dtype) ? g.neg(floor(g.neg(a))) : a)

export const neg = (a: Node): Node => g.neg(number(a))
export const square = (a: Node): Node => g.mul(number(a), number(a))
/** |a|, with gradient 0 at 0. */
export const abs = (a: Node): Node =>
  isUnsigned(a.dtype) ? a : g.binary('maximum', a, g.neg(a))
/** −1, 0 or 1; 0 for NaN. */
export function sign(a: Node): Node {
  const x = number(a)
  const positive = g.where(isPositive(x), one(x), zero(x))
  return isUnsigned(x.dtype) ? positive : g.where(isNegative(x), like(x, -1), positive)
}

/** −1 below 0, else 1: an odd function is this times the function of the size, and keeps its slope at 0. */
const side = (a: Node): Node => g.where(isNegative(a), like(a, -1), one(a))
const odd = (f: (size: Node) => Node) => (x: Node): Node => {
  const a = asFloat(x)
  const s = side(a)
  return g.mul(s, f(g.mul(s, a)))
}
const polynomial = (x: Node, coefficients: readonly number[]): Node =>
  coefficients.slice(1).reduce((sum, c) => g.shift(g.mul(sum, x), c), like(x, coefficients[0]))

/** From here on e⁻ˣ is nothing beside eˣ, and eˣ itself does not overflow yet. */
const steep: Partial<Record<DType, number>> = { float16: 10, float64: 700 }
/** ½e^a as (½e^(a/2))·e^(a/2) where a is steep, which overflows no earlier than the result; f(a) elsewhere. */
function halfExpWhereSteep(a: Node, f: (a: Node) => Node): Node {
  const isSteep = g.less(like(a, steep[a.dtype] ?? 80), a)
  // two nodes, lest the gradient double what it then halves: the double overflows
  const root = (): Node => exp(g.scale(g.where(isSteep, a, zero(a)), 0.5))
  return g.where(isSteep, g.mul(g.scale(root(), 0.5), root()), f(g.where(isSteep, zero(a), a)))
}
// (eˣ − e⁻ˣ)/2: the two have opposite signs, so nothing cancels
export const sinh = odd(size => halfExpWhereSteep(size, a => g.scale(g.sub(expm1(a), expm1(g.neg(a))), 0.5)))
export const cosh = (x: Node): Node => {
  const a = asFloat(x)
  return halfExpWhereSteep(g.mul(side(a), a), s => g.scale(g.add(exp(s), exp(g.neg(s))), 0.5))
}
export const atanh = (x: Node): Node => {
  const a = asFloat(x)
  return g.scale(g.sub(log1p(a), log1p(g.neg(a))), 0.5)
}

/** Beyond this a² + 1 is a², in every dtype, long before a² overflows. */
const big = (a: Node): number => (a.dtype === 'float16' ? 128 : 2 ** 28)

/** log(2a) where a is big, f(a) elsewhere. */
function logWhereBig(a: Node, f: (a: Node) => Node): Node {
  const isBig = g.less(like(a, big(a)), a)
  const large = g.shift(log(g.where(isBig, a, one(a))), Math.LN2)
  return g.where(isBig, large, f(g.where(isBig, one(a), a)))
}

// a + a²/(1 + √(a² + 1)) = a + √(a² + 1) − 1 without cancellation
export const asinh = odd(a => logWhereBig(a, s => {
  const squared = square(s)
  return log1p(g.add(s, g.div(squared, g.shift(sqrt(g.shift(squared, 1)), 1))))
}))
// with t = a − 1: log1p(t + √t·√(t + 2))
export const acosh = (x: Node): Node => logWhereBig(asFloat(x), a => {
  const t = g.shift(a, -1)
  return log1p(g.add(t, g.mul(sqrt(t), sqrt(g.shift(t, 2)))))
})

/**
 * atan on [0, 1]: from a guess c that carries no gradient, atan a = c + atan t with t = (a·cos c − sin c)/(cos c +
 * a·sin c) exactly, so value and derivatives of every order follow from the first terms in the tiny t.
 */
function atanUpToOne(a: Node): Node {
  const s = square(a)
  // Abramowitz & Stegun 4.4.49, within 2e-8
  const series = [
    0.0028662257, -0.0161657367, 0.0429096138, -0.07528964, 0.1065626393, -0.1420889944, 0.1999355085, -0.3333314528, 1,
  ]
  const c = g.stopGradient(g.mul(a, polynomial(s, series)))
  const [sine, cosine] = [sin(c), cos(c)]
  const t = g.div(g.sub(g.mul(a, cosine), sine), g.add(cosine, g.mul(a, sine)))
  return g.add(c, g.sub(t, g.scale(g.mul(t, square(t)), 1 / 3)))
}

export const atan = odd(a => {
  const isLarge = g.less(one(a), a)
  const inverse = g.reciprocal(g.where(isLarge, a, one(a)))
  const small = atanUpToOne(g.where(isLarge, inverse, a))
  return g.where(isLarge, g.sub(like(a, Math.PI / 2), small), small)
})

/** asin on [0, 1], from a guess c as in atan: asin a = c + asin t with t = a·cos c − √(1 − a²)·sin c. */
function asinOfSize(a: Node): Node {
  const s = square(a)
  const low = g.mul(a, polynomial(s, [105 / 3456, 15 / 336, 3 / 40, 1 / 6, 1]))
  // Abramowitz & Stegun 4.4.46, within 2e-8
  const series = [
    -0.0012624911, 0.0066700901, -0.0170881256, 0.030891881, -0.0501743046, 0.0889789874, -0.2145988016, 1.570796305,
  ]
  const high = g.sub(like(a, Math.PI / 2), g.mul(sqrt(g.sub(one(a), a)), polynomial(a, series)))
  const c = g.stopGradient(g.where(g.less(a, like(a, 0.5)), low, high))
  // a product of roots: at 1 the slope is infinite, and a root of a product would make it ∞ · 0
  const height = g.mul(sqrt(g.sub(one(a), a)), sqrt(g.shift(a, 1)))
  const t = g.sub(g.mul(a, cos(c)), g.mul(height, sin(c)))
  return g.add(c, g.add(t, g.scale(g.mul(t, square(t)), 1 / 6)))
}
export const asin = odd(asinOfSize)
/** π/2 − asin x; near 1, where that cancels, 2·asin √((1 − x)/2). */
export const acos = (x: Node): Node => {
  const a = asFloat(x)
  const near = g.less(like(a, 0.5), a)
  const half = g.where(near, g.scale(g.sub(one(a), a), 0.5), like(a, 0.25))
  const far = g.sub(like(a, Math.PI / 2), asin(g.where(near, zero(a), a)))
  return g.where(near, g.scale(asin(sqrt(half)), 2), far)
}

/** Below 0, or −0: what divides 1 to below 0. */
const isMinus = (a: Node): Node => g.binary('or', isNegative(a), isNegative(g.reciprocal(a)))

/** The angle of the point (x, y), in [−π, π]; at −0 it is that of the side from which 0 is met. */
export function atan2(high: Node, wide: Node): Node {
  // where both are infinite, the diagonal
  const endless = g.binary('and', isInf(high), isInf(wide))
  const [y, x] = [high, wide].map(a => g.where(endless, g.where(isNegative(a), like(a, -1), one(a)), a))
  // the larger side divides, so that the quotient is at most 1 in size; at the origin it divides by 1, without gradient
  const steep = g.less(abs(x), abs(y))
  const origin = g.binary('and', g.equal(x, zero(x)), g.equal(y, zero(y)))
  const below = g.where(origin, one(x), g.where(steep, y, x))
  const angle = atan(g.div(g.where(origin, g.stopGradient(y), g.where(steep, x, y)), below))
  const aside = g.sub(g.where(isNegative(y), like(y, -Math.PI / 2), like(y, Math.PI / 2)), angle)
  const turn = g.where(isMinus(y), like(y, -Math.PI), like(y, Math.PI))
  const along = g.where(isMinus(x), g.add(angle, turn), angle)
  return g.where(steep, aside, along)
}

/** NaN is the one value that differs from itself. */
export const isNaN = (a: Node): Node => g.not(g.equal(a, a))
export const isInf = (a: Node): Node =>
  isFloat(a.dtype) ? g.equal(abs(a), like(a, Infinity)) : g.constant(0, a.shape, 'bool')
export const isFinite = (a: Node): Node =>
  isFloat(a.dtype) ? g.less(abs(a), like(a, Infinity)) : g.constant(1, a.shape, 'bool')
