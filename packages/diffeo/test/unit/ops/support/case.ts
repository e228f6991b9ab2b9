/** @file A case of the table: a primitive on given inputs, and what is known of the result. */
import type { DType } from '../../../../src/graph/dtype.ts'
import type { Attrs, Aval, Op, Shape } from '../../../../src/graph/node.ts'
import { sizeOf } from '../../../../src/graph/node.ts'
import { isFloat } from '../../../../src/graph/dtype.ts'
import type { NDArray } from '../../../../src/ops/record.ts'

export interface Case<P extends Op = Op> {
  readonly op: P
  readonly name: string
  readonly inputs: readonly NDArray[]
  readonly attrs: Attrs[P]
  /** What `apply` needs beside the inputs. */
  readonly out: Partial<Aval>
  /** Whether derivatives exist here (no ties, kinks, infinities), for differences to check. Default: yes. */
  readonly smooth: boolean
  /** The value (of the first output). */
  readonly value?: readonly number[]
  /** The gradient of each input for a cotangent of ones (null: none). */
  readonly gradient?: readonly (readonly number[] | null)[]
  /** Inputs that only make sense together vary together: example `b` of a batch. */
  readonly vary: (input: NDArray, b: number, position: number) => NDArray
}

type Options<P extends Op> = Partial<Pick<Case<P>, 'out' | 'smooth' | 'value' | 'gradient' | 'vary' | 'name'>>

export function caseOf<P extends Op>(
  op: P, inputs: readonly NDArray[], attrs: Attrs[P], options: Options<P> = {},
): Case {
  const described = inputs.map(a => `${a.dtype}[${a.shape}]`).join(' ')
  const extra = Object.keys(attrs).length > 0 ? ` ${attributes(attrs)}` : ''
  const out = options.out?.shape ? ` → [${options.out.shape}]` : ''
  const built: Case<P> = { op, out: {}, smooth: true, vary: rotated, attrs, inputs, ...options,
    name: `${op} ${described}${extra}${out}${options.name ? `: ${options.name}` : ''}` }
  return built as unknown as Case
}

const attributes = (attrs: object): string =>
  JSON.stringify(attrs, (key, v: unknown) => (key === 'body' || key === 'gradient' || key === 'cell' ? '…' : v))

/** Another value of the same kind: elements moved round by b places; scalars grow. */
export function rotated(a: NDArray, b: number): NDArray {
  const n = a.data.length
  const move = (_: number, i: number): number => a.data[(i + b) % n]
  const grow = (x: number): number => (a.dtype === 'bool' ? (x + b) % 2 : x + b * (isFloat(a.dtype) ? 0.25 : 1))
  return { ...a, data: n === 1 && a.shape.length === 0 ? a.data.map(grow) : a.data.map(move) }
}

export const array = (dtype: DType, shape: Shape, data: readonly number[]): NDArray => {
  if (data.length !== sizeOf(shape)) throw new Error(`${data.length} values for [${shape}]`)
  return { shape, dtype, data: Float64Array.from(data) }
}
export const floats = (shape: Shape, data: readonly number[]): NDArray => array('float64', shape, data)
export const ints = (shape: Shape, data: readonly number[]): NDArray => array('int32', shape, data)
export const bools = (shape: Shape, data: readonly number[]): NDArray => array('bool', shape, data)

/** Numbers in (low, high), distinct, the same for the same seed. */
export function random(shape: Shape, seed: number, low = -2, high = 2, dtype: DType = 'float64'): NDArray {
  let state = (seed * 2654435761 + 12345) >>> 0
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return low + (high - low) * ((state + 0.5) / 2 ** 32)
  }
  return { shape, dtype, data: Float64Array.from({ length: sizeOf(shape) }, next) }
}

/** Integers in [low, high). */
export const randomInts = (shape: Shape, seed: number, low: number, high: number, dtype: DType = 'int32'): NDArray => {
  const a = random(shape, seed, low, high, dtype)
  return { ...a, data: a.data.map(Math.floor) }
}

export const nasty = [0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, Infinity, -Infinity, NaN, 1e-300, -1e300]
export const allDtypes: readonly DType[] =
  ['float32', 'float64', 'float16', 'bfloat16', 'int32', 'uint32', 'int8', 'uint8', 'bool']
export const intDtypes: readonly DType[] = ['int32', 'uint32', 'int8', 'uint8']
