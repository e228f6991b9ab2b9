/**
 * @file Splits the depth of a contraction that has few outputs and much depth (weight gradients), or a depth that no
 * divisor cuts into blocks: each piece sums into a slot of its own, and a second kernel adds the slots. The pieces
 * depend on the shapes alone, never on the threads; that no sum is long keeps its error small.
 */
import { Index, indexVar, type IndexVar } from '../../expr/index.ts'
import type { Expr } from '../../expr/scalar.ts'
import { replaceExpr, type BufferInfo, type Nest } from '../nest.ts'
import { divisorNear } from './plan.ts'
import { depthOrder, extentOf, substituteContraction, type Contraction } from './spec.ts'

export interface Split {
  /** Into the slots: the pieces of equal depth, then what is left. */
  readonly pieces: readonly Contraction[]
  /** Adds the slots and does the epilogue. */
  readonly sum: Nest
}

const leastDepth = 2048
const mostOutputs = 1 << 17
/** A piece, and so a sum in a register, should be no deeper; and slots should take no more elements. */
const deepPiece = 4096
const mostSlots = 1 << 22

/** Null where the outputs alone are work enough, and blocks keep sums short. */
export function splitDepth(c: Contraction): Split | null {
  const cut = chooseCut(c)
  if (!cut) return null
  const { loop, count, size } = cut
  const outputs = extentOf(c.outer)
  const left = loop.extent - count * size
  const slots = count + (left > 0 ? 1 : 0)
  const buffers: BufferInfo[] = [...c.buffers, { dtype: 'float32', size: outputs * slots }]
  const buffer = buffers.length - 1
  const slot = (index: Index): Index => packedIndex(c).add(index.times(outputs))
  const others = c.k.filter(v => v !== loop)
  const into = (outer: readonly IndexVar[], k: IndexVar, from: Index, index: Index): Contraction => {
    const cut = substituteContraction(c, new Map([[loop.id, from]]), outer, [k, ...others])
    const accumulator = c.exprs.load(c.accumulator.buffer, slot(index), 'float32')
    return { ...cut, buffers, accumulator, outputs: [{ buffer, index: slot(index), value: accumulator }] }
  }
  const [piece, inner, last] = [indexVar(count), indexVar(size), indexVar(left)]
  const pieces = [into(
    [piece, ...c.outer], inner, Index.of(piece).times(size).add(Index.of(inner)), Index.of(piece),
  )]
  if (left > 0) pieces.push(into(c.outer, last, Index.of(last).plus(count * size), new Index(count)))
  const each = indexVar(slots)
  return { pieces, sum: summing(c, buffers, each, c.exprs.load(buffer, slot(Index.of(each)), 'float32')) }
}

/** Which loop is cut, into `count` pieces of `size`, and a rest. */
function chooseCut(c: Contraction): { loop: IndexVar; count: number; size: number } | null {
  const outputs = extentOf(c.outer)
  const depth = extentOf(c.k)
  if (depth < leastDepth || c.outer.length === 0) return null
  const loops = depthOrder(c)
  const few = outputs <= mostOutputs
  const even = few ? loops.find(v => pieceCount(v.extent) > 1) : undefined
  if (even) {
    const count = pieceCount(even.extent)
    if (depth / count <= 2 * deepPiece) return { loop: even, count, size: even.extent / count }
  }
  if (!few && (depth <= 2 * deepPiece || divisorNear(loops[0].extent, 256) < loops[0].extent)) return null
  const loop = loops.reduce((x, y) => (y.extent > x.extent ? y : x))
  const wanted = Math.max(few ? 16 : 1, Math.ceil(depth / deepPiece))
  const count = Math.min(wanted, Math.max(1, Math.floor(mostSlots / outputs)), loop.extent)
  return { loop, count, size: Math.floor(loop.extent / count) }
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
