/** @file What `infer` rules check, and how their errors read. */
import { isFloat, isInteger, type DType } from '../../graph/dtype.ts'
import { sameShape } from '../../graph/build.ts'
import { sizeOf, type Aval, type Shape } from '../../graph/node.ts'
import { DTypeError, ShapeError } from '../../util/errors.ts'

/** `float32[2, 3]` */
export const show = (a: Aval): string => `${a.dtype}[${a.shape.join(', ')}]`
export const showShape = (s: Shape): string => `[${s.join(', ')}]`

export type Kinds = 'floats' | 'numbers' | 'integers' | 'logical' | 'ordered'
const accepts: Record<Kinds, (d: DType) => boolean> = {
  floats: isFloat,
  numbers: d => d !== 'bool',
  integers: isInteger,
  logical: d => !isFloat(d),
  ordered: () => true,
}
const described: Record<Kinds, string> = {
  floats: 'float dtypes', numbers: 'numeric dtypes', integers: 'integer dtypes',
  logical: 'bool and integer dtypes', ordered: 'every dtype',
}

export function checkKind(op: string, a: Aval, kinds: Kinds): void {
  if (accepts[kinds](a.dtype)) return
  throw new DTypeError(`${op} takes ${described[kinds]}, got ${show(a)}: cast it first`)
}

export function checkDType(op: string, what: string, a: Aval, dtype: DType): void {
  if (a.dtype !== dtype) throw new DTypeError(`${op} takes ${what} of dtype ${dtype}, got ${show(a)}`)
}

export function checkSameDType(op: string, a: Aval, b: Aval): void {
  if (a.dtype !== b.dtype) throw new DTypeError(`${op} takes operands of one dtype, got ${show(a)} and ${show(b)}`)
}

export function checkSameShape(op: string, a: Aval, b: Aval): void {
  if (!sameShape(a.shape, b.shape)) {
    throw new ShapeError(`${op} takes operands of one shape, got ${show(a)} and ${show(b)}: expand them first`)
  }
}

export function checkCount(op: string, inputs: readonly Aval[], count: number): void {
  if (inputs.length !== count) throw new ShapeError(`${op} takes ${count} operands, got ${inputs.length}`)
}

export function checkAxis(op: string, a: Aval, axis: number): void {
  if (Number.isInteger(axis) && axis >= 0 && axis < a.shape.length) return
  throw new ShapeError(`${op}: axis ${axis} is not an axis of ${show(a)}`)
}

export function checkAxes(op: string, a: Aval, axes: readonly number[]): void {
  for (const axis of axes) checkAxis(op, a, axis)
  if (new Set(axes).size !== axes.length) throw new ShapeError(`${op}: axes ${showShape(axes)} repeat one another`)
}

/** An attribute with one entry an axis. */
export function checkPerAxis(op: string, what: string, entries: readonly unknown[], a: Aval): void {
  if (entries.length === a.shape.length) return
  throw new ShapeError(`${op}: ${what} has ${entries.length} entries for the ${a.shape.length} axes of ${show(a)}`)
}

/** A shape asked for. */
export function checkShape(op: string, shape: Shape | undefined): Shape {
  if (!shape) throw new ShapeError(`${op} needs the shape of its output`)
  if (!shape.every(d => Number.isInteger(d) && d >= 0)) {
    throw new ShapeError(`${op}: ${showShape(shape)} is not a shape: sizes are non-negative integers`)
  }
  return shape
}

export function checkSize(op: string, a: Aval, shape: Shape): void {
  if (sizeOf(a.shape) === sizeOf(shape)) return
  throw new ShapeError(
    `${op}: ${show(a)} has ${sizeOf(a.shape)} elements, the shape ${showShape(shape)} asks for ${sizeOf(shape)}`)
}

export function needDType(op: string, dtype: DType | undefined): DType {
  if (!dtype) throw new DTypeError(`${op} needs the dtype of its output`)
  return dtype
}

/** Starts of dynamicSlice and dynamicUpdate: one int32 scalar an axis. */
export function checkStarts(op: string, x: Aval, starts: readonly Aval[]): void {
  if (starts.length !== x.shape.length) {
    throw new ShapeError(`${op} takes one start an axis: ${show(x)} has ${x.shape.length}, got ${starts.length}`)
  }
  for (const s of starts) {
    checkDType(op, 'starts', s, 'int32')
    if (s.shape.length !== 0) throw new ShapeError(`${op} takes scalar starts, got ${show(s)}`)
  }
}
