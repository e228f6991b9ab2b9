/**
 * @file Windows over the last axes: `reduceWindow`, `argReduceWindow`, and the linear pair `takeWindow`/`putWindow`,
 * each the other's transpose. Windows are small, so lowering unrolls them. A window's elements are numbered row-major.
 */
import type { Index } from '../expr/index.ts'
import type { Expr, Exprs } from '../expr/scalar.ts'
import { add, apply, mul, pad as padNode, slice } from '../graph/build.ts'
import { isFloat } from '../graph/dtype.ts'
import { type Aval, type Node, type Shape, type WindowAttrs } from '../graph/node.ts'
import { ShapeError } from '../util/errors.ts'
import type { Operand, OpRecord } from './record.ts'
import { repeatFront } from './support/batch.ts'
import { combiner } from './support/combine.ts'
import { ndarray } from './support/array.ts'
import { flat } from './support/rules.ts'
import {
  beats,
  checkOrdered,
  checkWhich,
  eachWindow,
  identity,
  windowPositions,
  windowShape,
} from './window-geometry.ts'

// ---- gradients ----

const leadPads = (n: number): [number, number][] => Array.from({ length: n }, () => [0, 0])

/**
 * The transpose of reduceWindow add: dx[h] = Σ g[p] over windows p and elements k with p·stride + k·dilation − pad = h.
 * With k′ = last − k: a window sum with stride 1 over g with stride − 1 zeros between its elements.
 */
function spread(g: Node, x: Aval, a: WindowAttrs): Node {
  const lead = x.shape.length - a.size.length
  const pads = a.size.map((size, i) => {
    const reach = (size - 1) * a.dilation[i]
    const before = reach - a.pad[i][0]
    return [before, x.shape[lead + i] - 1 + reach - (g.shape[lead + i] - 1) * a.stride[i] - before] as const
  })
  const plain = a.stride.every(s => s === 1) && pads.every(([before, after]) => before >= 0 && after >= 0)
  const inner = [...leadPads(lead).map(() => 0), ...a.stride.map(s => s - 1)]
  const source = plain ? g : padNode(g, [...leadPads(lead), ...pads], 0, inner)
  const pad = plain ? pads : pads.map(() => [0, 0] as const)
  return apply('reduceWindow', [source], {
    combine: 'add',
    size: a.size,
    dilation: a.dilation,
    stride: a.size.map(() => 1),
    pad,
  })
}

/** One strided view of the padded input for each window element, and its transpose. */
function views(
  x: Node,
  a: WindowAttrs,
  out: Shape,
): { take(x: Node, fill: number): Node[]; put(k: number, g: Node): Node } {
  const lead = x.shape.length - a.size.length
  const ones = out.map(() => 1)
  const padded = x.shape.map((d, i) => (i < lead ? d : d + a.pad[i - lead][0] + a.pad[i - lead][1]))
  const step = ones.map((one, i) => (i < lead ? one : a.stride[i - lead]))
  const starts = windowPositions(a.size).map(k =>
    ones.map((_, i) => (i < lead ? 0 : k[i - lead] * a.dilation[i - lead])),
  )
  const last = (start: readonly number[]): number[] => start.map((s, i) => s + (out[i] - 1) * step[i] + 1)
  return {
    take: (v, fill) => {
      const source = padNode(v, [...leadPads(lead), ...a.pad], fill)
      return starts.map(start => slice(source, start, last(start), step))
    },
    put: (k, g) => {
      const crop = starts[k].map((s, i) => {
        const before = i < lead ? 0 : a.pad[i - lead][0]
        return [s - before, padded[i] - last(starts[k])[i] - (i < lead ? 0 : a.pad[i - lead][1])] as const
      })
      return padNode(
        g,
        crop,
        0,
        step.map(s => s - 1),
      )
    },
  }
}

