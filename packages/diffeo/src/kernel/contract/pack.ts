/** @file Copies the right operand into panels of vectors, so that a tile reads one stream. */
import { Index, indexVar, type IndexVar } from '../../expr/index.ts'
import type { Exprs } from '../../expr/scalar.ts'
import { Substitution, type BufferInfo, type Nest, type Store } from '../nest.ts'
import { divisorNear, type Panels } from './plan.ts'
import { depthOrder, type Contraction } from './spec.ts'

/** Copies b into panels [batch…][panel][k…][lane], zeros beyond the last column; k in the order of a's strides. */
export function packed(p: Panels, buffers: BufferInfo[]): { b: Contraction['b']; nest: Nest } {
  const { c, panel, lane, width, n } = p
  const batch = c.outer.filter(v => v !== panel && v !== lane && c.b.index.coefficient(v) !== 0)
  const k = depthOrder(c)
  const order = [...batch, panel, ...k]
  let stride = width
  let index = Index.of(lane)
  for (let i = order.length - 1; i >= 0; i--) {
    index = index.add(Index.of(order[i]).times(stride))
    stride *= order[i].extent
  }
  const buffer = buffers.length
  buffers.push({ dtype: 'float32', size: stride })
  const e = c.exprs
  const column = Index.of(panel).times(width).add(Index.of(lane))
  const value = e.where(
    e.inRange(column, 0, n.extent),
    e.load(c.b.buffer, c.b.index, 'float32'),
    e.constant(0, 'float32'),
  )
  const along = c.b.index.coefficient(lane) === 1
  const store = along
    ? inBlocks(e, { buffer, index, value, vars: [...batch, ...k, panel, lane] }, k[k.length - 1])
    : { buffer, index, value, vars: [...order, lane].filter(v => v.extent > 1) }
  return {
    b: { ...c.b, buffer, index },
    nest: { name: `${c.name}.pack`, exprs: e, buffers: [...buffers], stores: [store] },
  }
}

/**
 * Walks the innermost depth in blocks outside of the panels and their rows inside: rows of b are read one after the
 * other while panels are written in stretches, and a turn is more than a row of one panel.
 */
function inBlocks(e: Exprs, store: Store, k: IndexVar): Store {
  const rows = divisorNear(k.extent, 16)
  const [block, row] = [indexVar(k.extent / rows), indexVar(rows)]
  const s = new Substitution(e, new Map([[k.id, Index.of(block).times(rows).add(Index.of(row))]]))
  const vars = store.vars.map(v => (v === k ? block : v))
  vars.splice(-1, 0, row)
  return {
    buffer: store.buffer, index: s.index(store.index), value: s.expr(store.value),
    vars: vars.filter(v => v.extent > 1),
  }
}
