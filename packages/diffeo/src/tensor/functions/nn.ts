/**
 * @file Primitives that layers are made of and that Tensor has no method for: convolution, windows, rows of a table;
 * and which cells a result depends on. Shapes and attributes are checked by the primitives' own rules.
 */
import * as g from '../../graph/build.ts'
import type { Cell } from '../../graph/cell.ts'
import { isHalf, isInteger } from '../../graph/dtype.ts'
import { is, sizeOf, type Combine, type ConvAttrs, type Node, type WindowAttrs } from '../../graph/node.ts'
import { topological } from '../../graph/walk.ts'
import { DeviceError, DTypeError, ShapeError } from '../../util/errors.ts'
import { whatIs } from '../../util/options.ts'
import { Tensor } from '../tensor.ts'
import { factors } from './autocast.ts'
import { promoted, shapeText } from './promote.ts'
import { erfinv as inverse } from './random.ts'

export type { Combine, ConvAttrs, WindowAttrs }

function checkDevice(op: string, x: Tensor, other: Tensor, what: string): void {
  if (x.device !== other.device) {
    throw new DeviceError(
      `${op}: the input is on '${x.device}', the ${what} on '${other.device}': move one with to('${x.device}')`,
    )
  }
}

/** How to make a tensor of what stands in its place. */
const fixOf = (x: unknown): string =>
  Array.isArray(x) ? ': write tensor([...])' : x instanceof Promise ? ': await it' : ''

/**
 * A TypeError from inside a function whose argument is an array, a promise or missing, as they are passed in the place
 * of a tensor: an error that says so. Any other error is given back.
 */
export function aboutArguments(where: string, error: unknown, args: readonly unknown[]): unknown {
  if (!(error instanceof TypeError)) return error
  const given = args.length > 0 ? args : [undefined]
  const isOdd = (x: unknown): boolean =>
    x === undefined || x instanceof Promise || (Array.isArray(x) && !x.some(e => e instanceof Tensor))
  const at = given.findIndex(isOdd)
  if (at < 0) return error
  const text = `${where}argument ${at} is ${whatIs(given[at])}, no tensor${fixOf(given[at])} (${error.message})`
  return new DTypeError(text, { cause: error })
}

/** @throws DTypeError unless it is a tensor; DeviceError unless it is where `beside` is */
export function checkTensor(op: string, what: string, x: unknown, beside?: Tensor): asserts x is Tensor {
  if (!(x instanceof Tensor)) {
    throw new DTypeError(`${op}: the ${what} is ${whatIs(x)}, and must be a tensor${fixOf(x)}`)
  }
  if (beside) checkDevice(op, beside, x, what)
}

/** A half as float32, any other float as it is. */
export const wide = (x: Tensor): Tensor => (isHalf(x.dtype) ? x.cast('float32') : x)
/**
 * f of x in float32 or float64, rounded once where x is a half, in which sums and squares on the way would overflow.
 */
export const inFloat32 = (x: Tensor, f: (wide: Tensor) => Tensor): Tensor =>
  isHalf(x.dtype) ? f(wide(x)).cast(x.dtype) : f(x)

/**
 * Cross-correlation of x `[batch, in, ...space]` with w `[out, in/groups, ...window]`, in the dtype that holds both.
 */
export function conv(x: Tensor, w: Tensor, attrs: ConvAttrs): Tensor {
  checkDevice('conv', x, w, 'weight')
  const dtype = promoted(x.dtype, w.dtype)
  return x.make(g.apply('conv', factors(x.node, w.node, dtype), attrs))
}

/** Combines each window over the last `attrs.size.length` axes; what lies outside of x is not there. */
export const reduceWindow = (x: Tensor, combine: Combine, attrs: WindowAttrs): Tensor =>
  x.make(g.apply('reduceWindow', [x.node], { combine, ...attrs }))

/**
 * The number, inside each window (row-major, int32), of its first greatest element, and that element. Only the second
 * has a gradient.
 */
export function greatestOfWindows(x: Tensor, attrs: WindowAttrs): { which: Tensor; values: Tensor } {
  const which = g.apply('argReduceWindow', [x.node], { combine: 'max', ...attrs })
  return { which: x.make(which), values: x.make(g.apply('takeWindow', [x.node, which], attrs)) }
}

/**
 * Row `ids[…]` of the table `[rows, ...rest]` for each id: `[...ids.shape, ...rest]`. Out of range is an error at run
 * time, which `check` may word.
 */
export function takeRows(table: Tensor, ids: Tensor, check?: string): Tensor {
  if (!isInteger(ids.dtype)) {
    throw new DTypeError(
      `embedding: ids are whole numbers, got ${ids.dtype} ${shapeText(ids.shape)}: write ids.cast('int32')`,
    )
  }
  if (table.rank === 0) throw new ShapeError('embedding: the table has no rows, it is 0-d')
  checkDevice('embedding', ids, table, 'table')
  const rest = table.shape.slice(1)
  const at = g.reshape(g.cast(ids.node, 'int32'), [sizeOf(ids.shape), ...rest.map(() => 1)])
  return table.make(g.reshape(g.gather(table.node, at, 0, check), [...ids.shape, ...rest]))
}

/**
 * Rows of x along the axis replaced by those of `update`, from row `start` (0-d int32) on. Rows that x does not have
 * are an error at run time.
 */
export function updateRows(x: Tensor, update: Tensor, axis: number, start: Tensor): Tensor {
  checkDevice('updateRows', update, x, 'table')
  const [rows, count] = [x.shape[axis], update.shape[axis]]
  // gather flags an index that is out of range
  const last = g.reshape(g.shift(start.node, count - 1), [1])
  const first = g.reshape(g.shift(g.gather(g.iota(0, [rows]), last, 0), 1 - count), [])
  const zero = g.constant(0, [], 'int32')
  const starts = x.shape.map((_, i) => (i === axis ? first : zero))
  return x.make(g.apply('dynamicUpdate', [x.node, g.cast(update.node, x.dtype), ...starts], {}))
}

/** The inverse error function of float32 values in (−1, 1). */
export const erfinv = (u: Tensor): Tensor => u.make(inverse(u.node))

/** The cells (parameters, buffers) that the tensors' graphs read, where these are still there. */
export function cellsBehind(tensors: readonly Tensor[]): Set<Cell> {
  const nodes: Node[] = topological(tensors.map(t => t.node))
  return new Set(nodes.flatMap(n => (is(n, 'read') ? [n.attrs.cell] : [])))
}
