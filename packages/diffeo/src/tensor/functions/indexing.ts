/**
 * @file Indexing: what `x.index(...)` and `x.indexSet([...], value)` mean, as PyTorch's x[...]. Integers, slices, null
 * and '...' are movement and come first; what gathers (arrays and integer tensors) then works on what they left.
 */
import * as g from '../../graph/build.ts'
import { isInteger } from '../../graph/dtype.ts'
import { sizeOf, type Node, type Shape } from '../../graph/node.ts'
import { DTypeError, ShapeError } from '../../util/errors.ts'
import {
  axisOf, broadcastShape, broadcastTo, literal, materialize, numbers, promoted, shapeText, type Operand,
} from './promote.ts'
import { sliceAxis } from './movement.ts'

/** A range of an axis, as Python's start:stop:step. */
export class Slice {
  readonly start: number | null
  readonly stop: number | null
  readonly step: number
  constructor(start: number | null, stop: number | null, step: number) {
    if (!Number.isInteger(step) || step === 0)
      throw new ShapeError(`slice: the step is ${step}, and must be a whole number but 0`)
    for (const end of [start, stop])
      if (end !== null && !Number.isInteger(end)) throw new ShapeError(`slice: ${end} is not a whole number`)
    this.start = start
    this.stop = stop
    this.step = step
  }
}
/** `slice(1, 5, 2)` is 1:5:2, `slice(null, null, -1)` is ::-1, and `slice()` all of an axis. */
export const slice = (start: number | null = null, stop: number | null = null, step: number | null = null): Slice =>
  new Slice(start, stop, step ?? 1)

/** An index once tensors are nodes and masks are positions. */
export type NodeIndex = number | Slice | null | '...' | Node

interface Range { readonly from: number; readonly count: number; readonly step: number }
/** Where a slice begins on an axis of size n, and how many elements it takes. */
function range({ start, stop, step }: Slice, n: number): Range {
  const within = (at: number, low: number, high: number): number => Math.min(Math.max(at < 0 ? at + n : at, low), high)
  const [low, high] = step > 0 ? [0, n] : [-1, n - 1]
  const from = start === null ? (step > 0 ? 0 : n - 1) : within(start, low, high)
  const to = stop === null ? (step > 0 ? n : -1) : within(stop, low, high)
  return { from, step, count: Math.max(0, Math.ceil((to - from) / step)) }
}

/** One entry an axis of x; `made` are the axes of the result: an axis of x that stays, or null for a new one. */
interface Plan {
  readonly ranges: readonly Range[]
  /** For each axis of x, the node that gathers there. */
  readonly gathers: readonly (Node | null)[]
  readonly made: readonly (number | null)[]
}

const consumes = (i: NodeIndex): boolean => i !== null && i !== '...'

function plan(op: string, shape: Shape, index: readonly NodeIndex[]): Plan {
  const used = index.filter(consumes).length
  if (used > shape.length)
    throw new ShapeError(`${op}: ${used} indices for the ${shape.length} axes of ${shapeText(shape)}`)
  if (index.filter(i => i === '...').length > 1) throw new ShapeError(`${op}: '...' stands more than once`)
  const full = index.includes('...') ? index : [...index, '...' as const]
  const ranges: Range[] = []
  const gathers: (Node | null)[] = []
  const made: (number | null)[] = []
  const whole = (): void => {
    made.push(ranges.length)
    ranges.push({ from: 0, count: shape[ranges.length], step: 1 })
    gathers.push(null)
  }
  for (const i of full) {
    const axis = ranges.length
    if (i === null) made.push(null)
    else if (i === '...') for (let k = shape.length - used; k > 0; k--) whole()
    else if (typeof i === 'number') {
      ranges.push({ from: place(op, i, axis, shape[axis]), count: 1, step: 1 })
      gathers.push(null)
    } else if (i instanceof Slice) {
      made.push(axis)
      ranges.push(range(i, shape[axis]))
      gathers.push(null)
    } else {
      whole()
      gathers[axis] = i
    }
  }
  return { ranges, gathers, made }
}

