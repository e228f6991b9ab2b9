/** @file The operations of random graphs: how each is drawn, and what bound and error its value has. */
import * as g from '../../../src/graph/build.ts'
import { sizeOf, type Node, type Shape } from '../../../src/graph/node.ts'
import { eps, largest, sizes, type GraphMaker, type Value } from './random-graph.ts'

/** Bound and error of f(x), whose slope is at most `slope`. */
const outputOf = (error: number, slope: number, bound: number): [number, number] => [
  bound,
  slope * error + eps * 4 * Math.max(bound, 1e-3),
]

const square = (x: Node): Node => g.mul(x, x)

/** Name → [graph, bound, slope]. */
const unaries: Record<string, (v: Value) => [Node, number, number]> = {
  neg: v => [g.neg(v.node), v.bound, 1],
  tanh: v => [g.unary('tanh', v.node), 1, 1],
  sin: v => [g.unary('sin', v.node), 1, 1],
  cos: v => [g.unary('cos', v.node), 1, 1],
  erf: v => [g.unary('erf', v.node), 1, 1.2],
  exp: v => [g.unary('exp', v.node), Math.exp(v.bound), Math.exp(v.bound)],
  exp2: v => [g.unary('exp2', v.node), 2 ** v.bound, 2 ** v.bound],
  expm1: v => [g.unary('expm1', v.node), Math.exp(v.bound), Math.exp(v.bound)],
  log: v => [g.unary('log', g.shift(square(v.node), 1)), Math.log1p(v.bound ** 2), 1],
  log2: v => [g.unary('log2', g.shift(square(v.node), 1)), 2 * Math.log1p(v.bound ** 2), 1.5],
  log1p: v => [g.unary('log1p', square(v.node)), Math.log1p(v.bound ** 2), 1],
  sqrt: v => [g.unary('sqrt', g.shift(square(v.node), 0.25)), v.bound + 0.5, 1],
  reciprocal: v => [g.reciprocal(g.shift(square(v.node), 0.5)), 2, 2],
}

const add = (m: GraphMaker, node: Node, bound: number, error: number): void => {
  m.addFloat(node, bound, error)
}
const moved = (m: GraphMaker, v: Value, node: Node): void => {
  add(m, node, v.bound, v.error)
  if (m.exact.includes(v.node)) m.exact.push(node)
}
const below = (m: GraphMaker, shape: Shape, extent: number): Node => {
  const fits = m.ints.filter(n => g.sameShape(n.shape, shape))
  if (fits.length > 0 && m.random.next() < 0.5) {
    const n = m.random.pick(fits)
    return g.binary('mod', n, g.constantLike(n, extent))
  }
  return m.intInput(shape, extent)
}

const movements: Record<string, (m: GraphMaker, v: Value) => Node | false> = {
  permute: (m, { node }) => {
    const perm = node.shape.map((_, i) => i)
    for (let i = perm.length - 1; i > 0; i--) {
      const j = m.random.below(i + 1)
      ;[perm[i], perm[j]] = [perm[j], perm[i]]
    }
    return g.permute(node, perm)
  },
  reshape: (m, { node }) => g.reshape(node, refactored(m, sizeOf(node.shape))),
  expand: (m, { node }) => {
    const shape = [...node.shape]
    shape.splice(m.random.below(shape.length + 1), 0, 1)
    const wide = shape.map(d => (d === 1 ? m.random.pick([1, 2, 3, 5, 17]) : d))
    return sizeOf(wide) > largest ? false : g.expand(g.reshape(node, shape), wide)
  },
  slice: (m, { node: { shape }, node }) => {
    const start = shape.map(d => m.random.below(d))
    const stop = shape.map((d, i) => start[i] + 1 + m.random.below(d - start[i]))
    return g.slice(
      node,
      start,
      stop,
      shape.map(() => 1 + m.random.below(3)),
    )
  },
  pad: (m, { node }) => {
    const pads = node.shape.map(d => [m.random.below(4) - (d > 1 ? 1 : 0), m.random.below(3)] as const)
    const inner = node.shape.map(() => (m.random.next() < 0.2 ? 1 + m.random.below(2) : 0))
    const out = g.pad(node, pads, m.random.next() < 0.5 ? 0 : 0.5, inner)
    return sizeOf(out.shape) > largest || sizeOf(out.shape) === 0 ? false : out
  },
  flip: (m, { node }) => (node.shape.length === 0 ? false : g.flip(node, [m.axis(node.shape)])),
}

