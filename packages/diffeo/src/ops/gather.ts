/** @file Indexing by a tensor of indices along one axis. */
import { Index } from '../expr/index.ts'
import { indexesBy } from '../expr/scalar.ts'
import { constant, equal, expand, gather as take, iota, scatter as put, where } from '../graph/build.ts'
import type { Attrs, Aval, Node, Shape } from '../graph/node.ts'
import { DataError, IndexError, ShapeError } from '../util/errors.ts'
import type { NDArray, OpRecord } from './record.ts'
import { forEachIndex, ndarray, stridesOf } from './support/array.ts'
import { allBatched, repeatFront, unsqueezeFront } from './support/batch.ts'
import { checkAxis, checkCount, checkDType, checkKind, checkSameDType, show, showShape } from './support/check.ts'
import { orZeros, zerosLike } from './support/rules.ts'

/** The shape of what `index` names in `x`. */
function takenShape(op: string, x: Aval, index: Aval, axis: number): Shape {
  checkDType(op, 'an index', index, 'int32')
  checkAxis(op, x, axis)
  const fits = index.shape.length === x.shape.length
    && index.shape.every((d, i) => i === axis || d === 1 || d === x.shape[i])
  if (!fits) {
    throw new ShapeError(`${op} on axis ${axis} of ${show(x)} takes an index of the same rank, and off the axis of the `
      + `same sizes or 1; got ${show(index)}`)
  }
  return x.shape.map((d, i) => (i === axis ? index.shape[axis] : d))
}

/**
 * Calls `visit(position, at)` for each element of an array shaped `taken`: its place, and the one in x it stands for.
 */
function forEachTaken(
  op: string, x: NDArray, index: NDArray, taken: Shape, { axis, check }: Attrs['gather'],
  visit: (position: number, at: number) => void,
): void {
  const strides = stridesOf(x.shape)
  const indexStrides = stridesOf(index.shape).map((s, i) => (index.shape[i] === 1 ? 0 : s))
  forEachIndex(taken, (at, position) => {
    let from = 0
    let place = 0
    for (let i = 0; i < at.length; i++) {
      from += at[i] * indexStrides[i]
      if (i !== axis) place += at[i] * strides[i]
    }
    const k = index.data[from]
    if (!(k >= 0 && k < x.shape[axis])) {
      if (check !== undefined) throw new DataError(check)
      throw new IndexError(
        `${op}: index ${k} is out of range for axis ${axis} of ${show(x)}, whose extent is ${x.shape[axis]}.`,
      )
    }
    visit(position, place + k * strides[axis])
  })
}

const gather: OpRecord<'gather'> = {
  infer(inputs, { axis }) {
    checkCount('gather', inputs, 2)
    return { shape: takenShape('gather', inputs[0], inputs[1], axis), dtype: inputs[0].dtype }
  },
  evaluate([x, index], { shape, attrs }) {
    const out = ndarray(shape, x.dtype)
    forEachTaken('gather', x, index, shape, attrs, (position, at) => { out.data[position] = x.data[at] })
    return out
  },
  vjp: ([g], node) => [g && putBack(g, node), null],
  jvp: ([t], { inputs: [, index], attrs: { axis, check } }) => [t && take(t, index, axis, check)],
  batch([x, index], [bx, bi], { attrs: { axis, check } }, size) {
    return [take(bx ? x : repeatFront(x, size), bi ? index : unsqueezeFront(index), axis + 1, check)]
  },
  // the index as it is: the program clamps and checks it where it is used
  lower(e, [x, index], at, { inputs: [a, b], attrs: { axis } }) {
    const extent = a.shape[axis]
    const k = index(at.map((i, d) => (b.shape[d] === 1 ? Index.constant(0) : i)))
    const here = Index.dynamic(k, extent)
    const value = x(at.map((i, d) => (d === axis ? here : i)))
    if (indexesBy(value, k)) return value
    // All elements along the axis are the same: the check alone uses the index. It always holds, since what is out of
    // range is 0 by then; the other value only has to be another one, for nothing to fold.
    const inside = e.binary('less', e.index(here), e.constant(extent, 'int32'))
    return e.where(inside, value, e.constant(value.value === 0 ? 1 : 0, value.dtype))
  },
}

/** The transpose of a gather. One index a row needs no scatter: the gradient is g where the position is the index. */
function putBack(g: Node, { inputs: [x, index], attrs: { axis } }: Node<'gather'>): Node {
  if (index.shape[axis] !== 1) return put(zerosLike(x), index, g, axis, 'add')
  // looked up among its own values the index is checked here too: the forward gather may not be part of the program
  const positions = iota(axis, index.shape.map((d, i) => (i === axis ? x.shape[axis] : d)))
  const here = equal(iota(axis, x.shape), expand(take(positions, index, axis), x.shape))
  return where(here, expand(g, x.shape), zerosLike(x))
}

/** Of updates that meet at one place the last (row-major) one stays, as does the mask of it. */
function lastWriters({ inputs: [x, index, updates], attrs: { axis } }: Node<'scatter'>): Node {
  const turn = iota(axis, updates.shape)
  const last = put(constant(0, x.shape, 'int32'), index, turn, axis, 'set')
  return equal(take(last, index, axis), turn)
}

const scatter: OpRecord<'scatter'> = {
  infer(inputs, { axis, mode }) {
    checkCount('scatter', inputs, 3)
    const [x, index, updates] = inputs
    const shape = takenShape('scatter', x, index, axis)
    checkSameDType('scatter', x, updates)
    if (mode === 'add') checkKind('scatter add', x, 'numbers')
    if (updates.shape.length !== shape.length || updates.shape.some((d, i) => d !== shape[i])) {
      throw new ShapeError(`scatter on axis ${axis} of ${show(x)} at ${show(index)} takes updates of shape `
        + `${showShape(shape)}, got ${show(updates)}`)
    }
    return { shape: x.shape, dtype: x.dtype }
  },
  evaluate([x, index, updates], { attrs: { axis, mode } }) {
    const out = ndarray(x.shape, x.dtype, x.data.slice())
    forEachTaken('scatter', x, index, updates.shape, { axis }, (position, at) => {
      out.data[at] = updates.data[position] + (mode === 'add' ? out.data[at] : 0)
    })
    return out
  },
  vjp([g], node) {
    const { inputs: [, index, updates], attrs: { axis, mode } } = node
    if (!g) return [null, null, null]
    const taken = take(g, index, axis)
    if (mode === 'add') return [g, null, taken]
    const zeros = zerosLike(updates)
    return [put(g, index, zeros, axis, 'set'), null, where(lastWriters(node), taken, zeros)]
  },
  jvp: ([tx, , tu], { inputs: [x, index, updates], attrs: { axis, mode } }) =>
    [tx || tu ? put(orZeros(tx, x), index, orZeros(tu, updates), axis, mode) : null],
  batch([x, index, updates], [bx, bi, bu], { attrs: { axis, mode } }, size) {
    const [base, values] = allBatched([x, updates], [bx, bu], size)
    return [put(base, bi ? index : unsqueezeFront(index), values, axis + 1, mode)]
  },
}

export const gatherRecords = { gather, scatter }
