/** @file Between JavaScript's data and tensors' data: typed arrays, nested arrays, numbers. */
import { isInteger, type DType } from '../graph/dtype.ts'
import type { TypedArray } from '../graph/executor.ts'
import { sizeOf, type Shape } from '../graph/node.ts'
import { DTypeError, ShapeError } from '../util/errors.ts'
import { checkFits } from './functions/promote.ts'

export type NestedArray = readonly (number | boolean | NestedArray)[]
/** What data may come in: these, and arrays of numbers. */
export type HostArray = TypedArray | Uint8ClampedArray | BigInt64Array

export interface HostData { readonly data: TypedArray; readonly dtype: DType; readonly shape: Shape }

const arrays = {
  float32: Float32Array, float64: Float64Array, float16: Float32Array, bfloat16: Float32Array,
  int32: Int32Array, uint32: Uint32Array, int8: Int8Array, uint8: Uint8Array, bool: Uint8Array,
} satisfies Record<DType, unknown>

/** The array that holds a dtype on the host: float16 and bfloat16 are Float32Array, bool is Uint8Array. */
export const hostArray = (dtype: DType, size: number): TypedArray => new arrays[dtype](size)

export const isHostArray = (x: unknown): x is HostArray => ArrayBuffer.isView(x) && !(x instanceof DataView)

function ownType(x: HostArray): DType {
  if (x instanceof Float32Array) return 'float32'
  if (x instanceof Float64Array) return 'float64'
  if (x instanceof Int32Array || x instanceof BigInt64Array) return 'int32'
  if (x instanceof Uint32Array) return 'uint32'
  if (x instanceof Int8Array) return 'int8'
  if (x instanceof Uint8Array || x instanceof Uint8ClampedArray) return 'uint8'
  const name = (x as object).constructor.name
  throw new DTypeError(`tensor: there is no dtype for ${name}: copy it to an Int32Array or a Float32Array`)
}

/** Data as a flat array of the dtype, with its shape. */
export function toHost(data: unknown, dtype?: DType, shape?: Shape): HostData {
  const { flat, own, found } = isHostArray(data)
    ? { flat: data, own: ownType(data), found: [data.length] }
    : flattened(data)
  const wanted = dtype ?? own
  const full = shape ?? found
  if (sizeOf(full) !== flat.length) {
    throw new ShapeError(
      `tensor: ${flat.length} elements do not fill shape [${full.join(',')}], which has ${sizeOf(full)}`,
    )
  }
  return { data: converted(flat, wanted), dtype: wanted, shape: full }
}

function converted(flat: ArrayLike<number | bigint | boolean>, dtype: DType): TypedArray {
  const Type = arrays[dtype]
  // the caller keeps his array: what he writes later is not ours
  if (flat instanceof Type && dtype !== 'bool') return flat.slice()
  const out = hostArray(dtype, flat.length)
  if (dtype === 'bool') {
    for (let i = 0; i < flat.length; i++) out[i] = Number(flat[i]) !== 0 ? 1 : 0
    return out
  }
  const check = isInteger(dtype)
  for (let i = 0; i < flat.length; i++) {
    const value = Number(flat[i])
    if (check) checkFits('tensor', value, dtype)
    out[i] = value
  }
  return out
}

interface Flat { flat: ArrayLike<number | boolean>; own: DType; found: number[] }

function flattened(data: unknown): Flat {
  if (typeof data === 'number') return { flat: [data], own: 'float32', found: [] }
  if (typeof data === 'boolean') return { flat: [data], own: 'bool', found: [] }
  if (!Array.isArray(data))
    throw new DTypeError(`tensor: cannot make one from ${describe(data)}: numbers, booleans and arrays of them do`)
  const found: number[] = []
  for (let x: unknown = data; Array.isArray(x) || isHostArray(x); x = x[0]) found.push(x.length)
  const flat: (number | boolean)[] = []
  const kinds = { number: false, boolean: false }
  walk(data, 0, '', found, flat, kinds)
  return { flat, own: kinds.boolean && !kinds.number ? 'bool' : 'float32', found }
}

const describe = (x: unknown): string =>
  x === null ? 'null' : typeof x === 'object' ? (x.constructor?.name ?? 'an object') : `a ${typeof x}`

const isWeak = (x: object | null): boolean => Boolean((x as { weak?: unknown } | null)?.weak)

function walk(
  x: unknown,
  depth: number,
  path: string,
  shape: readonly number[],
  out: (number | boolean)[],
  kinds: Record<'number' | 'boolean', boolean>,
): void {
  const isRow = Array.isArray(x) || isHostArray(x)
  if (depth < shape.length) {
    if (!isRow)
      throw new ShapeError(`tensor: rows differ: [0]${'[0]'.repeat(depth - 1)} is an array, ${path} is ${describe(x)}`)
    if (x.length !== shape[depth]) {
      throw new ShapeError(
        `tensor: rows differ in length: ${path || 'the first'} has ${x.length}, those before have ${shape[depth]}`,
      )
    }
    for (let i = 0; i < x.length; i++) walk(x[i], depth + 1, `${path}[${i}]`, shape, out, kinds)
    return
  }
  if (typeof x !== 'number' && typeof x !== 'boolean') {
    if (isRow) throw new ShapeError(`tensor: ${path} is an array, others are numbers: rows differ in depth`)
    if (isWeak(x as object | null))
      throw new DTypeError(
        `tensor: ${path} is a number argument of compile: pass the numbers as one tensor, tensor([...])`,
      )
    const hint = typeof x === 'object' && x !== null ? 'use stack() for tensors' : 'only numbers and booleans do'
    throw new DTypeError(`tensor: ${path} is ${describe(x)}: ${hint}`)
  }
  kinds[typeof x as 'number' | 'boolean'] = true
  out.push(x)
}

/** Nested arrays of the shape; a 0-d tensor is its number. */
export function toNested(data: TypedArray, shape: Shape, dtype: DType): unknown {
  const element = dtype === 'bool' ? (i: number): unknown => data[i] !== 0 : (i: number): unknown => data[i]
  let at = 0
  const build = (axis: number): unknown =>
    axis === shape.length ? element(at++) : Array.from({ length: shape[axis] }, () => build(axis + 1))
  return build(0)
}
