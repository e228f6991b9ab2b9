/**
 * @file Splits the depth of a contraction that has few outputs and much depth (weight gradients): each piece sums into
 * a slot of its own, and a second kernel adds the slots. The pieces depend on the shapes alone, never on the threads.
 */
import { Index, indexVar, type IndexVar } from '../../expr/index.ts'
import type { Expr } from '../../expr/scalar.ts'
import { replaceExpr, type BufferInfo, type Nest } from '../nest.ts'
import { extentOf, substituteContraction, type Contraction } from './spec.ts'

export interface Split {
  /** The pieces' contraction, into the slots. */
  readonly pieces: Contraction
  /** Adds the slots and does the epilogue. */
  readonly sum: Nest
}

const leastDepth = 2048
const mostOutputs = 1 << 17

/** Null where the outputs alone are work enough. */
export function splitDepth(c: Contraction): Split | null {
  const outputs = extentOf(c.outer)
  if (extentOf(c.k) < leastDepth || outputs > mostOutputs || c.outer.length === 0) return null
  const [first] = [...c.k].sort((x, y) => c.a.index.coefficient(y) - c.a.index.coefficient(x))
  const count = pieceCount(first.extent)
  if (count === 1) return null
  const [piece, rest] = [indexVar(count), indexVar(first.extent / count)]
  const k = [rest, ...c.k.filter(v => v !== first)].filter(v => v.extent > 1)
  const map = new Map([[first.id, Index.of(piece).times(rest.extent).add(Index.of(rest))]])
  const cut = substituteContraction(c, map, [piece, ...c.outer], k)
  const slots: BufferInfo = { dtype: 'float32', size: outputs * count }
  const buffers = [...c.buffers, slots]
  const buffer = buffers.length - 1
  const at = packedIndex(c).add(Index.of(piece).times(outputs))
  const accumulator = c.exprs.load(c.accumulator.buffer, at, 'float32')
  const pieces: Contraction = { ...cut, buffers, accumulator, outputs: [{ buffer, index: at, value: accumulator }] }
  return { pieces, sum: summing(c, buffers, piece, c.exprs.load(buffer, at, 'float32')) }
}

function summing(c: Contraction, buffers: readonly BufferInfo[], piece: IndexVar, slot: Expr): Nest {
  const e = c.exprs
  const total = e.reduce('add', [piece], slot)
  const vars = [...c.outer].filter(v => v.extent > 1)
    .sort((x, y) => Math.abs(c.outputs[0].index.coefficient(y)) - Math.abs(c.outputs[0].index.coefficient(x)))
  const stores = c.outputs.map(o => ({
    buffer: o.buffer,
    index: o.index,
    value: replaceExpr(e, o.value, c.accumulator, total),
    vars,
  }))
  return { name: `${c.name}.sum`, exprs: e, buffers, stores, ...(c.status === undefined ? {} : { status: c.status }) }
}

/** The outputs in the order in which the first of them is stored, without gaps. */
function packedIndex(c: Contraction): Index {
  const order = [...c.outer].sort(
    (x, y) => Math.abs(c.outputs[0].index.coefficient(x)) - Math.abs(c.outputs[0].index.coefficient(y)),
  )
  let index = new Index(0)
  let stride = 1
  for (const v of order) {
    index = index.add(Index.of(v).times(stride))
    stride *= v.extent
  }
  return index
}

/** The greatest divisor of n from 16 down to 4; 1 when there is none. */
function pieceCount(n: number): number {
  for (let d = 16; d >= 4; d--) if (n % d === 0) return d
  return 1
}