/** For each window element, the product of the others: no division, so zeros are no special case. */
function otherProducts(parts: readonly Node[]): (Node | null)[] {
  const after: (Node | null)[] = parts.map(() => null)
  for (let k = parts.length - 2; k >= 0; k--) after[k] = after[k + 1] ? mul(parts[k + 1], after[k + 1]!) : parts[k + 1]
  let before: Node | null = null
  return parts.map((part, k) => {
    const others = before && after[k] ? mul(before, after[k]) : (before ?? after[k])
    before = before ? mul(before, part) : part
    return others
  })
}

function productGradient(g: Node, node: Node<'reduceWindow'>): Node {
  const [x] = node.inputs
  const { take, put } = views(x, node.attrs, node.shape)
  return otherProducts(take(x, 1))
    .map((others, k) => put(k, others ? mul(g, others) : g))
    .reduce(add)
}

function productTangent(t: Node, node: Node<'reduceWindow'>): Node {
  const [x] = node.inputs
  const { take } = views(x, node.attrs, node.shape)
  const tangents = take(t, 0)
  return otherProducts(take(x, 1))
    .map((others, k) => (others ? mul(tangents[k], others) : tangents[k]))
    .reduce(add)
}

const which = (node: Node<'reduceWindow'>): Node =>
  apply('argReduceWindow', [node.inputs[0]], { ...geometry(node.attrs), combine: node.attrs.combine as 'max' | 'min' })
const geometry = ({ size, stride, pad, dilation }: WindowAttrs): WindowAttrs => ({ size, stride, pad, dilation })
export const takeWindowNode = (x: Node, index: Node, a: WindowAttrs): Node =>
  apply('takeWindow', [x, index], geometry(a))
export const putWindowNode = (g: Node, index: Node, a: WindowAttrs, shape: Shape): Node =>
  apply('putWindow', [g, index], geometry(a), { shape })

const orRepeat = (a: Node, batched: boolean, size: number): Node => (batched ? a : repeatFront(a, size))

// ---- lowering ----

interface Element {
  readonly there: Expr
  readonly index: readonly Index[]
}

/** Where element `k` of window `index` lies in x, and whether it is there. */
function elementAt(e: Exprs, index: readonly Index[], k: readonly number[], a: WindowAttrs, x: Shape): Element {
  const lead = index.length - k.length
  let there = e.constant(1, 'bool')
  const at = index.map((v, i) => {
    if (i < lead) return v
    const place = v.times(a.stride[i - lead]).plus(k[i - lead] * a.dilation[i - lead] - a.pad[i - lead][0])
    there = e.binary('and', there, e.inRange(place, 0, x[i]))
    return place
  })
  return { there, index: at }
}

/** The window, seen from x: which window has `index` as its element `k`, and whether there is one. */
function windowAt(e: Exprs, index: readonly Index[], k: readonly number[], a: WindowAttrs, windows: Shape): Element {
  const lead = index.length - k.length
  let there = e.constant(1, 'bool')
  const at = index.map((v, i) => {
    if (i < lead) return v
    const place = v.plus(a.pad[i - lead][0] - k[i - lead] * a.dilation[i - lead])
    there = e.binary('and', there, e.inRange(place.mod(a.stride[i - lead]), 0, 1))
    const window = place.div(a.stride[i - lead])
    there = e.binary('and', there, e.inRange(window, 0, windows[i]))
    return window
  })
  return { there, index: at }
}

const not = (e: Exprs, a: Expr): Expr => (a.op === 'constant' ? e.constant(a.value ? 0 : 1, 'bool') : e.unary('not', a))
const or = (e: Exprs, a: Expr, b: Expr): Expr => {
  if (a.op === 'constant') return a.value ? a : b
  if (b.op === 'constant') return b.value ? b : a
  return e.binary('or', a, b)
}

