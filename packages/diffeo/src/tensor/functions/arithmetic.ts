/** @file Arithmetic of two operands, with broadcasting and promotion. */
import * as g from '../../graph/build.ts'
import { isFloat, isUnsigned } from '../../graph/dtype.ts'
import type { BinaryOp, Node } from '../../graph/node.ts'
import { DTypeError } from '../../util/errors.ts'
import {
  asFloat, asNode, broadcastTo, commonShape, commonType, materialize, shapeText, together, type Operand,
} from './promote.ts'
import { abs, square } from './unary.ts'

/** The operands in one shape and in a float dtype. */
export function floats(op: string, operands: readonly Operand[]): Node[] {
  const dtype = commonType(op, operands)
  return together(op, operands, isFloat(dtype) ? dtype : 'float32')
}

function numeric(op: string, primitive: BinaryOp, a: Operand, b: Operand, onBool: BinaryOp | null): Node {
  const [x, y] = together(op, [a, b])
  if (x.dtype !== 'bool') return g.binary(primitive, x, y)
  if (onBool) return g.binary(onBool, x, y)
  throw new DTypeError(`${op} of bool tensors ${shapeText(x.shape)} has no meaning: cast to a number, or use xor`)
}

export const add = (a: Operand, b: Operand): Node => numeric('add', 'add', a, b, 'or')
export const mul = (a: Operand, b: Operand): Node => numeric('mul', 'mul', a, b, 'and')
export function sub(a: Operand, b: Operand): Node {
  // a − 3 as a + (−3): one node, and exact
  if (typeof b === 'number' && typeof a === 'object' && isFloat(asNode(a).dtype))
    return numeric('sub', 'add', a, -b, null)
  const [x, y] = together('sub', [a, b])
  if (x.dtype === 'bool') throw new DTypeError('sub of bool tensors has no meaning: cast to a number, or use xor')
  return g.sub(x, y)
}

/** True division: of integers too. */
export function div(a: Operand, b: Operand): Node {
  const [x, y] = floats('div', [a, b])
  return g.div(x, y)
}

/** The quotient rounded towards −∞. */
export function floorDiv(a: Operand, b: Operand): Node {
  const [x, y] = together('floorDiv', [a, b])
  if (!isFloat(x.dtype)) return g.binary('idiv', ...asIntegers(x, y))
  // (x − x mod y) / y is a whole number up to rounding, where x · (1/y) may fall short of one
  return g.unary('round', g.div(g.sub(x, g.binary('mod', x, y)), y))
}

const asIntegers = (x: Node, y: Node): [Node, Node] =>
  x.dtype === 'bool' ? [g.cast(x, 'int32'), g.cast(y, 'int32')] : [x, y]

/** The remainder with the divisor's sign (Python's %). */
export function mod(a: Operand, b: Operand): Node {
  const [x, y] = together('mod', [a, b])
  return g.binary('mod', ...asIntegers(x, y))
}

/** The remainder with the dividend's sign (C's fmod, JavaScript's %). */
export function fmod(a: Operand, b: Operand): Node {
  const [x, y] = asIntegers(...(together('fmod', [a, b]) as [Node, Node]))
  if (isUnsigned(x.dtype)) return g.binary('mod', x, y)
  // the remainder of the sizes, on the dividend's side
  const side = g.where(g.less(x, g.constantLike(x, 0)), g.constantLike(x, -1), g.constantLike(x, 1))
  return g.mul(side, g.binary('mod', g.mul(side, x), abs(y)))
}

const fixedPowers: ReadonlyMap<number, (x: Node) => Node> = new Map<number, (x: Node) => Node>([
  [1, x => x], [2, square], [3, x => g.mul(x, square(x))],
])
const fixedFloatPowers: ReadonlyMap<number, (x: Node) => Node> = new Map<number, (x: Node) => Node>([
  [0, x => g.constantLike(x, 1)], [0.5, x => g.unary('sqrt', x)],
  [-0.5, x => g.reciprocal(g.unary('sqrt', x))], [-1, g.reciprocal],
])

/** Powers. Whole small exponents are products; a negative number as the exponent of integers is a DTypeError. */
export function pow(a: Operand, b: Operand): Node {
  if (typeof b === 'number' && typeof a === 'object') return fixedPower(asNode(a), b)
  const [x, y] = together('pow', [a, b])
  return g.binary('pow', ...asIntegers(x, y))
}

function fixedPower(a: Node, exponent: number): Node {
  if (!isFloat(a.dtype) && Number.isInteger(exponent) && exponent < 0) {
    throw new DTypeError(`pow: integers (${a.dtype}) to the power ${exponent} are not integers: cast to float32 first`)
  }
  const x = Number.isInteger(exponent) ? asIntegers(a, a)[0] : asFloat(a)
  const short = fixedPowers.get(exponent) ?? (isFloat(x.dtype) ? fixedFloatPowers.get(exponent) : undefined)
  if (short) return short(x)
  const [base, power] = together('pow', [x, exponent])
  return g.binary('pow', base, power)
}

export const maximum = (a: Operand, b: Operand): Node => {
  const [x, y] = together('maximum', [a, b])
  return g.binary('maximum', x, y)
}
export const minimum = (a: Operand, b: Operand): Node => {
  const [x, y] = together('minimum', [a, b])
  return g.binary('minimum', x, y)
}

/** a + weight · (b − a), exact at both ends. */
export function lerp(a: Operand, b: Operand, weight: Operand): Node {
  const [x, y, w] = floats('lerp', [a, b, weight])
  const d = g.sub(y, x)
  const low = (): Node => g.add(x, g.mul(w, d))
  const high = (): Node => g.sub(y, g.mul(d, g.sub(g.constantLike(w, 1), w)))
  if (typeof weight === 'number') return weight < 0.5 ? low() : high()
  return g.where(g.less(w, g.constantLike(w, 0.5)), low(), high())
}

/** Between the bounds; the gradient passes at the bounds, and where low > high all is high. */
export function clamp(a: Node, low: Operand | undefined, high: Operand | undefined): Node {
  if (low === undefined && high === undefined) throw new DTypeError('clamp needs a lower or an upper bound')
  let out = a
  if (low !== undefined) {
    const [x, bound] = together('clamp', [out, low])
    out = g.where(g.less(x, bound), bound, x)
  }
  if (high !== undefined) {
    const [x, bound] = together('clamp', [out, high])
    out = g.where(g.less(bound, x), bound, x)
  }
  return out
}

/** a where the condition holds, b elsewhere. */
export function where(condition: Operand, a: Operand, b: Operand): Node {
  const test = booleans(condition)
  const dtype = commonType('where', [a, b])
  const shape = commonShape('where', [test, a, b])
  return g.where(broadcastTo(test, shape), materialize('where', a, shape, dtype), materialize('where', b, shape, dtype))
}

const booleans = (x: Operand): Node => {
  const node = asNode(x)
  if (node.dtype === 'bool') return node
  throw new DTypeError(
    `where takes a bool condition, got ${node.dtype} ${shapeText(node.shape)}: compare first, as in x.gt(0)`,
  )
}
