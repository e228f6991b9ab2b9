/** @file Reductions: many elements to one. */
import { Index } from '../expr/index.ts'
import {
  apply, broadcastInto, cast, equal, mul, permute, reciprocal, reduce as combineAxes, reshape, sum,
} from '../graph/build.ts'
import { sizeOf, type Aval, type Combine, type Node } from '../graph/node.ts'
import { ShapeError } from '../util/errors.ts'
import type { NDArray, OpRecord } from './record.ts'
import { around, ndarray, permuted } from './support/array.ts'
import { afterBatch, batchUnary } from './support/batch.ts'
import { checkAxes, checkAxis, checkCount, checkKind, show } from './support/check.ts'
import { combiner, identityOf } from './support/combine.ts'
import { exclusiveProduct } from './support/product.ts'
import { flat } from './support/rules.ts'

const keptAxes = (rank: number, axes: readonly number[]): number[] =>
  Array.from({ length: rank }, (_, i) => i).filter(i => !axes.includes(i))

function checkNotEmpty(op: string, a: Aval, axes: readonly number[]): void {
  const empty = axes.find(axis => a.shape[axis] === 0)
  if (empty !== undefined) throw new ShapeError(`${op} of ${show(a)} over axis ${empty}, which is empty: there is none`)
}

const isOrder = (combine: Combine): combine is 'max' | 'min' => combine === 'max' || combine === 'min'

function evaluateReduce([a]: readonly NDArray[], node: Node<'reduce'>): NDArray {
  const { combine, axes } = node.attrs
  const step = combiner(combine, a.dtype)
  const rows = permuted(a, [...keptAxes(a.shape.length, axes), ...axes]).data
  const out = ndarray(node.shape, a.dtype)
  const n = sizeOf(axes.map(axis => a.shape[axis]))
  for (let i = 0; i < out.data.length; i++) {
    let value = identityOf[combine]
    for (let k = 0; k < n; k++) value = step(value, rows[i * n + k])
    out.data[i] = value
  }
  return out
}

/** The reduction's derivative, as a function that weighs a tangent of the input's shape (or a repeated cotangent). */
function weigh(t: Node, node: Node<'reduce'>): Node {
  const { combine, axes } = node.attrs
  const [a] = node.inputs
  if (combine === 'add') return t
  if (combine === 'mul') return mul(t, productOfOthers(a, axes))
  // equal shares to all that attain the extreme
  const winners = cast(equal(a, repeatBack(node, a, axes)), a.dtype)
  return mul(t, mul(winners, repeatBack(reciprocal(sum(winners, axes)), a, axes)))
}

const repeatBack = (g: Node, a: Node, axes: readonly number[]): Node =>
  broadcastInto(g, a.shape, keptAxes(a.shape.length, axes))

/** At each element the product of all others over `axes`, of what comes before and after: zeros do no harm. */
function productOfOthers(a: Node, axes: readonly number[]): Node {
  const kept = keptAxes(a.shape.length, axes)
  const order = [...kept, ...axes]
  const moved = permute(a, order)
  const flatShape = [...kept.map(i => a.shape[i]), sizeOf(axes.map(i => a.shape[i]))]
  const rows = reshape(moved, flatShape)
  const others = mul(exclusiveProduct(rows, kept.length, false), exclusiveProduct(rows, kept.length, true))
  const back = order.map((_, i) => order.indexOf(i))
  return permute(reshape(others, moved.shape), back)
}

const reduce: OpRecord<'reduce'> = {
  infer(inputs, { combine, axes }) {
    checkCount('reduce', inputs, 1)
    const [a] = inputs
    const name = `reduce ${combine}`
    checkKind(name, a, isOrder(combine) ? 'ordered' : 'numbers')
    checkAxes(name, a, axes)
    if (isOrder(combine)) checkNotEmpty(name, a, axes)
    return { shape: keptAxes(a.shape.length, axes).map(i => a.shape[i]), dtype: a.dtype }
  },
  evaluate: evaluateReduce,
  vjp: ([g], node) => [g && weigh(repeatBack(g, node.inputs[0], node.attrs.axes), node)],
  jvp: ([t], node) => [t && sum(weigh(t, node), node.attrs.axes)],
  batch: batchUnary<'reduce'>((a, { attrs }) => combineAxes(attrs.combine, a, afterBatch(attrs.axes))),
  lower: (e, [a], index, { inputs: [input], attrs: { combine, axes } }) => {
    const vars = e.reductionVariables(axes.map(axis => input.shape[axis]), index)
    const full = new Array<Index>(input.shape.length)
    keptAxes(full.length, axes).forEach((axis, i) => { full[axis] = index[i] })
    axes.forEach((axis, i) => { full[axis] = Index.of(vars[i]) })
    return e.reduce(combine, vars, a(full))
  },
}

const argReduce: OpRecord<'argReduce'> = {
  infer(inputs, { combine, axis }) {
    checkCount('argReduce', inputs, 1)
    const [a] = inputs
    const name = `argReduce ${combine}`
    checkAxis(name, a, axis)
    checkNotEmpty(name, a, [axis])
    return { shape: a.shape.filter((_, i) => i !== axis), dtype: 'int32' }
  },
  evaluate([a], { shape, attrs: { combine, axis } }) {
    const { outer, n, inner } = around(a.shape, axis)
    const out = ndarray(shape, 'int32')
    const better = combine === 'max' ? (x: number, y: number) => x > y : (x: number, y: number) => x < y
    for (let i = 0; i < outer * inner; i++) {
      const base = Math.floor(i / inner) * n * inner + (i % inner)
      let best = 0
      for (let k = 1; k < n; k++) {
        const champion = a.data[base + best * inner]
        const x = a.data[base + k * inner]
        if (champion === champion && (x !== x || better(x, champion))) best = k
      }
      out.data[i] = best
    }
    return out
  },
  ...flat<'argReduce'>(),
  batch: batchUnary<'argReduce'>((a, { attrs: { combine, axis } }) =>
    apply('argReduce', [a], { combine, axis: axis + 1 })),
  lower: (e, [a], index, { inputs: [input], attrs: { combine, axis } }) => {
    const [v] = e.reductionVariables([input.shape[axis]], index)
    return e.argReduce(combine, [v], a([...index.slice(0, axis), Index.of(v), ...index.slice(axis)]))
  },
}

export const reduceRecords = { reduce, argReduce }