/** Whether v comes before the best so far: strictly beyond it, or the first NaN. */
function beatsExpr(e: Exprs, combine: 'max' | 'min', v: Expr, best: Expr): Expr {
  const beyond = combine === 'max' ? e.binary('less', best, v) : e.binary('less', v, best)
  if (!isFloat(v.dtype)) return beyond
  return or(e, beyond, e.binary('and', not(e, e.binary('equal', v, v)), e.binary('equal', best, best)))
}

function lowerArg(e: Exprs, x: Operand, index: readonly Index[], node: Node<'argReduceWindow'>): Expr {
  const a = node.attrs
  const input = node.inputs[0]
  const none = e.constant(identity(a.combine, input.dtype), input.dtype)
  let number = e.constant(0, 'int32')
  let best = none
  // whether an element was there: one equal to `none` must still beat a position outside the input
  let found = e.constant(0, 'bool')
  windowPositions(a.size).forEach((k, n) => {
    const { there, index: at } = elementAt(e, index, k, a, input.shape)
    if (there.op === 'constant' && !there.value) return
    const v = e.where(there, x(at), none)
    const take = e.binary('and', there, or(e, not(e, found), beatsExpr(e, a.combine, v, best)))
    number = e.where(take, e.constant(n, 'int32'), number)
    best = e.where(take, v, best)
    found = or(e, found, there)
  })
  return number
}

const combineOps = { add: 'add', mul: 'mul', max: 'maximum', min: 'minimum' } as const

export const reduceWindow: OpRecord<'reduceWindow'> = {
  infer([x], attrs) {
    checkOrdered('reduceWindow', attrs.combine, x)
    return { shape: windowShape('reduceWindow', x, attrs), dtype: x.dtype }
  },

  evaluate([x], node) {
    const { combine } = node.attrs
    const step = combiner(combine, x.dtype)
    const out = ndarray(node.shape, node.dtype)
    eachWindow(x.shape, node.attrs, node.shape, (w, positions) => {
      let value = identity(combine, x.dtype)
      for (const p of positions) if (p >= 0) value = step(value, x.data[p])
      out.data[w] = value
    })
    return out
  },

  vjp([g], node) {
    if (!g || !isFloat(node.dtype)) return [null]
    const [x] = node.inputs
    const { combine } = node.attrs
    if (combine === 'add') return [spread(g, x, node.attrs)]
    return [combine === 'mul' ? productGradient(g, node) : putWindowNode(g, which(node), node.attrs, x.shape)]
  },

  jvp([t], node) {
    if (!t) return [null]
    const { combine } = node.attrs
    if (combine === 'add') return [apply('reduceWindow', [t], node.attrs)]
    return [combine === 'mul' ? productTangent(t, node) : takeWindowNode(t, which(node), node.attrs)]
  },

  batch: ([x], _batched, node) => [apply('reduceWindow', [x], node.attrs)],

  lower(e, [x], index, node) {
    const { combine } = node.attrs
    const input = node.inputs[0]
    const none = e.constant(identity(combine, node.dtype), node.dtype)
    let value: Expr | null = null
    for (const k of windowPositions(node.attrs.size)) {
      const { there, index: at } = elementAt(e, index, k, node.attrs, input.shape)
      if (there.op === 'constant' && !there.value) continue
      const v = e.where(there, x(at), none)
      value = value ? e.binary(combineOps[combine], value, v) : v
    }
    return value ?? none
  },
}

export const argReduceWindow: OpRecord<'argReduceWindow'> = {
  infer: ([x], attrs) => ({ shape: windowShape('argReduceWindow', x, attrs), dtype: 'int32' }),

  evaluate([x], node) {
    const out = ndarray(node.shape, node.dtype)
    eachWindow(x.shape, node.attrs, node.shape, (w, positions) => {
      let best = -1
      positions.forEach((p, k) => {
        if (p >= 0 && (best < 0 || beats(node.attrs.combine, x.data[p], x.data[positions[best]]))) best = k
      })
      out.data[w] = Math.max(best, 0)
    })
    return out
  },

  ...flat<'argReduceWindow'>(),
  batch: ([x], _batched, node) => [apply('argReduceWindow', [x], node.attrs)],
  lower: (e, [x], index, node) => lowerArg(e, x, index, node),
}