function place(op: string, i: number, axis: number, n: number): number {
  if (Number.isInteger(i) && i >= -n && i < n) return i < 0 ? i + n : i
  throw new ShapeError(`${op}: index ${i} is out of range for axis ${axis}, of size ${n}`)
}

/** The axes of which a run is taken cut to it; where it begins is an argument, so that each place is one program. */
function runs(a: Node, ranges: readonly Range[]): Node {
  const isRun = ({ count, step }: Range, axis: number): boolean => step === 1 && count > 0 && count < a.shape[axis]
  if (!numbers.areArguments || !ranges.some(isRun)) return a
  const starts = ranges.map((r, axis) => (isRun(r, axis) ? literal(r.from, [], 'int32') : g.constant(0, [], 'int32')))
  const size = ranges.map((r, axis) => (isRun(r, axis) ? r.count : a.shape[axis]))
  return g.apply('dynamicSlice', [a, ...starts], { size })
}

/** The ranges of every axis, in order: a negative step is a flip. */
function takeRanges(a: Node, ranges: readonly Range[]): Node {
  let out = runs(a, ranges)
  ranges.forEach(({ from, count, step }, axis) => {
    if (out.shape[axis] === count && step === 1) return
    const low = step > 0 ? from : from + (count - 1) * step
    out =
      count === 0
        ? sliceAxis(out, axis, 0, 0)
        : sliceAxis(out, axis, low, low + (count - 1) * Math.abs(step) + 1, Math.abs(step))
    if (step < 0) out = g.flip(out, [axis])
  })
  return out
}

/** x[index] */
export function index(a: Node, indices: readonly NodeIndex[]): Node {
  const p = plan('index', a.shape, indices)
  const taken = takeRanges(a, p.ranges)
  const viewed = g.reshape(taken, p.made.map(i => (i === null ? 1 : taken.shape[i])))
  return gatherFrom('index', viewed, onView(p))
}

/** The gathering nodes on the axes of the view that ranges, new and dropped axes leave. */
const onView = (p: Plan): (Node | null)[] => p.made.map(i => (i === null ? null : p.gathers[i]))

interface Gathering {
  /** The axes that gather, the others, and the shape that the indices broadcast to. */
  readonly axes: readonly number[]
  readonly rest: readonly number[]
  readonly shape: Shape
  /** int32 positions in the flattened gathered axes, [N, 1, …]. */
  readonly positions: Node
  /** Where the gathered axes stand in the result. */
  readonly at: number
}

/** Negative positions count from the end. */
const wrapped = (i: Node, n: number): Node => g.where(g.less(i, g.constantLike(i, 0)), g.shift(i, n), i)

function gathering(op: string, shape: Shape, gathers: readonly (Node | null)[]): Gathering | null {
  const axes = gathers.flatMap((i, k) => (i ? [k] : []))
  if (axes.length === 0) return null
  const nodes = axes.map(k => gathers[k]!)
  for (const i of nodes)
    if (!isInteger(i.dtype)) throw new DTypeError(`${op}: an index has dtype ${i.dtype}: integers gather, bool selects`)
  const common = broadcastShape(
    op,
    nodes.map(i => i.shape),
  )
  const lines = nodes.map((i, k) => wrapped(g.cast(broadcastTo(i, common), 'int32'), shape[axes[k]]))
  const rest = shape.map((_, k) => k).filter(k => !axes.includes(k))
  const adjacent = axes.every((k, j) => j === 0 || k === axes[j - 1] + 1)
  const positions = g.reshape(flatPosition(lines, axes.map(k => shape[k])), [sizeOf(common), ...rest.map(() => 1)])
  return { axes, rest, shape: common, positions, at: adjacent ? axes[0] : 0 }
}

/** Row-major position; if one coordinate is out of range the whole is, so that the run-time check sees it. */
function flatPosition(lines: readonly Node[], sizes: readonly number[]): Node {
  if (lines.length === 1) return lines[0]
  const flat = lines.reduce((sum, i, k) => (k === 0 ? i : g.add(g.scale(sum, sizes[k]), i)))
  const bad = lines.map((i, k) =>
    g.binary('or', g.less(i, g.constantLike(i, 0)), g.not(g.less(i, g.constantLike(i, sizes[k])))),
  )
  return g.where(
    bad.reduce((p, q) => g.binary('or', p, q)),
    g.constantLike(flat, -1),
    flat,
  )
}

