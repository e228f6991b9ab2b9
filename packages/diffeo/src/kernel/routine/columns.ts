/** @file What routines share: contiguous columns in blocks of a few vectors, addresses by strides, turns as indices. */
import type { DType } from '../../expr/types.ts'
import type { Builder } from '../builder.ts'
import { memTypeOf as memOf } from '../dtypes.ts'
import { memBytes, type Address, type MemType, type Target, type Value } from '../ir.ts'
import type { BufferInfo } from '../nest.ts'

/** A stored operand in a slot of the kernel, row-major. */
export interface Stored {
  readonly slot: number
  readonly shape: readonly number[]
}

export const memTypeOf = (buffers: readonly BufferInfo[], slot: number, target: Target): MemType =>
  memOf(buffers[slot].dtype, target)

/** The target with as many lanes as vectors of the dtype have. */
export const forDType = (target: Target, dtype: DType): Target =>
  dtype === 'float64' ? { ...target, lanes: target.lanes / 2 } : target

export const at = (base: Value, disp = 0): Address => ({ base, index: null, scale: 1, disp })

/** Lanes side by side, `from` elements behind the block's first. */
export interface Piece {
  readonly from: number
  readonly lanes: number
  readonly mask: Value | undefined
}

/** [0, extent) cut into blocks of `width`; the last may be shorter. */
export interface Columns {
  readonly extent: number
  readonly width: number
  readonly blocks: number
}

export function columnsOf(extent: number, vectors: number, target: Target): Columns {
  const width = Math.min(extent, vectors * target.lanes)
  return { extent, width, blocks: Math.ceil(extent / width) }
}

/** Runs `body` for the block's columns: whole blocks and the short last one are code of their own. */
export function onBlock(
  b: Builder, target: Target, columns: Columns, block: Value, body: (pieces: readonly Piece[]) => void,
): void {
  const { extent, width, blocks } = columns
  const rest = extent - (blocks - 1) * width
  const run = (n: number) => () => body(pieces(b, target, n))
  if (rest === width) run(width)()
  else if (blocks === 1) run(rest)()
  else b.if('lt', block, b.int(blocks - 1), run(width), run(rest))
}

/** `extent` elements as vectors, then a masked one or single lanes. */
function pieces(b: Builder, target: Target, extent: number): Piece[] {
  const { lanes, masks } = target
  const out: Piece[] = []
  let from = 0
  for (; from + lanes <= extent; from += lanes) out.push({ from, lanes, mask: undefined })
  if (from === extent) return out
  if (masks) return [...out, { from, lanes, mask: b.firstLanes(b.int(extent - from), lanes) }]
  for (; from < extent; from++) out.push({ from, lanes: 1, mask: undefined })
  return out
}

/** The numbers that a turn stands for, the last changing fastest. */
export function decode(b: Builder, turn: Value, counts: readonly number[]): Value[] {
  const out: Value[] = []
  let rest = turn
  for (let i = counts.length - 1; i >= 0; i--) {
    out.unshift(i === 0 ? rest : b.imod(rest, counts[i]))
    if (i > 0) rest = b.idiv(rest, counts[i])
  }
  return out
}

/** `base + Σ index · stride · bytes`, terms of stride 0 left out. */
export function offset(
  b: Builder, base: Value, indices: readonly Value[], strides: readonly number[], mem: MemType,
): Value {
  let sum = base
  indices.forEach((i, k) => { if (strides[k] !== 0) sum = b.iadd(sum, b.imul(i, strides[k] * memBytes[mem])) })
  return sum
}

export function rowMajorStrides(shape: readonly number[]): number[] {
  const out = shape.map(() => 1)
  for (let i = shape.length - 2; i >= 0; i--) out[i] = out[i + 1] * shape[i + 1]
  return out
}

export const product = (numbers: readonly number[]): number => numbers.reduce((a, c) => a * c, 1)
