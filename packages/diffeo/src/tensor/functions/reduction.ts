/** @file Reductions: `axes` are all axes where they are not given; `keepdims` keeps them with size 1. */
import * as g from '../../graph/build.ts'
import { apply } from '../../graph/build.ts'
import { isFloat } from '../../graph/dtype.ts'
import { sizeOf, type Combine, type Node } from '../../graph/node.ts'
import { ShapeError } from '../../util/errors.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { axesOf, axisOf, broadcastTo, inFloat32, shapeText } from './promote.ts'
import { exp, isFinite, log, sign, sqrt } from './unary.ts'

export type Axes = number | readonly number[] | undefined
export interface Keep { keepdims?: boolean }
const keepNames: Names<Keep> = { keepdims: true }
const checkKeep = (op: string, keep: Keep | undefined): void => checkOptions(op, keep, keepNames)

const like = g.constantLike
const zero = (a: Node): Node => like(a, 0)
const kept = (a: Node, axes: readonly number[]): number[] => a.shape.map((d, i) => (axes.includes(i) ? 1 : d))
const count = (a: Node, axes: readonly number[]): number => sizeOf(axes.map(i => a.shape[i]))
/** Sums of bool and of 8-bit integers are int32. */
const summable = (a: Node): Node =>
  a.dtype === 'bool' || a.dtype === 'int8' || a.dtype === 'uint8' ? g.cast(a, 'int32') : a

function reduce(op: string, combine: Combine, a: Node, axes: Axes, keep: Keep): Node {
  checkKeep(op, keep)
  const { keepdims = false } = keep
  const list = axesOf(op, axes, a.shape.length)
  if (combine === 'max' || combine === 'min') checkNotEmpty(op, a, list)
  return keepdims ? g.reduceKeep(combine, a, list) : g.reduce(combine, a, list)
}

function checkNotEmpty(op: string, a: Node, axes: readonly number[]): void {
  const empty = axes.find(i => a.shape[i] === 0)
  if (empty !== undefined)
    throw new ShapeError(`${op}: axis ${empty} of shape ${shapeText(a.shape)} is empty: there is no ${op}`)
}

export const sum = (a: Node, axes?: Axes, keep: Keep = {}): Node => reduce('sum', 'add', summable(a), axes, keep)
export const prod = (a: Node, axes?: Axes, keep: Keep = {}): Node => reduce('prod', 'mul', summable(a), axes, keep)
export const mean = (a: Node, axes?: Axes, keep: Keep = {}): Node => inFloat32(a, x => {
  const total = reduce('mean', 'add', x, axes, keep)
  return g.div(total, like(total, count(x, axesOf('mean', axes, x.shape.length))))
})

/** The extreme; gradients are shared evenly among ties. */
export const amax = (a: Node, axes?: Axes, keep: Keep = {}): Node => reduce('max', 'max', a, axes, keep)
export const amin = (a: Node, axes?: Axes, keep: Keep = {}): Node => reduce('min', 'min', a, axes, keep)

/** Along one axis the gradient goes to the element that argmax names, as PyTorch has it; else as amax. */
const extreme = (combine: 'max' | 'min') => (a: Node, axes?: Axes, keep: Keep = {}): Node => {
  if (typeof axes !== 'number' || !isFloat(a.dtype)) return reduce(combine, combine, a, axes, keep)
  checkKeep(combine, keep)
  const axis = axisOf(combine, axes, a.shape.length)
  checkNotEmpty(combine, a, [axis])
  const at = g.reshape(apply('argReduce', [a], { combine, axis }), kept(a, [axis]))
  const values = g.gather(a, at, axis)
  return keep.keepdims ? values : g.reshape(values, a.shape.filter((_, i) => i !== axis))
}
export const max = extreme('max')
export const min = extreme('min')

/** Position of the first extreme: in the flattened tensor where no axis is given. */
type ArgExtreme = (a: Node, axis?: number, keep?: Keep) => Node
const argExtreme = (op: string, combine: 'max' | 'min'): ArgExtreme => (a, axis, keep = {}) => {
  checkKeep(op, keep)
  const { keepdims = false } = keep
  if (axis === undefined) {
    const at = apply('argReduce', [flat(op, a)], { combine, axis: 0 })
    return keepdims ? g.reshape(at, a.shape.map(() => 1)) : at
  }
  const i = axisOf(op, axis, a.shape.length)
  checkNotEmpty(op, a, [i])
  const at = apply('argReduce', [a], { combine, axis: i })
  return keepdims ? g.reshape(at, kept(a, [i])) : at
}
function flat(op: string, a: Node): Node {
  const line = g.reshape(a, [sizeOf(a.shape)])
  checkNotEmpty(op, line, [0])
  return line
}
export const argmax = argExtreme('argmax', 'max')
export const argmin = argExtreme('argmin', 'min')

const truth = (a: Node): Node => (a.dtype === 'bool' ? a : g.not(g.equal(a, zero(a))))
function quantified(op: string, combine: 'max' | 'min', a: Node, axes: Axes, keep: Keep): Node {
  checkKeep(op, keep)
  const list = axesOf(op, axes, a.shape.length)
  if (count(a, list) > 0) return reduce(op, combine, truth(a), list, keep)
  const shape = keep.keepdims ? kept(a, list) : a.shape.filter((_, i) => !list.includes(i))
  return g.constant(combine === 'min' ? 1 : 0, shape, 'bool')
}
export const all = (a: Node, axes?: Axes, keep: Keep = {}): Node => quantified('all', 'min', a, axes, keep)
export const any = (a: Node, axes?: Axes, keep: Keep = {}): Node => quantified('any', 'max', a, axes, keep)