/** [gathered axes as one, the rest…] */
const toRows = (a: Node, { axes, rest }: Gathering): Node =>
  g.reshape(g.permute(a, [...axes, ...rest]), [sizeOf(axes.map(k => a.shape[k])), ...rest.map(k => a.shape[k])])

/** Axes [gathered…, rest…] in the order of the result. */
function resultOrder({ rest, shape, at }: Gathering): number[] {
  const n = shape.length
  const others = rest.map((_, k) => n + k)
  return [...others.slice(0, at), ...Array.from({ length: n }, (_, k) => k), ...others.slice(at)]
}

function gatherFrom(op: string, a: Node, gathers: readonly (Node | null)[]): Node {
  const way = gathering(op, a.shape, gathers)
  if (!way) return a
  const rows = g.gather(toRows(a, way), way.positions, 0)
  return g.permute(g.reshape(rows, [...way.shape, ...rows.shape.slice(1)]), resultOrder(way))
}

/** x with x[index] replaced by the value, which broadcasts to it. */
export function indexSet(a: Node, indices: readonly NodeIndex[], value: Operand): Node {
  const p = plan('indexSet', a.shape, indices)
  const part = takeRanges(a, p.ranges)
  const viewShape = p.made.map(i => (i === null ? 1 : part.shape[i]))
  const way = gathering('indexSet', viewShape, onView(p))
  const target = way ? scatterInto(g.reshape(part, viewShape), way, value) : fitted(viewShape, a, value)
  return putRanges(a, p.ranges, g.reshape(target, part.shape))
}

/** The value in x's dtype, repeated to the shape; axes of size 1 in front of it are dropped, as PyTorch does. */
function fitted(shape: Shape, a: Node, value: Operand): Node {
  if (typeof value !== 'object' || 'weak' in value) return materialize('indexSet', value, shape, a.dtype)
  let v = g.cast(value, a.dtype)
  while (v.shape.length > shape.length && v.shape[0] === 1) v = g.reshape(v, v.shape.slice(1))
  if (!g.sameShape(broadcastShape('indexSet', [shape, v.shape]), shape)) {
    throw new ShapeError(`indexSet: a value of shape ${shapeText(value.shape)} does not fit ${shapeText(shape)}`)
  }
  return broadcastTo(v, shape)
}

function scatterInto(view: Node, way: Gathering, value: Operand): Node {
  const order = resultOrder(way)
  const restShape = way.rest.map(k => view.shape[k])
  const middle = [...way.shape, ...restShape]
  const shaped = g.permute(fitted(order.map(k => middle[k]), view, value), inverse(order))
  const rows = g.reshape(shaped, [sizeOf(way.shape), ...restShape])
  const set = g.scatter(toRows(view, way), way.positions, rows, 0, 'set')
  const unfolded = g.reshape(set, [...way.axes, ...way.rest].map(k => view.shape[k]))
  return g.permute(unfolded, inverse([...way.axes, ...way.rest]))
}
const inverse = (order: readonly number[]): number[] => order.map((_, i) => order.indexOf(i))

/** x with its ranges replaced by `part`: laid out by padding, and chosen by a mask laid out the same way. */
function putRanges(a: Node, ranges: readonly Range[], part: Node): Node {
  if (ranges.every((r, k) => r.step === 1 && r.count === a.shape[k])) return part
  if (sizeOf(part.shape) === 0) return a
  const backwards = ranges.flatMap((r, k) => (r.step < 0 ? [k] : []))
  const pads = ranges.map(({ from, count, step }, k): [number, number] => {
    const low = step > 0 ? from : from + (count - 1) * step
    return [low, a.shape[k] - low - (count - 1) * Math.abs(step) - 1]
  })
  const spread = (node: Node): Node => g.pad(node, pads, 0, ranges.map(r => Math.abs(r.step) - 1))
  const mask = spread(g.constant(1, part.shape, 'bool'))
  return g.where(mask, spread(g.flip(part, backwards)), a)
}

