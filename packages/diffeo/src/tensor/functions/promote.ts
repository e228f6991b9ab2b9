/**
 * @file What the functions on nodes begin with: numbers to nodes, one dtype for all operands (JAX's table; JavaScript
 * numbers and booleans are weak), one shape for all operands (NumPy's broadcasting).
 */
import { apply, cast, expand, reshape, sameShape } from '../../graph/build.ts'
import { dtypeBytes, isFloat, isHalf, isInteger, type DType } from '../../graph/dtype.ts'
import { Node, type Shape } from '../../graph/node.ts'
import { DTypeError, ShapeError } from '../../util/errors.ts'
import { nearest, whatIs } from '../../util/options.ts'

/** A number that is known only when the program runs: it takes the dtype of what it meets. */
export interface Weak {
  readonly weak: true
  as(dtype: DType): Node
  /** Whether it counts as an integer: decided by its value, on which the trace then depends. */
  isInteger(): boolean
}
export type Scalar = number | boolean | Weak
export type Operand = Node | Scalar

/** Outside of traces a user's number is an argument of the program, so that the program can be found again. */
export const numbers = { areArguments: true }

const isNode = (x: Operand): x is Node => x instanceof Node
const isWeak = (x: Operand): x is Weak => typeof x === 'object' && 'weak' in x

export const shapeText = (shape: Shape): string => `[${shape.join(',')}]`

/** A user's number, in every element. */
export function literal(value: number, shape: Shape, dtype: DType): Node {
  return apply('constant', [], numbers.areArguments ? { value, argument: true } : { value }, { shape, dtype })
}

const signedWidth: Partial<Record<DType, number>> = { int8: 1, int32: 4 }
const unsignedWidth: Partial<Record<DType, number>> = { uint8: 1, uint32: 4 }

/** The dtype that holds both, by JAX's table; the int16 and int64 that it asks for are int32 here. */
export function promoted(a: DType, b: DType): DType {
  if (a === b) return a
  if (a === 'bool') return b
  if (b === 'bool') return a
  if (isFloat(a) && isFloat(b)) {
    if (a === 'float64' || b === 'float64') return 'float64'
    return 'float32'
  }
  if (isFloat(a)) return a
  if (isFloat(b)) return b
  const bothUnsigned = unsignedWidth[a] && unsignedWidth[b]
  if (bothUnsigned) return 'uint32'
  const bothSigned = signedWidth[a] && signedWidth[b]
  if (bothSigned) return 'int32'
  return 'int32'
}

function scalarType(op: string, value: Scalar, strong: DType | null): DType {
  if (typeof value === 'boolean') return strong ?? 'bool'
  if (strong && isFloat(strong)) return strong
  const integer = typeof value === 'number' ? Number.isInteger(value) : value.isInteger()
  if (!integer) return 'float32'
  if (!strong) return 'float32'
  if (strong === 'bool') return 'int32'
  if (typeof value === 'number') checkFits(op, value, strong)
  return strong
}

const ranges: Partial<Record<DType, readonly [number, number]>> = {
  int8: [-128, 127], uint8: [0, 255], int32: [-(2 ** 31), 2 ** 31 - 1], uint32: [0, 2 ** 32 - 1],
}

/** Throws where an integer dtype cannot hold the number: it would wrap in silence. */
export function checkFits(op: string, value: number, dtype: DType): void {
  const range = ranges[dtype]
  if (!range) return
  if (!Number.isFinite(value)) throw new DTypeError(`${op}: ${value} is not an integer, and the dtype is ${dtype}`)
  const whole = Math.trunc(value)
  if (whole < range[0] || whole > range[1]) {
    throw new DTypeError(
      `${op}: ${value} does not fit ${dtype} (${range[0]} to ${range[1]}): cast to a wider dtype first`,
    )
  }
}

/** What other libraries call a dtype, or the one here that holds most of its values. */
const otherNames: Readonly<Record<string, DType>> = {
  float: 'float32', double: 'float64', half: 'float16', int: 'int32', long: 'int32', short: 'int32', int16: 'int32',
  int64: 'int32', uint16: 'int32', uint64: 'uint32', byte: 'uint8', boolean: 'bool',
}
export const isDType = (x: unknown): x is DType => typeof x === 'string' && Object.hasOwn(dtypeBytes, x)
/** Whether another library would take it for a dtype. */
export const isForeignDType = (x: unknown): boolean => typeof x === 'string' && Object.hasOwn(otherNames, x)
/** @throws DTypeError, with the one that was probably meant, unless there is such a dtype */
export function checkDType(op: string, dtype: unknown): asserts dtype is DType {
  if (isDType(dtype)) return
  const names = Object.keys(dtypeBytes)
  const meant = typeof dtype === 'string' ? otherNames[dtype] ?? nearest(dtype, names) : undefined
  throw new DTypeError(
    `${op}: ${whatIs(dtype)} is no dtype: ${meant ? `use '${meant}'; ` : ''}there are ${names.join(', ')}`,
  )
}

