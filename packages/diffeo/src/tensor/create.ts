/** @file Making tensors: from data, by rule, and of other tensors. */
import * as g from '../graph/build.ts'
import { isFloat, type DType } from '../graph/dtype.ts'
import { executor, type Device, type TypedArray } from '../graph/executor.ts'
import type { Node, Shape } from '../graph/node.ts'
import { DeviceError, DTypeError, ShapeError } from '../util/errors.ts'
import { checkOptions, whatIs, type Names } from '../util/options.ts'
import { toHost, type HostArray, type NestedArray } from './convert.ts'
import { upload } from './core.ts'
import * as a from './functions/arithmetic.ts'
import * as l from './functions/linalg.ts'
import * as m from './functions/movement.ts'
import { checkFits, checkIsNumber, literal, type Operand } from './functions/promote.ts'
import { checkMade, Tensor, wrap, type Options, type TensorLike } from './tensor.ts'

interface TensorOptions extends Options { shape?: Shape }
/** An array with its shape, as files hold them: `data.NdArray`. */
interface Shaped { readonly data: TypedArray; readonly shape: Shape; readonly dtype?: DType }
const isShaped = (x: unknown): x is Shaped =>
  typeof x === 'object' &&
  x !== null &&
  'shape' in x &&
  'data' in x &&
  ArrayBuffer.isView(x.data) &&
  Array.isArray(x.shape)
const tensorOptions: Names<TensorOptions> = { dtype: true, device: true, shape: true }

/**
 * A tensor of numbers, booleans, nested arrays, a typed array or `{ data, shape }` of one, whose data is copied.
 * Numbers become float32, booleans bool, typed arrays keep their dtype (BigInt64Array becomes int32, if all values
 * fit).
 * @throws ShapeError where rows differ @throws DTypeError where a value does not fit the dtype
 * @example tensor([[1, 2], [3, 4]]), tensor(bytes, { shape: [28, 28], dtype: 'float32' })
 */
export function tensor(data: TensorLike | Shaped, options: TensorOptions = {}): Tensor {
  checkMade('tensor', options, tensorOptions)
  const { dtype, device, shape } = options
  if (data instanceof Tensor) {
    const moved = device ? data.detach().to(device) : data.detach()
    const cast = dtype ? moved.cast(dtype) : moved
    return shape ? cast.reshape(shape) : cast
  }
  if (shape) m.checkShape('tensor', shape)
  const host = isShaped(data)
    ? toHost(data.data, dtype ?? data.dtype, shape ?? m.checkShape('tensor', data.shape))
    : toHost(data, dtype, shape)
  return wrap(upload(host.data, host.shape, host.dtype, device), { device })
}

/** Any argument as a tensor: tensors as they are. */
export const asTensor = (x: TensorLike, device?: Device): Tensor => (x instanceof Tensor ? x : tensor(x, { device }))

function filled(op: string, shape: Shape, value: number, options: Options): Tensor {
  m.checkShape(op, shape)
  checkMade(op, options)
  return wrap(g.constant(value, shape, options.dtype ?? 'float32'), options)
}

/** All 0. @example zeros([2, 3], { dtype: 'int32' }) */
export const zeros = (shape: Shape, options: Options = {}): Tensor => filled('zeros', shape, 0, options)
/** All 1. */
export const ones = (shape: Shape, options: Options = {}): Tensor => filled('ones', shape, 1, options)
/** No promise of values; they are 0. */
export const empty = (shape: Shape, options: Options = {}): Tensor => filled('empty', shape, 0, options)
/** All `value`; a boolean makes bool. */
export function full(shape: Shape, value: number | boolean, options: Options = {}): Tensor {
  if (typeof value !== 'number' && typeof value !== 'boolean')
    throw new DTypeError(`full: the value is ${whatIs(value)}, and must be a number or a boolean`)
  checkMade('full', options)
  const type = options.dtype ?? (typeof value === 'boolean' ? 'bool' : 'float32')
  checkFits('full', Number(value), type)
  return wrap(literal(Number(value), m.checkShape('full', shape), type), options)
}
const like = (t: Tensor, options: Options): Options => ({ dtype: t.dtype, device: t.device, ...options })
/** 0 in the shape, dtype and device of `t`. */
export const zerosLike = (t: Tensor, options: Options = {}): Tensor => zeros(t.shape, like(t, options))
export const onesLike = (t: Tensor, options: Options = {}): Tensor => ones(t.shape, like(t, options))
export const fullLike = (t: Tensor, value: number | boolean, options: Options = {}): Tensor =>
  full(t.shape, value, like(t, options))

/**
 * start, start + step, … below stop. `arange(n)` counts from 0. Whole numbers make float32, as numbers do, unless dtype
 * says.
 */
