/** @file Where elements go: an index of the output becomes an index of the input. */
import { Index } from '../expr/index.ts'
import type { Expr, Exprs } from '../expr/scalar.ts'
import { concat as join, expand as repeat, flip as reverse, pad as padded, permute as transposed, reshape as shaped,
  slice as sliced, sum } from '../graph/build.ts'
import type { Attrs, Node, Shape } from '../graph/node.ts'
import { ShapeError } from '../util/errors.ts'
import type { OpRecord } from './record.ts'
import { filled, forEachIndex, ndarray, permuted, strided, stridesOf } from './support/array.ts'
import { afterBatch, allBatched, batchUnary, withBatch } from './support/batch.ts'
import { checkAxes, checkAxis, checkCount, checkPerAxis, checkSameDType, checkShape, checkSize, show, showShape,
} from './support/check.ts'
import { reshapeIndex } from './support/reshape.ts'
import { linear, zerosLike } from './support/rules.ts'

const reshape: OpRecord<'reshape'> = {
  infer(inputs, _attrs, out) {
    checkCount('reshape', inputs, 1)
    const shape = checkShape('reshape', out.shape)
    checkSize('reshape', inputs[0], shape)
    return { shape, dtype: inputs[0].dtype }
  },
  evaluate: ([a], node) => ndarray(node.shape, a.dtype, a.data),
  ...linear<'reshape'>((t, node) => shaped(t, node.shape), (g, node) => shaped(g, node.inputs[0].shape)),
  batch: batchUnary<'reshape'>((a, node, size) => shaped(a, withBatch(size, node.shape))),
  lower: (_e, [a], index, node) => a(reshapeIndex(index, node.shape, node.inputs[0].shape)),
}

const repeatedAxes = (from: Shape, to: Shape): number[] => from.flatMap((d, i) => (d === 1 && to[i] !== 1 ? [i] : []))

const expand: OpRecord<'expand'> = {
  infer(inputs, _attrs, out) {
    checkCount('expand', inputs, 1)
    const shape = checkShape('expand', out.shape)
    const [a] = inputs
    if (a.shape.length !== shape.length || a.shape.some((d, i) => d !== 1 && d !== shape[i])) {
      throw new ShapeError(`expand: ${show(a)} does not repeat to ${showShape(shape)}: only axes of size 1 repeat`)
    }
    return { shape, dtype: a.dtype }
  },
  evaluate([a], node) {
    const strides = stridesOf(a.shape)
    return strided(a, node.shape, strides.map((s, i) => (a.shape[i] === 1 ? 0 : s)))
  },
  ...linear<'expand'>((t, node) => repeat(t, node.shape), (g, { shape, inputs: [a] }) =>
    shaped(sum(g, repeatedAxes(a.shape, shape)), a.shape)),
  batch: batchUnary<'expand'>((a, node, size) => repeat(a, withBatch(size, node.shape))),
  lower: (_e, [a], index, { inputs: [{ shape }] }) =>
    a(index.map((i, axis) => (shape[axis] === 1 ? Index.constant(0) : i))),
}

const inverse = (perm: readonly number[]): number[] => {
  const out = new Array<number>(perm.length)
  perm.forEach((p, i) => { out[p] = i })
  return out
}

const permute: OpRecord<'permute'> = {
  infer(inputs, { perm }) {
    checkCount('permute', inputs, 1)
    checkPerAxis('permute', 'perm', perm, inputs[0])
    checkAxes('permute', inputs[0], perm)
    return { shape: perm.map(p => inputs[0].shape[p]), dtype: inputs[0].dtype }
  },
  evaluate: ([a], { attrs }) => permuted(a, attrs.perm),
  ...linear<'permute'>(
    (t, { attrs }) => transposed(t, attrs.perm), (g, { attrs }) => transposed(g, inverse(attrs.perm))),
  batch: batchUnary<'permute'>((a, { attrs }) => transposed(a, [0, ...afterBatch(attrs.perm)])),
  lower: (_e, [a], index, { attrs }) => a(inverse(attrs.perm).map(i => index[i])),
}

