/** @file Slices whose place is known at run time only. Starts are clamped so that the slice lies inside. */
import { Index } from '../expr/index.ts'
import type { Expr, Exprs } from '../expr/scalar.ts'
import { apply, binary, constant, expand, gather, iota, less, not, reshape, shift, sub, where } from '../graph/build.ts'
import type { Node, Shape } from '../graph/node.ts'
import { ShapeError } from '../util/errors.ts'
import type { NDArray, Operand, OpRecord } from './record.ts'
import { forEachOffset, ndarray, strided, stridesOf } from './support/array.ts'
import { allBatched, repeatFront } from './support/batch.ts'
import { checkCount, checkPerAxis, checkSameDType, checkStarts, show, showShape } from './support/check.ts'
import { orZeros, zerosLike } from './support/rules.ts'

const dynamicSliceOf = (x: Node, starts: readonly Node[], size: Shape): Node =>
  apply('dynamicSlice', [x, ...starts], { size })
const dynamicUpdateOf = (x: Node, update: Node, starts: readonly Node[]): Node =>
  apply('dynamicUpdate', [x, update, ...starts], {})
const zeroStart = (): Node => constant(0, [], 'int32')

const clampedOffset = (shape: Shape, size: Shape, starts: readonly NDArray[]): number =>
  stridesOf(shape).reduce((sum, s, i) => sum + s * Math.max(0, Math.min(shape[i] - size[i], starts[i].data[0])), 0)

/** The start along `axis`, in [0, extent − size]. */
function startIndex(e: Exprs, start: Operand, extent: number, size: number): Index {
  const bounded = (value: Expr, low: number, high: number): Expr =>
    e.binary('maximum', e.binary('minimum', value, e.constant(high, 'int32')), e.constant(low, 'int32'))
  return extent === size
    ? Index.constant(0)
    : Index.dynamic(bounded(start([]), 0, extent - size), extent - size + 1)
}

const dynamicSlice: OpRecord<'dynamicSlice'> = {
  infer([x, ...starts], { size }) {
    checkPerAxis('dynamicSlice', 'size', size, x)
    if (!size.every((d, i) => Number.isInteger(d) && d >= 0 && d <= x.shape[i])) {
      throw new ShapeError(`dynamicSlice: a slice of shape ${showShape(size)} does not fit into ${show(x)}`)
    }
    checkStarts('dynamicSlice', x, starts)
    return { shape: size, dtype: x.dtype }
  },
  evaluate: ([x, ...starts], { shape }) => strided(x, shape, stridesOf(x.shape), clampedOffset(x.shape, shape, starts)),
  vjp: ([g], { inputs: [x, ...starts] }) =>
    [g && dynamicUpdateOf(zerosLike(x), g, starts), ...starts.map(() => null)],
  jvp: ([t], { inputs: [, ...starts], attrs: { size } }) => [t && dynamicSliceOf(t, starts, size)],
  batch(inputs, batched, { attrs: { size }, inputs: [{ shape }] }, count) {
    const [x, ...starts] = inputs
    const wide = batched[0] ? x : repeatFront(x, count)
    if (!batched.includes(true, 1)) return [dynamicSliceOf(wide, [zeroStart(), ...starts], [count, ...size])]
    const places = allBatched(starts, batched.slice(1), count)
    return [size.reduce((a, n, axis) => gatherRun(a, places[axis], axis + 1, shape[axis], n), wide)]
  },
  lower: (e, [x, ...starts], index, { inputs: [a], shape }) =>
    x(index.map((i, axis) => i.add(startIndex(e, starts[axis], a.shape[axis], shape[axis])))),
}

/** min(max(a, low), high) */
const clamp = (a: Node, low: number, high: number): Node =>
  binary('minimum', binary('maximum', a, constant(low, a.shape, a.dtype)), constant(high, a.shape, a.dtype))