/** out[i] = x[i with index[i] on the axis]; on other axes the index may be shorter than x. */
export function gather(a: Node, axis: number, at: Node): Node {
  const { x, i } = cropped('gather', a, axis, at)
  return g.gather(x, g.cast(at, 'int32'), i)
}

function cropped(op: string, a: Node, axis: number, at: Node): { x: Node; i: number } {
  const i = axisOf(op, axis, a.shape.length)
  if (!isInteger(at.dtype)) throw new DTypeError(`${op}: the index has dtype ${at.dtype}, and must be of integers`)
  const fits = at.shape.length === a.shape.length && at.shape.every((d, k) => k === i || d <= a.shape[k])
  if (!fits)
    throw new ShapeError(
      `${op}: an index of shape ${shapeText(at.shape)} does not fit x of shape ${shapeText(a.shape)} along axis ${axis}`,
    )
  return { x: at.shape.reduce((x, d, k) => (k === i ? x : sliceAxis(x, k, 0, d)), a), i }
}

export function indexSelect(a: Node, axis: number, at: Node): Node {
  const i = axisOf('indexSelect', axis, a.shape.length)
  if (at.shape.length > 1)
    throw new ShapeError(`indexSelect takes a vector of positions, got shape ${shapeText(at.shape)}`)
  return index(a, [...new Array<Slice>(i).fill(slice()), g.reshape(at, [sizeOf(at.shape)])])
}

/** x with `updates` set (or added) where `at` says, along the axis. */
export function scatter(a: Node, axis: number, at: Node, updates: Operand, mode: 'add' | 'set'): Node {
  const op = mode === 'add' ? 'scatterAdd' : 'scatter'
  const { x, i } = cropped(op, a, axis, at)
  const rows = g.scatter(x, g.cast(at, 'int32'), updatesFor(op, a, at, updates), i, mode)
  return putRanges(a, x.shape.map(count => ({ from: 0, count, step: 1 })), rows)
}
function updatesFor(op: string, a: Node, at: Node, updates: Operand): Node {
  if (typeof updates !== 'object' || 'weak' in updates) return materialize(op, updates, at.shape, a.dtype)
  if (promoted(a.dtype, updates.dtype) !== a.dtype)
    throw new DTypeError(`${op}: x is ${a.dtype}, the updates are ${updates.dtype}: cast them`)
  const node = g.cast(updates, a.dtype)
  const fits = node.shape.length === at.shape.length && node.shape.every((d, k) => d >= at.shape[k])
  if (!fits)
    throw new ShapeError(
      `${op}: updates of shape ${shapeText(node.shape)} do not cover an index of shape ${shapeText(at.shape)}`,
    )
  return at.shape.reduce((u, d, k) => sliceAxis(u, k, 0, d), node)
}

export function maskedFill(a: Node, mask: Node, value: Operand): Node {
  if (mask.dtype !== 'bool') throw new DTypeError(`maskedFill takes a bool mask, got ${mask.dtype}`)
  const shape = broadcastShape('maskedFill', [a.shape, mask.shape])
  return g.where(broadcastTo(mask, shape), materialize('maskedFill', value, shape, a.dtype), broadcastTo(a, shape))
}

/**
 * int32 [..., classes]: 1 at the class, 0 elsewhere. A class that is not there is an error at run time: gather checks.
 */
export function oneHot(a: Node, classes: number): Node {
  if (!isInteger(a.dtype)) throw new DTypeError(`oneHot takes integers, got ${a.dtype}`)
  if (!Number.isInteger(classes) || classes <= 0) throw new ShapeError(`oneHot: ${classes} is not a number of classes`)
  const square = [classes, classes]
  const identity = g.cast(g.equal(g.iota(0, square), g.iota(1, square)), 'int32')
  const rows = g.gather(identity, g.reshape(g.cast(a, 'int32'), [sizeOf(a.shape), 1]), 0)
  return g.reshape(rows, [...a.shape, classes])
}
