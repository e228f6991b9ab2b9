/**
 * @file Copies operands: the right one into panels of vectors, rows of the left one side by side, so that a tile reads
 * streams.
 */
import { Index } from '../../expr/index.ts'
import type { Builder } from '../builder.ts'
import type { Value } from '../ir.ts'
import type { BufferInfo, Nest } from '../nest.ts'
import type { Panels } from './plan.ts'
import type { Contraction } from './spec.ts'

/** Copies b into panels [batch…][panel][k…][lane], zeros beyond the last column; k in the order of a's strides. */
export function packed(p: Panels, buffers: BufferInfo[]): { b: Contraction['b']; nest: Nest } {
  const { c, panel, lane, width, n } = p
  const batch = c.outer.filter(v => v !== panel && v !== lane && c.b.index.coefficient(v) !== 0)
  const k = [...c.k].sort((x, y) => c.a.index.coefficient(y) - c.a.index.coefficient(x))
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
  const vars = [...order, lane].filter(v => v.extent > 1)
  return {
    b: { buffer, index },
    nest: { name: `${c.name}.pack`, exprs: e, buffers: [...buffers], stores: [{ buffer, index, value, vars }] },
  }
}

/** Copies `rows` rows, `row` bytes apart, as [depth][row]; gives the address behind the copy. */
export function copyRows(
  b: Builder,
  loops: readonly { readonly extent: number; readonly step: number }[],
  rows: number,
  row: number,
  from: Value,
  to: Value,
): Value {
  if (loops.length === 0) {
    for (let r = 0; r < rows; r++) {
      const v = b.load('f32', { base: from, index: null, scale: 1, disp: r * row }, 1)
      b.store('f32', { base: to, index: null, scale: 1, disp: r * 4 }, v)
    }
    return b.iadd(to, rows * 4)
  }
  const [first, ...rest] = loops
  const [, end] = b.loop(b.int(0), b.int(first.extent), 1, [from, to], (_, [f, t]) => {
    const after = copyRows(b, rest, rows, row, f, t)
    return [b.iadd(f, first.step), after]
  })
  return end
}
