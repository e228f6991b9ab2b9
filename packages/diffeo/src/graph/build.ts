/**
 * @file Node builders: the words that rules and transforms are written in. Shapes and dtypes are inferred by the
 * primitive's record, which `ops/` installs here, so that a bad graph throws when it is written.
 */
import type { DType } from './dtype.ts'
import { Node, type Attrs, type Aval, type BinaryOp, type Combine, type Op, type Shape, type UnaryOp } from './node.ts'

type Infer = (op: Op, inputs: readonly Node[], attrs: never, out: Partial<Aval>) => Aval | readonly Aval[]
let infer: Infer = () => { throw new Error('ops/ is not loaded') }
/** Called once by `ops/`. */
export function installInference(rule: Infer): void { infer = rule }

/**
 * Applies a primitive. `out` gives what inputs and attributes leave open: the shape of reshape, expand, constant,
 * iota, placeholder, buffer, randomBits; the dtype of cast, bitcast and the sources.
 */
export function apply<P extends Op>(op: P, inputs: readonly Node[], attrs: Attrs[P], out: Partial<Aval> = {}): Node<P> {
  const result = infer(op, inputs, attrs as never, out)
  return Array.isArray(result)
    ? new Node(op, inputs, attrs, result[0], result)
    : new Node(op, inputs, attrs, result as Aval)
}

const none = {}

export const constant = (value: number, shape: Shape, dtype: DType): Node =>
  apply('constant', [], { value }, { shape, dtype })
/** A constant of the shape and dtype of `like`. */
export const constantLike = (like: Aval, value: number): Node => constant(value, like.shape, like.dtype)
export const iota = (axis: number, shape: Shape, dtype: DType = 'int32'): Node =>
  apply('iota', [], { axis }, { shape, dtype })
export const placeholder = (index: number, shape: Shape, dtype: DType): Node =>
  apply('placeholder', [], { index }, { shape, dtype })

export const unary = (op: UnaryOp, a: Node): Node => apply(op, [a], none)
export const binary = (op: BinaryOp, a: Node, b: Node): Node => apply(op, [a, b], none)
export const add = (a: Node, b: Node): Node => binary('add', a, b)
export const mul = (a: Node, b: Node): Node => binary('mul', a, b)
export const neg = (a: Node): Node => unary('neg', a)
export const sub = (a: Node, b: Node): Node => add(a, neg(b))
export const reciprocal = (a: Node): Node => unary('reciprocal', a)
export const div = (a: Node, b: Node): Node => binary('div', a, b)
export const scale = (a: Node, by: number): Node => mul(a, constantLike(a, by))
export const shift = (a: Node, by: number): Node => add(a, constantLike(a, by))
export const less = (a: Node, b: Node): Node => binary('less', a, b)
export const equal = (a: Node, b: Node): Node => binary('equal', a, b)
export const not = (a: Node): Node => unary('not', a)
export const where = (condition: Node, a: Node, b: Node): Node => apply('where', [condition, a, b], none)
export const cast = (a: Node, dtype: DType): Node => (a.dtype === dtype ? a : apply('cast', [a], none, { dtype }))
export const bitcast = (a: Node, dtype: DType): Node => (a.dtype === dtype ? a : apply('bitcast', [a], none, { dtype }))

export const reshape = (a: Node, shape: Shape): Node =>
  sameShape(a.shape, shape) ? a : apply('reshape', [a], none, { shape })
export const expand = (a: Node, shape: Shape): Node =>
  sameShape(a.shape, shape) ? a : apply('expand', [a], none, { shape })
export const permute = (a: Node, perm: readonly number[]): Node =>
  perm.every((p, i) => p === i) ? a : apply('permute', [a], { perm })
export const slice = (
  a: Node,
  start: readonly number[],
  stop: readonly number[],
  step: readonly number[] = start.map(() => 1),
): Node => apply('slice', [a], { start, stop, step })
export const pad = (
  a: Node,
  pads: readonly (readonly [number, number])[],
  value = 0,
  inner: readonly number[] = pads.map(() => 0),
): Node => apply('pad', [a], { pads, inner, value })
export const flip = (a: Node, axes: readonly number[]): Node => (axes.length === 0 ? a : apply('flip', [a], { axes }))
export const concat = (parts: readonly Node[], axis: number): Node =>
  parts.length === 1 ? parts[0] : apply('concat', parts, { axis })

export const reduce = (combine: Combine, a: Node, axes: readonly number[]): Node =>
  axes.length === 0 ? a : apply('reduce', [a], { combine, axes })
export const sum = (a: Node, axes: readonly number[]): Node => reduce('add', a, axes)
/** Reduces and keeps the axes with size 1. */
export const reduceKeep = (combine: Combine, a: Node, axes: readonly number[]): Node =>
  reshape(reduce(combine, a, axes), a.shape.map((d, i) => (axes.includes(i) ? 1 : d)))
/** `a` laid along `axes` of `shape` (a's axis i is shape's axis axes[i]), repeated along the others. */
export function broadcastInto(a: Node, shape: Shape, axes: readonly number[]): Node {
  const middle: number[] = shape.map(() => 1)
  axes.forEach((axis, i) => { middle[axis] = a.shape[i] })
  return expand(reshape(a, middle), shape)
}
export const dot = (
  a: Node,
  b: Node,
  contract: readonly (readonly [number, number])[],
  batch: readonly (readonly [number, number])[] = [],
): Node => apply('dot', [a, b], { batch, contract })
export const gather = (a: Node, index: Node, axis: number, check?: string): Node =>
  apply('gather', [a, index], check === undefined ? { axis } : { axis, check })
export const scatter = (a: Node, index: Node, updates: Node, axis: number, mode: 'add' | 'set'): Node =>
  apply('scatter', [a, index, updates], { axis, mode })
export const pick = (a: Node, index: number): Node => apply('pick', [a], { index })
export const stopGradient = (a: Node): Node => apply('stopGradient', [a], none)

export const sameShape = (a: Shape, b: Shape): boolean => {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