export function arange(start: number, stop?: number | Options, step?: number | Options, options: Options = {}): Tensor {
  checkIsNumber('arange', 'the start', start)
  for (const x of [stop, step]) if (x instanceof Tensor && x.weak) checkIsNumber('arange', 'the stop or step', x)
  const numbers = [start, stop, step].filter(x => typeof x === 'number')
  const given = [stop, step].find(x => typeof x === 'object') ?? options
  checkMade('arange', given)
  const [from, to, by = 1] = numbers.length === 1 ? [0, numbers[0]] : numbers
  if (by === 0 || ![from, to, by].every(Number.isFinite))
    throw new ShapeError(`arange: from ${from} to ${to} by ${by} has no end`)
  const n = Math.max(0, Math.ceil((to - from) / by))
  const dtype = given.dtype ?? 'float32'
  return wrap(ramp(from, by, n, dtype), given)
}
/** from + by · i */
function ramp(from: number, by: number, n: number, dtype: DType): Node {
  if (dtype === 'bool') throw new DTypeError('arange and linspace make no bool')
  if (!isFloat(dtype) && Number.isInteger(from) && Number.isInteger(by)) {
    const i = g.iota(0, [n], dtype)
    return from === 0 && by === 1 ? i : g.add(g.mul(i, literal(by, [n], dtype)), literal(from, [n], dtype))
  }
  // counted in a type that is exact, and scaled once
  const wide = dtype === 'float64' ? 'float64' : 'float32'
  const i = g.cast(g.iota(0, [n]), wide)
  const scaled = from === 0 && by === 1 ? i : g.add(g.mul(i, literal(by, [n], wide)), literal(from, [n], wide))
  return g.cast(scaled, dtype)
}
/** `count` numbers from start to stop, both taken in. */
export function linspace(start: number, stop: number, count: number, options: Options = {}): Tensor {
  for (const [what, x] of Object.entries({ start, stop, count })) checkIsNumber('linspace', what, x)
  m.checkShape('linspace', [count])
  checkMade('linspace', options)
  const dtype = options.dtype ?? 'float32'
  if (count <= 1) return wrap(g.cast(literal(start, [count], 'float32'), dtype), options)
  const half = Math.ceil(count / 2)
  const step = (stop - start) / (count - 1)
  // from both ends, so that both are met exactly
  const back = g.flip(ramp(stop, -step, count - half, dtype), [0])
  return wrap(g.concat([ramp(start, step, half, dtype), back], 0), options)
}
/** 1 on the diagonal of an n × m matrix. */
export function eye(n: number, columns: number | Options = n, options: Options = {}): Tensor {
  const [width, given] = typeof columns === 'number' ? [columns, options] : [n, columns]
  const shape = m.checkShape('eye', [n, width])
  checkMade('eye', given)
  return wrap(g.cast(g.equal(g.iota(0, shape), g.iota(1, shape)), given.dtype ?? 'float32'), given)
}
/** Zero above diagonal k. */
export const tril = (t: Tensor, k = 0): Tensor => t.tril(k)
/** Zero below diagonal k. */
export const triu = (t: Tensor, k = 0): Tensor => t.triu(k)

/** The device of the tensors among the arguments; a DeviceError if they differ. */
function shared(op: string, parts: readonly TensorLike[]): Device {
  const devices = parts.flatMap(p => (p instanceof Tensor && !p.weak ? [p.device] : []))
  const other = devices.find(d => d !== devices[0])
  if (other)
    throw new DeviceError(
      `${op}: one tensor is on '${devices[0]}', another on '${other}': move one with to('${devices[0]}')`,
    )
  return devices[0] ?? executor().device
}
const operand = (x: TensorLike, device: Device): Operand =>
  typeof x === 'number' || typeof x === 'boolean'
    ? x
    : x instanceof Tensor
      ? (x.weak ?? x.node)
      : tensor(x as NestedArray | HostArray, { device }).node

/** a where the condition holds, b elsewhere; all three broadcast. @example where(x.gt(0), x, 0) */
export function where(condition: TensorLike, x: TensorLike, y: TensorLike): Tensor {
  const device = shared('where', [condition, x, y])
  return wrap(a.where(operand(condition, device), operand(x, device), operand(y, device)), { device })
}
function nodes(op: string, parts: readonly TensorLike[]): { list: Node[]; device: Device } {
  if (!Array.isArray(parts) || parts.length === 0)
    throw new ShapeError(`${op} takes an array of tensors, of which there is at least one`)
  const device = shared(op, parts)
  return { list: parts.map(p => asTensor(p as TensorLike, device).node), device }
}
/** The result as a tensor; one of the parts itself where that is all there was to do. */
function joined(node: Node, list: readonly Node[], parts: readonly TensorLike[], device: Device): Tensor {
  const same = parts[list.indexOf(node)]
  return same instanceof Tensor ? same.make(node) : wrap(node, { device })
}
/** Joined along an axis that is there. */
export function concat(parts: readonly TensorLike[], axis = 0): Tensor {
  const { list, device } = nodes('concat', parts)
  return joined(m.concat(list, axis), list, parts, device)
}
/** Joined along a new axis. */
export function stack(parts: readonly TensorLike[], axis = 0): Tensor {
  const { list, device } = nodes('stack', parts)
  return wrap(m.stack(list, axis), { device })
}
/**
 * Sums of products by Einstein's rule. Several operands are multiplied in the order that takes the fewest
 * multiplications: the least of all for up to 8, greedy beyond. @example einsum('bij,bjk->bik', a, b)
 */
export function einsum(expression: string, ...operands: readonly TensorLike[]): Tensor {
  const { list, device } = nodes('einsum', operands)
  return joined(l.einsum(expression, list), list, operands, device)
}
/** The coordinates of a grid, a tensor for each vector. */
export function meshgrid(
  vectors: readonly TensorLike[],
  options: { indexing?: 'ij' | 'xy' } = {},
): Tensor[] {
  checkOptions('meshgrid', options, { indexing: true })
  const { indexing = 'ij' } = options
  const { list, device } = nodes('meshgrid', vectors)
  return m.meshgrid(list, indexing).map(n => wrap(n, { device }))
}
/** The value without gradient: the same as `t.detach()`, inside transforms too. */
export const stopGradient = (t: Tensor): Tensor => t.make(g.stopGradient(t.node))