/** The dtype in which the operands meet. Integers among themselves stay integers. */
export function commonType(op: string, operands: readonly Operand[]): DType {
  let strong: DType | null = null
  for (const x of operands) if (isNode(x)) strong = strong ? promoted(strong, x.dtype) : x.dtype
  let out = strong
  for (const x of operands) {
    if (isNode(x)) continue
    const weak = scalarType(op, x, strong)
    out = out ? promoted(out, weak) : weak
  }
  return out ?? 'float32'
}

/** The shape that all broadcast to, or a ShapeError that says where they differ. */
export function broadcastShape(op: string, shapes: readonly Shape[]): Shape {
  const [first] = shapes
  if (shapes.length === 1 || shapes.every(s => sameShape(s, first))) return first
  const rank = Math.max(...shapes.map(s => s.length))
  const out: number[] = new Array<number>(rank).fill(1)
  for (const shape of shapes) {
    shape.forEach((d, i) => {
      const axis = rank - shape.length + i
      if (d === 1 || d === out[axis]) return
      if (out[axis] !== 1) {
        const all = shapes.map(shapeText)
        const list = `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`
        throw new ShapeError(`${op}: shapes ${list} do not broadcast: axis ${axis} is ${out[axis]} and ${d}`)
      }
      out[axis] = d
    })
  }
  return out
}

/** Repeats the node to `shape`, with which it broadcasts: axes are added in front. */
export function broadcastTo(node: Node, shape: Shape): Node {
  if (sameShape(node.shape, shape)) return node
  const extra = shape.length - node.shape.length
  const lifted = extra > 0 ? reshape(node, [...new Array<number>(extra).fill(1), ...node.shape]) : node
  return expand(lifted, shape)
}

/** An operand as a node of the dtype and shape. */
export function materialize(op: string, x: Operand, shape: Shape, dtype: DType): Node {
  if (isNode(x)) return broadcastTo(cast(x, dtype), shape)
  if (isWeak(x)) return broadcastTo(x.as(dtype), shape)
  const value = Number(x)
  if (isInteger(dtype)) checkFits(op, value, dtype)
  return literal(value, shape, dtype)
}

/** The shape that operands broadcast to. */
export function commonShape(op: string, operands: readonly Operand[]): Shape {
  const shapes: Shape[] = []
  for (const x of operands) if (isNode(x)) shapes.push(x.shape)
  return shapes.length === 0 ? [] : broadcastShape(op, shapes)
}

/** All operands in one shape and dtype. */
export function together(op: string, operands: readonly Operand[], dtype?: DType): Node[] {
  const shape = commonShape(op, operands)
  const type = dtype ?? commonType(op, operands)
  return operands.map(x => materialize(op, x, shape, type))
}

/** The node in a float dtype: integers and bool become float32. */
export const asFloat = (a: Node): Node => (isFloat(a.dtype) ? a : cast(a, 'float32'))
/**
 * f of a float in float32 or float64, a half's result rounded once: sums and squares on the way would overflow in it.
 * PyTorch's kernels do the same.
 */
export function inFloat32(a: Node, f: (wide: Node) => Node): Node {
  const x = asFloat(a)
  return isHalf(x.dtype) ? cast(f(cast(x, 'float32')), x.dtype) : f(x)
}
/** An operand as a node of its own: numbers float32, booleans bool. */
export const asNode = (x: Operand): Node => {
  if (isNode(x)) return x
  if (isWeak(x)) return x.as('float32')
  return literal(Number(x), [], typeof x === 'boolean' ? 'bool' : 'float32')
}

/** A negative axis counted from the end; a ShapeError where there is no such axis. */
export function axisOf(op: string, axis: number, rank: number): number {
  if (Number.isInteger(axis) && axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis
  checkIsNumber(op, 'the axis', axis)
  const range = rank === 0 ? 'a 0-d tensor has no axes' : `axes go from ${-rank} to ${rank - 1}`
  throw new ShapeError(`${op}: axis ${axis} is not there: ${range}`)
}

/** @throws ShapeError unless it is a number; a number argument of compile says itself that its value is not there */
export function checkIsNumber(op: string, what: string, x: unknown, wanted = 'a number'): asserts x is number {
  if (typeof x === 'number') return
  if (x instanceof Object && 'weak' in x && x.weak) void Number(x)
  throw new ShapeError(`${op}: ${what} is ${whatIs(x)}, and must be ${wanted}`)
}

/** Axes in order, without doubles; all of them for `undefined`. */
export function axesOf(op: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i)
  const given: unknown = axes
  if (!Array.isArray(given)) checkIsNumber(op, 'the axis', given, 'a number, or an array of numbers for several')
  const list = (typeof axes === 'number' ? [axes] : [...axes]).map(a => axisOf(op, a, rank))
  if (new Set(list).size < list.length) throw new ShapeError(`${op}: axes [${String(axes)}] name one axis twice`)
  return list.sort((a, b) => a - b)
}
