/** @file What the grouping rule asks of nodes and groups: what kind a node is, and whether shapes fit together. */
import { is, sizeOf, type Node } from '../graph/node.ts'
import { isElementwise } from '../ops/index.ts'

export type GroupKind = 'map' | 'contraction' | 'routine' | 'loop'

export interface Group {
  readonly id: number
  kind: GroupKind
  /** Nodes it stores, the first being the one whose shape it iterates over. */
  readonly roots: Node[]
  /** The product inside it. */
  contraction: Node | null
  /** When it holds row reductions: how many rows, and how long. */
  rows: { readonly count: number; readonly length: number } | null
}

export const views = new Set(['reshape', 'permute', 'expand', 'slice', 'flip'])
export const sources = new Set(['constant', 'iota'])
/** Operations that look at an operand more than once, or at run-time places: it is stored first. */
export const multiple = new Set([
  'reduceWindow',
  'argReduceWindow',
  'takeWindow',
  'gather',
  'dynamicSlice',
  'dynamicUpdate',
  'scatter',
  'argSort',
  'cumulative',
])
export const products = new Set(['dot', 'conv'])
export const costly = new Set([
  'exp',
  'exp2',
  'expm1',
  'log',
  'log2',
  'log1p',
  'sin',
  'cos',
  'tanh',
  'erf',
  'pow',
  'argReduceWindow',
  'putWindow',
  'reduceWindow',
  'takeWindow',
  'randomBits',
  'gather',
])

export const isMap = (n: Node): boolean => isElementwise(n.op)

export const sameAs = (a: Node, b: Node): boolean =>
  a.shape.length === b.shape.length && a.shape.every((d, i) => d === b.shape[i])

/** Rows of a reduction over the last axes. */
export function rowsOf(n: Node<'reduce'>): Group['rows'] {
  const { shape } = n.inputs[0]
  const { axes } = n.attrs
  const kept = shape.length - axes.length
  if (axes.some(a => a < kept)) return null
  return { count: sizeOf(n.shape), length: sizeOf(shape) / Math.max(1, sizeOf(n.shape)) }
}

/** Whether a row reduction can be computed inside the group: each root is a value a row, or runs over the rows. */
export function fitsRow(n: Node<'reduce'>, rows: Group['rows'], g: Group): boolean {
  if (!rows || g.kind !== 'map') return false
  if (g.rows && (g.rows.count !== rows.count || g.rows.length !== rows.length)) return false
  return g.roots.every(r => {
    if (is(r, 'reduce')) {
      const own = rowsOf(r)
      return own !== null && own.count === rows.count && own.length === rows.length
    }
    const size = sizeOf(r.shape)
    return (
      isMap(r) &&
      (size === rows.count || size === rows.count * rows.length) &&
      n.shape.every((d, i) => d === r.shape[i])
    )
  })
}

export const mergeable = (a: Group, b: Group): boolean => {
  const [x, y] = [a.roots[0], b.roots[0]]
  if (sameAs(x, y)) return true
  const [long, short] = sizeOf(x.shape) >= sizeOf(y.shape) ? [x, y] : [y, x]
  return short.shape.every((d, i) => d === long.shape[i] || d === 1)
}