export interface Variance extends Keep { correction?: number }
/** Two passes: the mean, then the squares of what differs from it, over n − correction. */
export const variance = (a: Node, axes?: Axes, options: Variance = {}): Node => inFloat32(a, x => {
  checkOptions('var', options, { keepdims: true, correction: true })
  const { keepdims = false, correction = 1 } = options
  const list = axesOf('var', axes, x.shape.length)
  const centre = mean(x, list, { keepdims: true })
  const d = g.sub(x, broadcastTo(centre, x.shape))
  const total = reduce('var', 'add', g.mul(d, d), list, { keepdims })
  return g.div(total, like(total, Math.max(0, count(x, list) - correction)))
})
export const std = (a: Node, axes?: Axes, options: Variance = {}): Node =>
  inFloat32(a, x => rootOf(variance(x, axes, options)))

/** The square root, with gradient 0 at 0: that of a norm or a deviation. */
function rootOf(a: Node): Node {
  const isZero = g.equal(a, zero(a))
  return g.where(isZero, zero(a), sqrt(g.where(isZero, like(a, 1), a)))
}

/** log Σ eˣ, from the greatest down: no overflow, and −∞ where all are. */
export const logsumexp = (a: Node, axes?: Axes, keep: Keep = {}): Node => inFloat32(a, x => {
  checkKeep('logsumexp', keep)
  const { keepdims = false } = keep
  const list = axesOf('logsumexp', axes, x.shape.length)
  if (count(x, list) === 0) return log(reduce('logsumexp', 'add', x, list, { keepdims }))
  const top = g.stopGradient(amax(x, list, { keepdims: true }))
  const shift = g.where(isFinite(top), top, zero(top))
  const total = reduce('logsumexp', 'add', exp(g.sub(x, broadcastTo(shift, x.shape))), list, { keepdims })
  return g.add(log(total), g.reshape(shift, total.shape))
})

/** (Σ|x|ᵖ)^(1/p); p may be 0 (how many are not 0), ∞ and −∞. Gradient 0 where PyTorch has it: at 0. */
export const norm = (a: Node, p = 2, axes?: Axes, keep: Keep = {}): Node => inFloat32(a, x => {
  const sumOf = (v: Node): Node => reduce('norm', 'add', v, axes, keep)
  if (p === 2) return rootOf(sumOf(g.mul(x, x)))
  if (p === 1) return sumOf(size(x))
  if (p === Infinity) return amax(size(x), axes, keep)
  if (p === -Infinity) return amin(size(x), axes, keep)
  const isZero = g.equal(x, zero(x))
  if (p === 0) return sumOf(g.cast(g.not(isZero), x.dtype))
  const safe = g.where(isZero, like(x, 1), size(x))
  const power = (v: Node, e: number): Node => g.binary('pow', v, like(v, e))
  const total = sumOf(g.where(isZero, like(x, p > 0 ? 0 : Infinity), power(safe, p)))
  const none = g.equal(total, zero(total))
  return g.where(none, zero(total), power(g.where(none, like(total, 1), total), 1 / p))
})
/** |x| as x · sign x: exact, and its gradient is one product. */
const size = (x: Node): Node => g.mul(x, sign(x))

const cumulative = (op: string, combine: Combine) => (a: Node, axis: number): Node =>
  apply('cumulative', [combine === 'add' || combine === 'mul' ? summable(a) : a],
    { combine, axis: axisOf(op, axis, a.shape.length), reverse: false })
export const cumsum = cumulative('cumsum', 'add')
export const cumprod = cumulative('cumprod', 'mul')
export const cummax = cumulative('cummax', 'max')
export const cummin = cumulative('cummin', 'min')

/** eˣ/Σeˣ along the axis. */
export const softmax = (a: Node, axis: number): Node => inFloat32(a, x => {
  const { e } = exponentials('softmax', x, axis)
  const total = reduce('softmax', 'add', e, axis, { keepdims: true })
  // one division a row
  return g.mul(e, broadcastTo(g.reciprocal(total), e.shape))
})
export const logSoftmax = (a: Node, axis: number): Node => inFloat32(a, x => {
  const { d, e } = exponentials('logSoftmax', x, axis)
  const total = reduce('logSoftmax', 'add', e, axis, { keepdims: true })
  return g.sub(d, broadcastTo(log(total), d.shape))
})
/** What is left above the greatest of each row (which carries no gradient), and e to that. */
function exponentials(op: string, x: Node, axis: number): { d: Node; e: Node } {
  const i = axisOf(op, axis, x.shape.length)
  if (sizeOf(x.shape) === 0) return { d: x, e: x }
  const top = g.stopGradient(amax(x, i, { keepdims: true }))
  const d = g.sub(x, broadcastTo(top, x.shape))
  return { d, e: exp(d) }
}

/** How many are not zero. */
export const countNonzero = (a: Node, axes?: Axes, keep: Keep = {}): Node => sum(truth(a), axes, keep)