export const takeWindow: OpRecord<'takeWindow'> = {
  infer([x, index], attrs) {
    const shape = windowShape('takeWindow', x, attrs)
    checkWhich('takeWindow', index, shape)
    return { shape, dtype: x.dtype }
  },

  evaluate([x, index], node) {
    const out = ndarray(node.shape, node.dtype)
    eachWindow(x.shape, node.attrs, node.shape, (w, positions) => {
      const p = positions[index.data[w]] ?? -1
      if (p >= 0) out.data[w] = x.data[p]
    })
    return out
  },

  vjp: ([g], node) => [
    g && isFloat(node.dtype) ? putWindowNode(g, node.inputs[1], node.attrs, node.inputs[0].shape) : null,
    null,
  ],
  jvp: ([t], node) => [t && takeWindowNode(t, node.inputs[1], node.attrs)],
  batch: ([x, index], [inX, inIndex], node, size) => [
    takeWindowNode(orRepeat(x, inX, size), orRepeat(index, inIndex, size), node.attrs),
  ],

  lower(e, [x, index], at, node) {
    const chosen = index(at)
    let value = e.constant(0, node.dtype)
    windowPositions(node.attrs.size).forEach((k, n) => {
      const { there, index: place } = elementAt(e, at, k, node.attrs, node.inputs[0].shape)
      if (there.op === 'constant' && !there.value) return
      const v = e.where(there, x(place), e.constant(0, node.dtype))
      value = e.where(e.binary('equal', chosen, e.constant(n, 'int32')), v, value)
    })
    return value
  },
}

export const putWindow: OpRecord<'putWindow'> = {
  infer([g, index], attrs, out) {
    if (!out.shape)
      throw new ShapeError('putWindow: the shape to put the windows into is missing; give it as the output shape')
    const windows = windowShape('putWindow', { shape: out.shape, dtype: g.dtype }, attrs)
    if (windows.join() !== g.shape.join()) {
      throw new ShapeError(
        `putWindow: the values are [${g.shape}], but an array of [${out.shape}] has [${windows}] such windows`,
      )
    }
    checkWhich('putWindow', index, g.shape)
    return { shape: out.shape, dtype: g.dtype }
  },

  evaluate([g, index], node) {
    const out = ndarray(node.shape, node.dtype)
    eachWindow(node.shape, node.attrs, g.shape, (w, positions) => {
      const p = positions[index.data[w]] ?? -1
      if (p >= 0) out.data[p] += g.data[w]
    })
    return out
  },

  vjp: ([g], node) => [g && isFloat(node.dtype) ? takeWindowNode(g, node.inputs[1], node.attrs) : null, null],
  jvp: ([t], node) => [t && putWindowNode(t, node.inputs[1], node.attrs, node.shape)],
  batch: ([g, index], [inG, inIndex], node, size) => [
    putWindowNode(orRepeat(g, inG, size), orRepeat(index, inIndex, size), node.attrs, [size, ...node.shape]),
  ],

  // pull: each element of x asks every window it can be part of
  lower(e, [g, index], at, node) {
    const zero = e.constant(0, node.dtype)
    let value: Expr | null = null
    windowPositions(node.attrs.size).forEach((k, n) => {
      const { there, index: window } = windowAt(e, at, k, node.attrs, node.inputs[0].shape)
      if (there.op === 'constant' && !there.value) return
      const chosen = e.binary('equal', index(window), e.constant(n, 'int32'))
      const v = e.where(there, e.where(chosen, g(window), zero), zero)
      value = value ? e.binary('add', value, v) : v
    })
    return value ?? zero
  },
}