/** `values`, one an example, laid out to fill `shape` (whose axis 0 is the batch). */
const perExample = (values: Node, shape: Shape): Node =>
  expand(reshape(values, shape.map((_, i) => (i === 0 ? values.shape[0] : 1))), shape)

/** Along `axis`, the run of `size` elements that begins at each example's own start. */
function gatherRun(a: Node, starts: Node, axis: number, extent: number, size: number): Node {
  if (size === extent) return a
  const shape = a.shape.map((d, i) => (i === 0 ? d : i === axis ? size : 1))
  const index = binary('add', iota(axis, shape), perExample(clamp(starts, 0, extent - size), shape))
  return gather(a, index, axis)
}

const dynamicUpdate: OpRecord<'dynamicUpdate'> = {
  infer(inputs) {
    const [x, update, ...starts] = inputs
    if (inputs.length < 2) checkCount('dynamicUpdate', inputs, 2)
    checkSameDType('dynamicUpdate', x, update)
    if (update.shape.length !== x.shape.length || update.shape.some((d, i) => d > x.shape[i])) {
      throw new ShapeError(`dynamicUpdate: an update ${show(update)} does not fit into ${show(x)}`)
    }
    checkStarts('dynamicUpdate', x, starts)
    return { shape: x.shape, dtype: x.dtype }
  },
  evaluate([x, update, ...starts]) {
    const out = ndarray(x.shape, x.dtype, x.data.slice())
    forEachOffset(update.shape, stridesOf(x.shape), clampedOffset(x.shape, update.shape, starts), (position, at) => {
      out.data[at] = update.data[position]
    })
    return out
  },
  vjp: ([g], { inputs: [, update, ...starts] }) => [
    g && dynamicUpdateOf(g, zerosLike(update), starts),
    g && dynamicSliceOf(g, starts, update.shape),
    ...starts.map(() => null),
  ],
  jvp: ([tx, tu], { inputs: [x, update, ...starts] }) =>
    [tx || tu ? dynamicUpdateOf(orZeros(tx, x), orZeros(tu, update), starts) : null],
  batch(inputs, batched, _node, size) {
    const [x, update] = allBatched(inputs.slice(0, 2), batched.slice(0, 2), size)
    const starts = inputs.slice(2)
    if (!batched.includes(true, 2)) return [dynamicUpdateOf(x, update, [zeroStart(), ...starts])]
    return [updateEach(x, update, allBatched(starts, batched.slice(2), size))]
  },
  lower: (e, [x, update, ...starts], index, { inputs: [a, b] }) => {
    const at = index.map((i, axis) => i.minus(startIndex(e, starts[axis], a.shape[axis], b.shape[axis])))
    const inside = at.reduce((all, i, axis) =>
      e.binary('and', all, e.inRange(i, 0, b.shape[axis])), e.constant(1, 'bool'))
    return e.where(inside, update(at), x(index))
  },
}

/** Updates at a place of each example's own: the update gathered to where it goes, where it goes. */
function updateEach(x: Node, update: Node, starts: readonly Node[]): Node {
  if (update.shape.includes(0)) return x
  let spread = update
  let inside: Node | null = null
  starts.forEach((start, i) => {
    const axis = i + 1
    const [extent, size] = [x.shape[axis], update.shape[axis]]
    if (size === extent) return
    const shape = x.shape.map((d, k) => (k === 0 || k === axis ? d : 1))
    const place = sub(iota(axis, shape), perExample(clamp(start, 0, extent - size), shape))
    spread = gather(spread, clamp(place, 0, size - 1), axis)
    const within = binary('and', not(less(place, zerosLike(place))), less(place, shift(zerosLike(place), size)))
    const wide = expand(within, x.shape)
    inside = inside ? binary('and', inside, wide) : wide
  })
  return inside ? where(inside, spread, x) : spread
}

export const dynamicRecords = { dynamicSlice, dynamicUpdate }
