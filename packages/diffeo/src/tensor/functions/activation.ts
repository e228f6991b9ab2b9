/** @file Activations, with PyTorch's formulas and its gradients at the kinks. */
import * as g from '../../graph/build.ts'
import type { Node } from '../../graph/node.ts'
import { asFloat, materialize, type Operand } from './promote.ts'
import { clamp } from './arithmetic.ts'
import { abs, erf, exp, expm1, log1p, square, tanh } from './unary.ts'

const like = g.constantLike
const zero = (a: Node): Node => like(a, 0)
/** a · n: a number is an argument of the program, so that another one needs no other program. */
const times = (op: string, a: Node, n: Operand): Node => (n === 1 ? a : g.mul(a, materialize(op, n, a.shape, a.dtype)))
const over = (op: string, a: Node, n: Operand): Node => (n === 1 ? a : g.div(a, materialize(op, n, a.shape, a.dtype)))
const isPositive = (a: Node): Node => g.less(zero(a), a)
const isNegative = (a: Node): Node => g.less(a, zero(a))

/** 0 where x ≤ 0, else x: gradient 0 at 0, and NaN passes. */
export const relu = (a: Node): Node =>
  g.where(g.binary('or', g.less(a, zero(a)), g.equal(a, zero(a))), zero(a), a)

/** −|x|, with slope −1 at 0: e to this never overflows. */
const minusSize = (a: Node): Node => g.where(isNegative(a), a, g.neg(a))

export function sigmoid(x: Node): Node {
  const a = asFloat(x)
  const e = exp(minusSize(a))
  const upper = g.reciprocal(g.shift(e, 1))
  return g.where(isNegative(a), g.mul(e, upper), upper)
}
export function logSigmoid(x: Node): Node {
  const a = asFloat(x)
  return g.sub(g.where(isNegative(a), a, zero(a)), log1p(exp(minusSize(a))))
}
/** log(1 + e^(βx))/β, and x itself where βx is above the threshold. */
export function softplus(x: Node, beta: Operand = 1, threshold: Operand = 20): Node {
  const a = asFloat(x)
  const scaled = times('softplus', a, beta)
  const linear = g.less(materialize('softplus', threshold, a.shape, a.dtype), scaled)
  const soft = log1p(exp(g.where(linear, zero(a), scaled)))
  return g.where(linear, a, over('softplus', soft, beta))
}

export const silu = (x: Node): Node => g.mul(asFloat(x), sigmoid(x))
export const mish = (x: Node): Node => g.mul(asFloat(x), tanh(softplus(x)))

/** x·Φ(x); 'tanh' takes the approximation by tanh. */
export function gelu(x: Node, approximate: 'none' | 'tanh' = 'none'): Node {
  const a = asFloat(x)
  const cubic = (): Node => g.scale(g.add(a, g.scale(g.mul(a, square(a)), 0.044715)), Math.sqrt(2 / Math.PI))
  const phi = approximate === 'tanh' ? tanh(cubic()) : erf(g.scale(a, Math.SQRT1_2))
  return g.mul(g.scale(a, 0.5), g.shift(phi, 1))
}

/** negative · (e^(x/inside) − 1) where x ≤ 0, positive · x elsewhere. */
function exponentialBelow(op: string, x: Node, negative: Operand, inside: Operand = 1, positive: Operand = 1): Node {
  const a = asFloat(x)
  const above = isPositive(a)
  const below = g.where(above, zero(a), a)
  const curve = times(op, expm1(over(op, below, inside)), negative)
  return g.where(above, times(op, a, positive), curve)
}
const seluScale = 1.0507009873554805
const seluAlpha = 1.6732632423543772
export const elu = (a: Node, alpha: Operand = 1): Node => exponentialBelow('elu', a, alpha)
export const celu = (a: Node, alpha: Operand = 1): Node => exponentialBelow('celu', a, alpha, alpha)
export const selu = (a: Node): Node => exponentialBelow('selu', a, seluScale * seluAlpha, 1, seluScale)

export const leakyRelu = (x: Node, slope: Operand = 0.01): Node => {
  const a = asFloat(x)
  return g.where(isPositive(a), a, times('leakyRelu', a, slope))
}

/** Between low and high, with gradient 0 at the bounds: as PyTorch's hardtanh and relu6, unlike clamp. */
export function hardtanh(x: Node, low: Operand = -1, high: Operand = 1): Node {
  const a = asFloat(x)
  const bound = (n: Operand): Node => materialize('hardtanh', n, a.shape, a.dtype)
  const inside = g.binary('and', g.less(bound(low), a), g.less(a, bound(high)))
  return g.where(inside, a, g.stopGradient(clamp(a, low, high)))
}
export const relu6 = (a: Node): Node => hardtanh(a, 0, 6)
/** x/6 + 1/2 between −3 and 3. */
export const hardsigmoid = (x: Node): Node => {
  const a = asFloat(x)
  return g.scale(hardtanh(g.shift(a, 3), 0, 6), 1 / 6)
}
/** x · (x + 3)/6 between −3 and 3; at the ends its slope is that of the lines beyond, as PyTorch has it. */
export const hardswish = (x: Node): Node => {
  const a = asFloat(x)
  const curve = g.mul(a, g.scale(g.shift(a, 3), 1 / 6))
  const below = g.binary('or', g.less(a, like(a, -3)), g.equal(a, like(a, -3)))
  return g.where(below, zero(a), g.where(g.less(a, like(a, 3)), curve, a))
}
export const softsign = (x: Node): Node => {
  const a = asFloat(x)
  return g.div(a, g.shift(abs(a), 1))
}
