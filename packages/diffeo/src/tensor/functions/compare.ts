/** @file Comparisons and logic. A comparison with NaN is false, `ne` alone is true. */
import * as g from '../../graph/build.ts'
import { isFloat } from '../../graph/dtype.ts'
import { sizeOf, type BinaryOp, type Node } from '../../graph/node.ts'
import { DTypeError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import { commonType, literal, together, type Operand } from './promote.ts'
import { abs } from './unary.ts'

/** A number that an integer dtype cannot hold lies beyond all it holds: it compares as ±∞ does. */
function compared(op: string, a: Operand, b: Operand): Node[] {
  try {
    return together(op, [a, b])
  } catch (error) {
    if (!(error instanceof DTypeError)) throw error
    const beyond = (x: Operand): Operand => (typeof x === 'number' ? x * Infinity : x)
    return together(op, [beyond(a), beyond(b)], 'float32')
  }
}

export const eq = (a: Operand, b: Operand): Node => {
  const [x, y] = compared('eq', a, b)
  return g.equal(x, y)
}
export const ne = (a: Operand, b: Operand): Node => g.not(eq(a, b))
export const lt = (a: Operand, b: Operand): Node => {
  const [x, y] = compared('lt', a, b)
  return g.less(x, y)
}
export const gt = (a: Operand, b: Operand): Node => {
  const [x, y] = compared('gt', a, b)
  return g.less(y, x)
}
/** less or equal; not "not greater", which would hold for NaN. */
const lessEqual = (x: Node, y: Node): Node =>
  isFloat(x.dtype) ? g.binary('or', g.less(x, y), g.equal(x, y)) : g.not(g.less(y, x))
export const le = (a: Operand, b: Operand): Node => {
  const [x, y] = compared('le', a, b)
  return lessEqual(x, y)
}
export const ge = (a: Operand, b: Operand): Node => {
  const [x, y] = compared('ge', a, b)
  return lessEqual(y, x)
}

/** Logical on bool, bitwise on integers. */
function logical(op: 'and' | 'or' | 'xor', a: Operand, b: Operand): Node {
  if (isFloat(commonType(op, [a, b])))
    throw new DTypeError(`${op} takes bool or integer tensors: compare first, as in x.ne(0)`)
  const [x, y] = together(op, [a, b])
  return g.binary(op satisfies BinaryOp, x, y)
}
export const and = (a: Operand, b: Operand): Node => logical('and', a, b)
export const or = (a: Operand, b: Operand): Node => logical('or', a, b)
export const xor = (a: Operand, b: Operand): Node => logical('xor', a, b)
/** Logical: true where a is zero or false. */
export const not = (a: Node): Node => (a.dtype === 'bool' ? g.not(a) : g.equal(a, g.constantLike(a, 0)))

const everywhere = (a: Node): Node => g.reduce('min', a, a.shape.map((_, i) => i))

/** 0-d bool: the same shape, and the same values. */
export function equal(a: Node, b: Node): Node {
  if (!g.sameShape(a.shape, b.shape)) return g.constant(0, [], 'bool')
  return sizeOf(a.shape) === 0 ? g.constant(1, [], 'bool') : everywhere(eq(a, b))
}

export interface Tolerance { rtol?: number; atol?: number; equalNaN?: boolean }
/** 0-d bool: |a − b| ≤ atol + rtol·|b| everywhere; equal infinities are close. Shapes broadcast. */
export function allClose(a: Node, b: Operand, tolerance: Tolerance = {}): Node {
  checkOptions('allClose', tolerance, { rtol: true, atol: true, equalNaN: true })
  const { rtol = 1e-5, atol = 1e-8, equalNaN = false } = tolerance
  const dtype = commonType('allClose', [a, b])
  const [x, y] = together('allClose', [a, b], isFloat(dtype) ? dtype : 'float32')
  if (sizeOf(x.shape) === 0) return g.constant(1, [], 'bool')
  const bound = g.add(g.mul(abs(y), literal(rtol, y.shape, y.dtype)), literal(atol, y.shape, y.dtype))
  const finite = g.less(abs(y), g.constantLike(y, Infinity))
  const near = g.binary('and', finite, lessEqual(abs(g.sub(x, y)), bound))
  const close = g.binary('or', near, g.equal(x, y))
  const bothNaN = (): Node => g.binary('and', g.not(g.equal(x, x)), g.not(g.equal(y, y)))
  return everywhere(equalNaN ? g.binary('or', close, bothNaN()) : close)
}