const slice: OpRecord<'slice'> = {
  infer(inputs, { start, stop, step }) {
    checkCount('slice', inputs, 1)
    const [a] = inputs
    checkPerAxis('slice', 'start', start, a)
    checkPerAxis('slice', 'stop', stop, a)
    checkPerAxis('slice', 'step', step, a)
    const shape = a.shape.map((d, i) => {
      const whole = [start[i], stop[i], step[i]].every(Number.isInteger)
      if (!whole || start[i] < 0 || stop[i] < start[i] || stop[i] > d || step[i] < 1) {
        throw new ShapeError(`slice: ${start[i]}:${stop[i]}:${step[i]} does not lie in axis ${i} of ${show(a)}`)
      }
      return Math.ceil((stop[i] - start[i]) / step[i])
    })
    return { shape, dtype: a.dtype }
  },
  evaluate([a], { shape, attrs: { start, step } }) {
    const strides = stridesOf(a.shape)
    return strided(a, shape, strides.map((s, i) => s * step[i]), strides.reduce((at, s, i) => at + s * start[i], 0))
  },
  ...linear<'slice'>((t, { attrs }) => sliced(t, attrs.start, attrs.stop, attrs.step), spread),
  batch: batchUnary<'slice'>((a, { attrs: { start, stop, step } }, size) =>
    sliced(a, [0, ...start], [size, ...stop], [1, ...step])),
  lower: (_e, [a], index, { attrs: { start, step } }) =>
    a(index.map((i, axis) => i.times(step[axis]).plus(start[axis]))),
}

/** The transpose of a slice: its elements back where they were, zeros elsewhere. */
function spread(g: Node, { shape, inputs: [a], attrs: { start, step } }: Node<'slice'>): Node {
  const pads = shape.map((n, i): [number, number] =>
    n === 0 ? [a.shape[i], 0] : [start[i], a.shape[i] - start[i] - (n - 1) * step[i] - 1])
  return padded(g, pads, 0, step.map(s => s - 1))
}

/** The size of an axis with `inner` elements put between its own. */
const dilated = (n: number, inner: number): number => (n === 0 ? 0 : (n - 1) * (inner + 1) + 1)

const pad: OpRecord<'pad'> = {
  infer(inputs, { pads, inner }) {
    checkCount('pad', inputs, 1)
    const [a] = inputs
    checkPerAxis('pad', 'pads', pads, a)
    checkPerAxis('pad', 'inner', inner, a)
    const shape = a.shape.map((d, i) => {
      const size = dilated(d, inner[i]) + pads[i][0] + pads[i][1]
      if (!Number.isInteger(size) || inner[i] < 0 || size < 0) {
        throw new ShapeError(`pad: [${pads[i].join(', ')}] with ${inner[i]} between do not fit axis ${i} of ${show(a)}`)
      }
      return size
    })
    return { shape, dtype: a.dtype }
  },
  evaluate([a], { shape, attrs: { pads, inner, value } }) {
    const out = filled(shape, a.dtype, value)
    const strides = stridesOf(shape)
    forEachIndex(a.shape, (index, position) => {
      let to = 0
      for (let i = 0; i < index.length; i++) {
        const p = pads[i][0] + index[i] * (inner[i] + 1)
        if (p < 0 || p >= shape[i]) return
        to += p * strides[i]
      }
      out.data[to] = a.data[position]
    })
    return out
  },
  ...linear<'pad'>((t, { attrs: { pads, inner } }) => padded(t, pads, 0, inner), unpad),
  batch: batchUnary<'pad'>((a, { attrs: { pads, inner, value } }) =>
    padded(a, [[0, 0], ...pads], value, [0, ...inner])),
  lower: (e, [a], index, { dtype, inputs, attrs }) => {
    const { inside, at } = undilate(e, index, inputs[0].shape, attrs)
    return e.where(inside, a(at), e.constant(attrs.value, dtype))
  },
}

/** The transpose of a pad: its elements from where they were put; what was cropped gets 0. */
function unpad(g: Node, { inputs: [a], attrs: { pads, inner } }: Node<'pad'>): Node {
  const grown = pads.some(([b, c]) => b < 0 || c < 0)
    ? padded(g, pads.map(([b, c]): [number, number] => [Math.max(0, -b), Math.max(0, -c)]))
    : g
  const start = pads.map(([b]) => Math.max(0, b))
  return sliced(grown, start, start.map((s, i) => s + dilated(a.shape[i], inner[i])), inner.map(n => n + 1))
}

