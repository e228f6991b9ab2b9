/**
 * @file A block of an array written at a place known at run time: first the array is copied, unless it is written over
 * where it lies, then the block is written.
 */
import { Builder } from '../builder.ts'
import { memBytes, type Kernel, type MemType, type Target, type Value } from '../ir.ts'
import type { BufferInfo } from '../nest.ts'
import {
  at, columnsOf, decode, memTypeOf, offset, onBlock, product, rowMajorStrides, type Columns, type Stored,
} from './columns.ts'

export interface Update {
  readonly name: string
  readonly buffers: readonly BufferInfo[]
  readonly x: Stored
  readonly update: Stored
  /** The first place of each axis: a number, or the slot of an int32; clamped so that the block lies inside. */
  readonly starts: readonly (number | { readonly slot: number })[]
  readonly out: number
}

export function emitUpdate(u: Update, target: Target): Kernel[] { return [copyAll(u, target), writeBlock(u, target)] }

function copyAll(u: Update, target: Target): Kernel {
  const mem = memTypeOf(u.buffers, u.out, target)
  const size = product(u.x.shape)
  const columns = columnsOf(size, 8, target)
  const b = new Builder(`${u.name}.base`, 4)
  const [from, to] = [b.arg(u.x.slot), b.arg(u.out)]
  b.loop(b.param(1), b.param(2), 1, [], block => {
    const bytes = b.imul(block, columns.width * memBytes[mem])
    copy(b, target, columns, block, b.iadd(from, bytes), b.iadd(to, bytes), mem)
    return []
  })
  return {
    name: b.fn.name, entry: b.fn, callees: [], slots: u.buffers.length, total: columns.blocks, scratchBytes: 0,
    flops: 0, bytes: 2 * size * memBytes[mem], copies: [u.x.slot, u.out],
  }
}

function writeBlock(u: Update, target: Target): Kernel {
  const { shape } = u.update
  const mem = memTypeOf(u.buffers, u.out, target)
  // whole rows behind the last axis that is not whole lie side by side
  let axis = shape.length - 1
  while (axis > 0 && shape[axis] === u.x.shape[axis]) axis--
  const columns = columnsOf(product(shape.slice(axis)), 8, target)
  const counts = [...shape.slice(0, axis), columns.blocks]
  const [strides, own] = [rowMajorStrides(u.x.shape), rowMajorStrides(shape)]
  const b = new Builder(u.name, 4)
  const first = u.starts.map((s, i) => startOf(b, s, u.x.shape[i] - shape[i]))
  const base = offset(b, b.arg(u.out), first, strides, mem)
  const update = b.arg(u.update.slot)
  b.loop(b.param(1), b.param(2), 1, [], turn => {
    const numbers = decode(b, turn, counts)
    const block = numbers[numbers.length - 1]
    const bytes = b.imul(block, columns.width * memBytes[mem])
    const outer = numbers.slice(0, -1)
    const [from, to] = [offset(b, update, outer, own, mem), offset(b, base, outer, strides, mem)]
    copy(b, target, columns, block, b.iadd(from, bytes), b.iadd(to, bytes), mem)
    return []
  })
  return {
    name: u.name, entry: b.fn, callees: [], slots: u.buffers.length, total: product(counts), scratchBytes: 0,
    flops: 0, bytes: 2 * product(shape) * memBytes[mem],
  }
}

function startOf(b: Builder, start: Update['starts'][number], most: number): Value {
  if (most === 0) return b.int(0)
  if (typeof start === 'number') return b.int(Math.max(0, Math.min(start, most)))
  const given = b.toInt(b.load('i32', at(b.arg(start.slot)), 1))
  return b.intOp('imin', b.intOp('imax', given, b.int(0)), b.int(most))
}

function copy(
  b: Builder, target: Target, columns: Columns, block: Value, from: Value, to: Value, mem: MemType,
): void {
  onBlock(b, target, columns, block, pieces => {
    for (const p of pieces) {
      const disp = p.from * memBytes[mem]
      b.store(mem, at(to, disp), b.load(mem, at(from, disp), p.lanes, p.mask), p.mask)
    }
  })
}
