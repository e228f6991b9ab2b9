/**
 * @file Scatter: the base is copied, then updates are added or set in their order, place by place. Turns share no
 * element of the result, so the order of what meets in one place is that of the updates whatever runs where.
 */
import { Index, indexVar } from '../../expr/index.ts'
import { Exprs } from '../../expr/scalar.ts'
import { Builder } from '../builder.ts'
import { emitNest } from '../emit/index.ts'
import { bitsTypeOf } from '../dtypes.ts'
import { memBytes, type Kernel, type MemType, type Target, type Value } from '../ir.ts'
import type { BufferInfo } from '../nest.ts'
import {
  at, columnsOf, decode, forDType, offset, onBlock, product, rowMajorStrides, type Piece, type Stored,
} from './columns.ts'

export interface Scatter {
  readonly name: string
  readonly buffers: readonly BufferInfo[]
  /** What the result is before the updates: a stored operand, or one value everywhere. */
  readonly base: Stored | number
  readonly index: Stored
  readonly updates: Stored
  readonly out: Stored
  readonly status: number
  readonly axis: number
  readonly mode: 'add' | 'set'
}

export function emitScatter(s: Scatter, target: Target): Kernel[] {
  return [copyBase(s, target), emitUpdates(s, target)]
}

function copyBase(s: Scatter, target: Target): Kernel {
  const e = new Exprs(indexVar)
  const { dtype, size } = s.buffers[s.out.slot]
  const v = indexVar(size)
  const index = Index.of(v)
  const value = typeof s.base === 'number' ? e.constant(s.base, dtype) : e.load(s.base.slot, index, dtype)
  const stores = [{ buffer: s.out.slot, index, value, vars: size > 1 ? [v] : [] }]
  return emitNest({ name: `${s.name}.base`, stores, buffers: s.buffers, exprs: e }, target)
}

/** The axes that turns run over, and how many trailing elements share an index: those are vectors. */
function planAxes(s: Scatter): { around: number[]; inner: number } {
  const { shape } = s.updates
  let from = shape.length
  while (from - 1 > s.axis && (s.index.shape[from - 1] === 1 || shape[from - 1] === 1)) from--
  const around = shape.map((_, d) => d).filter(d => d !== s.axis && d < from && shape[d] > 1)
  return { around, inner: product(shape.slice(from)) }
}

function emitUpdates(s: Scatter, given: Target): Kernel {
  const target = forDType(given, s.buffers[s.out.slot].dtype)
  const mem = bitsOf(s)
  const { shape } = s.updates
  const { around, inner } = planAxes(s)
  const columns = columnsOf(inner, 8, target)
  const counts = [...around.map(d => shape[d]), columns.blocks]
  const b = new Builder(s.name, 4)
  const places = { index: b.arg(s.index.slot), updates: b.arg(s.updates.slot), out: b.arg(s.out.slot) }
  const status = b.arg(s.status)
  b.loop(b.param(1), b.param(2), 1, [], turn => {
    const numbers = decode(b, turn, counts)
    const block = numbers[numbers.length - 1]
    const start = (o: Stored, base: Value, broadcast: boolean): Value => {
      const strides = rowMajorStrides(o.shape).map((n, d) => (broadcast && o.shape[d] === 1 ? 0 : n))
      const row = offset(b, base, numbers.slice(0, -1), around.map(d => strides[d]), broadcast ? 'i32' : mem)
      return broadcast ? row : b.iadd(row, b.imul(block, columns.width * memBytes[mem]))
    }
    const index = start(s.index, places.index, true)
    const [updates, out] = [start(s.updates, places.updates, false), start(s.out, places.out, false)]
    onBlock(b, target, columns, block, pieces => applyUpdates({ ...s, b, status }, { index, updates, out }, pieces))
    return []
  })
  const size = product(shape)
  const bytes = memBytes[mem]
  return {
    name: s.name, entry: b.fn, callees: [], slots: s.buffers.length, total: product(counts), scratchBytes: 0,
    flops: s.mode === 'add' ? size : 0,
    bytes: size * bytes * (s.mode === 'add' ? 3 : 2) + product(s.index.shape) * 4,
  }
}

/** Narrow floats are moved as bits; sums of them are made in float32 (see `schedule/prepare.ts`). */
const bitsOf = (s: Pick<Scatter, 'buffers' | 'out'>): MemType => bitsTypeOf(s.buffers[s.out.slot].dtype)

interface Open extends Omit<Scatter, 'status'> { readonly b: Builder; readonly status: Value }
interface Rows { readonly index: Value; readonly updates: Value; readonly out: Value }

/** The updates of one turn, first to last. An index out of range is flagged, and its update left out. */
function applyUpdates(s: Open, rows: Rows, pieces: readonly Piece[]): void {
  const { b, axis } = s
  const mem = bitsOf(s)
  const step = (o: Stored) => rowMajorStrides(o.shape)[axis]
  b.loop(b.int(0), b.int(s.updates.shape[axis]), 1, [], turn => {
    const k = b.load('i32', at(offset(b, rows.index, [turn], [step(s.index)], 'i32')), 1)
    const inside = b.any(b.compare('ltU', k, b.constant('i32', s.out.shape[axis], 1)))
    b.if('ne', inside, b.int(0), () => {
      const from = offset(b, rows.updates, [turn], [step(s.updates)], mem)
      const to = offset(b, rows.out, [b.toInt(k)], [step(s.out)], mem)
      for (const p of pieces) update(s, from, to, p)
    }, () => b.store('i32', at(s.status), b.constant('i32', Math.max(1, s.out.shape[axis]), 1)))
    return []
  })
}

function update(s: Open, from: Value, to: Value, p: Piece): void {
  const { b } = s
  const mem = bitsOf(s)
  const disp = p.from * memBytes[mem]
  const value = b.load(mem, at(from, disp), p.lanes, p.mask)
  // Bytes wrap when they are stored.
  const next = s.mode === 'set' ? value : b.binary('add', b.load(mem, at(to, disp), p.lanes, p.mask), value)
  b.store(mem, at(to, disp), next, p.mask)
}