/** Whether a padded index is one of the input's elements, and which. */
function undilate(
  e: Exprs, index: readonly Index[], shape: Shape, { pads, inner }: Attrs['pad'],
): { inside: Expr; at: Index[] } {
  let inside = e.constant(1, 'bool')
  const at = index.map((i, axis) => {
    const p = i.plus(-pads[axis][0])
    const step = inner[axis] + 1
    inside = e.binary('and', inside, e.inRange(p, 0, dilated(shape[axis], inner[axis])))
    if (step > 1) inside = e.binary('and', inside, e.inRange(p.mod(step), 0, 1))
    return p.div(step)
  })
  return { inside, at }
}

const flip: OpRecord<'flip'> = {
  infer(inputs, { axes }) {
    checkCount('flip', inputs, 1)
    checkAxes('flip', inputs[0], axes)
    return { shape: inputs[0].shape, dtype: inputs[0].dtype }
  },
  evaluate([a], { attrs: { axes } }) {
    const strides = stridesOf(a.shape)
    const last = axes.reduce((at, axis) => at + strides[axis] * (a.shape[axis] - 1), 0)
    return strided(a, a.shape, strides.map((s, i) => (axes.includes(i) ? -s : s)), last)
  },
  ...linear<'flip'>((t, { attrs }) => reverse(t, attrs.axes), (g, { attrs }) => reverse(g, attrs.axes)),
  batch: batchUnary<'flip'>((a, { attrs }) => reverse(a, afterBatch(attrs.axes))),
  lower: (_e, [a], index, { shape, attrs: { axes } }) =>
    a(index.map((i, axis) => (axes.includes(axis) ? i.times(-1).plus(shape[axis] - 1) : i))),
}

/** Where each part begins along the axis, and where the last ends. */
function boundaries(parts: readonly { readonly shape: Shape }[], axis: number): number[] {
  const out = [0]
  for (const p of parts) out.push(out[out.length - 1] + p.shape[axis])
  return out
}

const concat: OpRecord<'concat'> = {
  infer(inputs, { axis }) {
    if (inputs.length === 0) throw new ShapeError('concat takes at least one operand, got none')
    const [first] = inputs
    checkAxis('concat', first, axis)
    for (const a of inputs) {
      checkSameDType('concat', first, a)
      if (a.shape.length !== first.shape.length || a.shape.some((d, i) => i !== axis && d !== first.shape[i])) {
        throw new ShapeError(`concat: ${show(first)} and ${show(a)} differ on an axis other than ${axis}`)
      }
    }
    const total = boundaries(inputs, axis)[inputs.length]
    return { shape: first.shape.map((d, i) => (i === axis ? total : d)), dtype: first.dtype }
  },
  evaluate(inputs, { shape, dtype, attrs: { axis } }) {
    const out = ndarray(shape, dtype)
    const at = boundaries(inputs, axis)
    const strides = stridesOf(shape)
    inputs.forEach((a, k) => {
      forEachIndex(a.shape, (index, position) => {
        let to = at[k] * strides[axis]
        for (let i = 0; i < index.length; i++) to += index[i] * strides[i]
        out.data[to] = a.data[position]
      })
    })
    return out
  },
  vjp: ([g], { shape, inputs, attrs: { axis } }) => {
    if (!g) return inputs.map(() => null)
    const at = boundaries(inputs, axis)
    return inputs.map((_, k) => sliced(
      g, shape.map((_d, i) => (i === axis ? at[k] : 0)), shape.map((d, i) => (i === axis ? at[k + 1] : d))))
  },
  jvp: (tangents, { inputs, attrs: { axis } }) =>
    [tangents.every(t => t === null) ? null : join(tangents.map((t, k) => t ?? zerosLike(inputs[k])), axis)],
  batch: (inputs, batched, { attrs: { axis } }, size) => [join(allBatched(inputs, batched, size), axis + 1)],
  lower: (e, operands, index, { inputs, attrs: { axis } }) => {
    const at = boundaries(inputs, axis)
    const part = (k: number): Expr => operands[k](index.map((i, d) => (d === axis ? i.plus(-at[k]) : i)))
    const filled = inputs.flatMap((_, k) => (at[k] < at[k + 1] ? [k] : []))
    // Halves of halves, so that n parts nest log n conditions.
    const among = (parts: readonly number[]): Expr => {
      if (parts.length === 1) return part(parts[0])
      const middle = parts.length >> 1
      const here = e.inRange(index[axis], at[parts[0]], at[parts[middle]])
      return e.where(here, among(parts.slice(0, middle)), among(parts.slice(middle)))
    }
    return filled.length > 0 ? among(filled) : part(0)
  },
}

export const movementRecords = { reshape, expand, permute, slice, pad, flip, concat }