/** A shape of `size` elements. */
function refactored(m: GraphMaker, size: number): Shape {
  const shape: number[] = []
  let rest = size
  for (let d = 2; rest > 1 && shape.length < 4;) {
    if (rest % d !== 0) {
      d++
      continue
    }
    let part = d
    rest /= d
    while (rest > 1 && m.random.next() < 0.5) {
      let e = 2
      while (rest % e !== 0) e++
      part *= e
      rest /= e
    }
    shape.push(part)
  }
  if (rest > 1) shape.push(rest)
  if (m.random.next() < 0.3) shape.splice(m.random.below(shape.length + 1), 0, 1)
  return shape
}

const windowOf = (
  m: GraphMaker,
  d: number,
): { size: number; stride: number; pad: [number, number]; dilation: number } => {
  const size = 1 + m.random.below(Math.min(3, d))
  const dilation = (size - 1) * 2 < d && m.random.next() < 0.3 ? 2 : 1
  return { size, stride: 1 + m.random.below(3), pad: [m.random.below(size), m.random.below(size)], dilation }
}

const ranked = (m: GraphMaker, n: number): Value => m.float(v => v.node.shape.length >= n)

export const steps: Record<string, (m: GraphMaker) => void | false> = {
  unary: m => {
    const v = m.float()
    const [node, bound, slope] = m.random.pick(Object.values(unaries))(v)
    add(m, node, ...outputOf(v.error, slope, bound))
  },
  binary: m => {
    const a = m.float()
    const b = m.like(a.node.shape)
    const op = m.random.pick(
      m.smooth ? (['add', 'mul', 'sub'] as const) : (['add', 'mul', 'maximum', 'minimum', 'sub'] as const),
    )
    const node = op === 'sub' ? g.sub(a.node, b.node) : g.binary(op, a.node, b.node)
    if (op === 'mul') add(m, node, a.bound * b.bound, a.bound * b.error + b.bound * a.error + eps * a.bound * b.bound)
    else add(m, node, a.bound + b.bound, a.error + b.error + eps * (a.bound + b.bound))
  },
  div: m => {
    const a = m.float()
    const [below, bound, slope] = unaries.reciprocal(m.like(a.node.shape))
    const b = below.inputs[0]
    add(m, g.div(a.node, b), a.bound * bound, (a.error + a.bound * (slope + eps * 4)) * bound + eps * a.bound * bound)
  },
  twice: m => {
    const a = m.float()
    const b = m.random.pick(Object.values(unaries))({ ...a, node: a.node })
    add(
      m,
      g.mul(a.node, b[0]),
      a.bound * b[1],
      a.error * b[1] + a.bound * (b[2] * a.error + eps * 4 * b[1]) + eps * a.bound * b[1],
    )
  },
  where: m => {
    const c = m.bools.length > 0 ? m.random.pick(m.bools) : null
    if (!c) return false
    const [a, b] = [m.like(c.shape), m.like(c.shape)]
    add(m, g.where(c, a.node, b.node), Math.max(a.bound, b.bound), Math.max(a.error, b.error))
  },
  compare: m => {
    const a = m.random.pick(m.exact)
    m.bools.push(g.less(a, g.constantLike(a, m.random.next() - 0.5)))
    const [before, last] = m.bools.slice(-2)
    if (last && g.sameShape(last.shape, before.shape)) m.bools.push(g.binary('and', last, before))
  },
  ...Object.fromEntries(
    Object.entries(movements).map(([name, move]) => [
      name,
      (m: GraphMaker) => {
        const v = m.float()
        const node = move(m, v)
        if (!node) return false
        moved(m, v, node)
        return undefined
      },
    ]),
  ),
  concat: m => {
    const v = ranked(m, 1)
    const axis = m.axis(v.node.shape)
    const parts = [v]
    for (let i = 1 + m.random.below(2); i > 0; i--)
      parts.push(m.like(v.node.shape.map((d, k) => (k === axis ? m.random.pick(sizes) : d))))
    const node = g.concat(
      parts.map(p => p.node),
      axis,
    )
    if (sizeOf(node.shape) > largest) return false
    add(m, node, Math.max(...parts.map(p => p.bound)), Math.max(...parts.map(p => p.error)))
  },
  reduce: m => {
    const v = ranked(m, 1)
    const { shape } = v.node
    const axes = shape.map((_, i) => i).filter(() => m.random.next() < 0.5)
    if (axes.length === 0) axes.push(m.axis(shape))
    const depth = axes.reduce((n, a) => n * shape[a], 1)
    const op = m.smooth ? 'add' : m.random.pick(['add', 'max', 'min'] as const)
    if (op === 'add') add(m, g.scale(g.sum(v.node, axes), 1 / depth), v.bound, v.error + eps * 4 * v.bound)
    else add(m, g.reduce(op, v.node, axes), v.bound, v.error)
  },
  softmax: m => {
    const v = ranked(m, 1)
    const axis = m.axis(v.node.shape)
    const { shape } = v.node
    const e = g.unary('exp', g.sub(v.node, g.expand(g.reduceKeep('max', v.node, [axis]), shape)))
    add(m, g.div(e, g.expand(g.reduceKeep('add', e, [axis]), shape)), 1, 3 * v.error + eps * 8)
  },
  normalize: m => {
    const v = ranked(m, 1)
    const { shape } = v.node
    const axes = [shape.length - 1]
    const mean = g.scale(g.reduceKeep('add', v.node, axes), 1 / shape[axes[0]])
    const x = g.sub(v.node, g.expand(mean, shape))
    const variance = g.scale(g.reduceKeep('add', square(x), axes), 1 / shape[axes[0]])
    const by = g.reciprocal(g.unary('sqrt', g.shift(variance, 0.5)))
    add(m, g.mul(x, g.expand(by, shape)), 3 * v.bound, (4 + 8 * v.bound) * v.error + eps * 16 * v.bound)
  },
  dot: m => {
    const a = ranked(m, 1)
    if (a.node.shape.length === 0) return false
    const i = m.axis(a.node.shape)
    const k = a.node.shape[i]
    const n = m.random.pick(sizes)
    if ((sizeOf(a.node.shape) / k) * n > largest) return false
    const turned = m.random.next() < 0.5
    const b = m.input(turned ? [n, k] : [k, n])
    const node = g.dot(a.node, b.node, [[i, turned ? 1 : 0]])
    dotValue(m, node, a, b, k)
  },
  batchedDot: m => {
    const a = m.float(v => v.node.shape.length === 3)
    if (a.node.shape.length !== 3) return false
    const [p, q, k] = a.node.shape
    const n = m.random.pick(sizes)
    if (p * q * n > largest) return false
    const b = m.input([p, k, n])
    dotValue(m, g.dot(a.node, b.node, [[2, 1]], [[0, 0]]), a, b, k)
  },
  conv: m => {
    const v = m.float(x => x.node.shape.length === 3 || x.node.shape.length === 4)
    const { shape } = v.node
    if (shape.length < 3 || shape.length > 4) return false
    const windows = shape.slice(2).map(d => windowOf(m, d))
    const out = m.random.pick([1, 2, 5, 8, 17])
    const w = m.input([out, shape[1], ...windows.map(x => x.size)])
    const node = g.apply('conv', [v.node, w.node], {
      stride: windows.map(x => x.stride),
      pad: windows.map(x => x.pad),
      dilateInput: windows.map(() => (m.random.next() < 0.1 ? 2 : 1)),
      dilateKernel: windows.map(x => x.dilation),
      groups: 1,
    })
    if (sizeOf(node.shape) > largest || sizeOf(node.shape) === 0) return false
    dotValue(m, node, v, w, sizeOf(w.node.shape) / out)
  },
  window: m => {
    const v = m.float(x => x.node.shape.length >= 1)
    const { shape } = v.node
    if (shape.length === 0) return false
    const last = shape.slice(-(1 + m.random.below(Math.min(2, shape.length))))
    const windows = last.map(d => windowOf(m, d))
    const attrs = {
      size: windows.map(x => x.size),
      stride: windows.map(x => x.stride),
      pad: windows.map(x => x.pad),
      dilation: windows.map(x => x.dilation),
    }
    const points = attrs.size.reduce((a, c) => a * c, 1)
    const combine = m.smooth ? 'add' : m.random.pick(['add', 'max'] as const)
    if (combine === 'add') {
      const node = g.apply('reduceWindow', [v.node], { ...attrs, combine })
      if (sizeOf(node.shape) === 0) return false
      add(m, node, v.bound * points, v.error * points + eps * points * v.bound)
      return
    }
    // A window may lie wholly in the padding, where the maximum is −∞: only windows that do not.
    const node = g.apply('reduceWindow', [v.node], { ...attrs, pad: attrs.pad.map(() => [0, 0] as const), combine })
    if (sizeOf(node.shape) === 0) return false
    add(m, node, v.bound, v.error)
  },
  poolBack: m => {
    const x = m.random.pick(m.exact.filter(n => n.shape.length >= 1))
    if (!x) return false
    const windows = [windowOf(m, x.shape[x.shape.length - 1])]
    const attrs = {
      size: windows.map(w => w.size),
      stride: windows.map(w => w.stride),
      pad: [[0, 0] as const],
      dilation: windows.map(w => w.dilation),
    }
    const which = g.apply('argReduceWindow', [x], { ...attrs, combine: 'max' })
    if (sizeOf(which.shape) === 0) return false
    m.ints.push(which)
    const taken = g.apply('takeWindow', [x, which], attrs)
    add(m, taken, 2, 0)
    const v = m.like(which.shape)
    add(m, g.apply('putWindow', [v.node, which], attrs, { shape: x.shape }), v.bound * 3, v.error * 3 + eps * 3)
  },
  gather: m => {
    const v = ranked(m, 1)
    const axis = m.axis(v.node.shape)
    const shape = v.node.shape.map((d, i) => (i === axis ? m.random.pick(sizes) : m.random.next() < 0.6 ? 1 : d))
    const index = below(m, shape, v.node.shape[axis])
    const node = g.gather(v.node, index, axis)
    if (sizeOf(node.shape) > largest) return false
    moved(m, v, node)
  },
  scatter: m => {
    const v = ranked(m, 1)
    const axis = m.axis(v.node.shape)
    const n = m.random.pick([1, 3, 8, 20])
    const shape = v.node.shape.map((d, i) => (i === axis ? n : d))
    if (sizeOf(shape) > largest) return false
    const index = below(
      m,
      shape.map((d, i) => (i !== axis && m.random.next() < 0.6 ? 1 : d)),
      v.node.shape[axis],
    )
    const updates = m.like(shape)
    const mode = m.random.pick(['add', 'set'] as const)
    const base = m.random.next() < 0.3 ? g.constantLike(v.node, 0.5) : v.node
    const node = g.scatter(base, index, updates.node, axis, mode)
    if (mode === 'set') add(m, node, Math.max(v.bound, updates.bound, 0.5), Math.max(v.error, updates.error))
    else add(m, node, v.bound + 0.5 + n * updates.bound, v.error + n * updates.error + eps * n * n * updates.bound)
  },
  cumulative: m => {
    const v = ranked(m, 1)
    const axis = m.axis(v.node.shape)
    const n = v.node.shape[axis]
    const combine = m.smooth ? 'add' : m.random.pick(['add', 'max', 'min'] as const)
    const node = g.apply('cumulative', [v.node], { combine, axis, reverse: m.random.next() < 0.5 })
    if (combine === 'add') add(m, node, v.bound * n, v.error * n + eps * n * n * v.bound)
    else add(m, node, v.bound, v.error)
  },
  dynamicSlice: m => {
    const v = ranked(m, 1)
    const starts = v.node.shape.map(d => below(m, [], d + 2))
    const size = v.node.shape.map(d => 1 + m.random.below(d))
    moved(m, v, g.apply('dynamicSlice', [v.node, ...starts], { size }))
  },
  dynamicUpdate: m => {
    const v = ranked(m, 1)
    const starts = v.node.shape.map(d => below(m, [], d + 2))
    const update = m.like(v.node.shape.map(d => 1 + m.random.below(d)))
    add(
      m,
      g.apply('dynamicUpdate', [v.node, update.node, ...starts], {}),
      Math.max(v.bound, update.bound),
      Math.max(v.error, update.error),
    )
  },
  argReduce: m => {
    const x = m.random.pick(m.exact.filter(n => n.shape.length >= 1))
    if (!x) return false
    m.ints.push(g.apply('argReduce', [x], { combine: m.random.pick(['max', 'min'] as const), axis: m.axis(x.shape) }))
  },
  argSort: m => {
    const x = m.random.pick(m.exact.filter(n => n.shape.length >= 1))
    if (!x) return false
    const order = g.apply('argSort', [x], {})
    m.ints.push(order)
    add(m, g.gather(x, order, x.shape.length - 1), 2, 0)
  },
  integer: m => {
    const a = m.ints.length > 0 ? m.random.pick(m.ints) : g.iota(0, [m.random.pick(sizes), 3])
    const other = g.constantLike(a, m.random.pick([2, 3, 7]))
    m.ints.push(g.binary(m.random.pick(['add', 'mul', 'maximum', 'xor', 'mod', 'and'] as const), a, other))
    if (a.shape.length > 0 && m.random.next() < 0.3) m.ints.push(g.sum(a, [m.axis(a.shape)]))
  },
  fromInteger: m => {
    if (m.ints.length === 0) return false
    const n = m.random.pick(m.ints)
    const node = g.scale(g.cast(g.binary('mod', n, g.constantLike(n, 64)), 'float32'), 1 / 32)
    m.exact.push(node)
    add(m, node, 2, 0)
  },
}

function dotValue(m: GraphMaker, node: Node, a: Value, b: Value, k: number): void {
  const size = a.bound * b.bound * k
  add(m, node, size, k * (a.bound * b.error + b.bound * a.error) + (eps * 4 * Math.sqrt(k) * size) / Math.sqrt(k))
}
