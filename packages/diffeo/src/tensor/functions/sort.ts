/** @file Sorting and what is read off a sorted row. NaN counts as the greatest. */
import * as g from '../../graph/build.ts'
import { apply } from '../../graph/build.ts'
import { sizeOf, type Node } from '../../graph/node.ts'
import { DiffeoError, ShapeError } from '../../util/errors.ts'
import { asFloat, axisOf, broadcastTo, checkIsNumber } from './promote.ts'
import { moveAxis, sliceAxis } from './movement.ts'
import { isNaN } from './unary.ts'

/** The positions that sort the last axis; equal elements keep their order, also when descending. */
function orderOfLast(a: Node, descending: boolean): Node {
  const last = a.shape.length - 1
  if (!descending) return apply('argSort', [a], {})
  // ascending from the back: flipping the result back restores the order of equals
  const back = g.flip(apply('argSort', [g.flip(a, [last])], {}), [last])
  return g.sub(g.constantLike(back, a.shape[last] - 1), back)
}

export interface Sorted { values: Node; indices: Node }
export function sort(a: Node, axis = -1, descending = false, op = 'sort'): Sorted {
  if (a.shape.length === 0) return { values: a, indices: g.constant(0, [], 'int32') }
  const i = axisOf(op, axis, a.shape.length)
  const rows = moveAxis(a, i, -1)
  const order = orderOfLast(rows, descending)
  const values = g.gather(rows, order, rows.shape.length - 1)
  return { values: moveAxis(values, -1, i), indices: moveAxis(order, -1, i) }
}
export function argsort(a: Node, axis = -1, descending = false): Node {
  if (a.shape.length === 0) return g.constant(0, [], 'int32')
  const i = axisOf('argsort', axis, a.shape.length)
  return moveAxis(orderOfLast(moveAxis(a, i, -1), descending), -1, i)
}

/** The k greatest (least) along the axis, in order. */
export function topk(a: Node, k: number, axis = -1, largest = true): Sorted {
  const i = axisOf('topk', axis, a.shape.length)
  if (!Number.isInteger(k) || k < 0 || k > a.shape[i])
    throw new ShapeError(`topk: k is ${k}, axis ${axis} has ${a.shape[i]}`)
  const { indices } = sort(a, i, largest, 'topk')
  const first = sliceAxis(indices, i, 0, k)
  return { values: g.gather(a, first, i), indices: first }
}

const nan = (a: Node): Node => g.constantLike(a, NaN)
/** The row where no element of it is NaN, else NaN. */
function unlessNaN(values: Node, rows: Node): Node {
  const last = rows.shape.length - 1
  const bad = g.reduceKeep('max', isNaN(rows), [last])
  return g.where(broadcastTo(bad, values.shape), nan(values), values)
}

function rowsOf(op: string, a: Node, axis: number | undefined): { rows: Node; i: number } {
  const rows = axis === undefined ? g.reshape(a, [sizeOf(a.shape)]) : moveAxis(a, axisOf(op, axis, a.shape.length), -1)
  if (rows.shape.at(-1) === 0) throw new ShapeError(`${op} of nothing: the axis is empty`)
  return { rows, i: axis === undefined ? -1 : axisOf(op, axis, a.shape.length) }
}

/** Puts the last axis (of size 1) of a result back, or drops it. */
function placed(out: Node, a: Node, i: number, keepdims: boolean): Node {
  if (i < 0) return g.reshape(out, keepdims ? a.shape.map(() => 1) : [])
  return keepdims ? moveAxis(out, -1, i) : g.reshape(out, out.shape.slice(0, -1))
}

/** The lower of the two middle elements, and NaN where there is one. */
export function median(a: Node, axis?: number, keepdims = false): Node {
  const { rows, i } = rowsOf('median', asFloat(a), axis)
  const last = rows.shape.length - 1
  const n = rows.shape[last]
  const order = apply('argSort', [rows], {})
  const at = (k: number): Node => sliceAxis(order, last, k, k + 1)
  // a NaN is the last in order: it, and its gradient, stand for the row
  const spoilt = isNaN(g.gather(rows, at(n - 1), last))
  const value = g.gather(rows, g.where(spoilt, at(n - 1), at((n - 1) >> 1)), last)
  // over the whole tensor PyTorch shares the gradient among the equals
  return placed(axis === undefined ? meanOfEquals(rows, value) : value, a, i, keepdims)
}
function meanOfEquals(row: Node, value: Node): Node {
  const wanted = broadcastTo(g.stopGradient(value), row.shape)
  const equals = g.binary('or', g.equal(row, wanted), g.binary('and', isNaN(row), isNaN(wanted)))
  const total = g.reduceKeep('add', g.where(equals, row, g.constantLike(row, 0)), [0])
  return g.div(total, g.reduceKeep('add', g.cast(equals, row.dtype), [0]))
}

/** What a quantile between two elements is. */
export type Interpolation = 'linear' | 'lower' | 'higher' | 'midpoint' | 'nearest'
export interface QuantileOptions {
  keepdims?: boolean
  /** What stands for a place between two elements ('linear'). */
  interpolation?: Interpolation
}
const interpolations: readonly Interpolation[] = ['linear', 'lower', 'higher', 'midpoint', 'nearest']
export function checkInterpolation(op: string, given: Interpolation): void {
  if (interpolations.includes(given)) return
  throw new DiffeoError(`${op}: there is no interpolation '${String(given)}': ${interpolations.join(', ')}`)
}

/** @throws ShapeError unless q is a number or numbers: where it lies decides what is read */
export function checkQ(op: string, q: unknown): void {
  if (!Array.isArray(q)) checkIsNumber(op, 'q', q, 'a number from 0 to 1, or an array of them')
}

/** Between the two nearest in order; several q make a new first axis. */
export function quantile(
  a: Node, q: number | readonly number[], axis?: number, keepdims = false, interpolation: Interpolation = 'linear',
): Node {
  checkInterpolation('quantile', interpolation)
  checkQ('quantile', q)
  const { rows, i } = rowsOf('quantile', asFloat(a), axis)
  const last = rows.shape.length - 1
  const order = apply('argSort', [rows], {})
  const at = (k: number): Node => g.gather(rows, sliceAxis(order, last, k, k + 1), last)
  const one = (p: number): Node => {
    if (!(p >= 0 && p <= 1)) throw new ShapeError(`quantile: q is ${p}, and goes from 0 to 1`)
    const place = p * (rows.shape[last] - 1)
    const below = Math.floor(place)
    const value = place === below ? at(below) : between(at, below, place - below, interpolation)
    return placed(unlessNaN(value, rows), a, i, keepdims)
  }
  if (typeof q === 'number') return one(q)
  return g.concat(q.map(one).map(v => g.reshape(v, [1, ...v.shape])), 0)
}
function between(at: (k: number) => Node, below: number, share: number, interpolation: Interpolation): Node {
  if (interpolation === 'lower') return at(below)
  if (interpolation === 'higher') return at(below + 1)
  // halves go to the even place
  if (interpolation === 'nearest') return at(share === 0.5 ? below + (below % 2) : Math.round(below + share))
  const [x, y] = [at(below), at(below + 1)]
  return g.add(x, g.scale(g.sub(y, x), interpolation === 'midpoint' ? 0.5 : share))
}
