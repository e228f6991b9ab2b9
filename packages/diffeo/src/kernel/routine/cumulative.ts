/**
 * @file Running sums, products and extremes along an axis: one chain a column, columns side by side in vectors. Where
 * there is one column a row, several rows side by side: a chain alone waits for its own last addition. Sums and
 * products of float32 are chained in float64.
 */
import type { Combine, DType } from '../../expr/types.ts'
import { Builder } from '../builder.ts'
import { memBytes, type Kernel, type MemType, type Target, type Value } from '../ir.ts'
import { binaryMath, convertMath } from '../math/index.ts'
import type { BufferInfo } from '../nest.ts'
import { at, columnsOf, decode, forDType, memTypeOf, onBlock, product, type Piece, type Stored } from './columns.ts'

export interface Cumulative {
  readonly name: string
  readonly buffers: readonly BufferInfo[]
  readonly x: Stored
  /** Slot of the result. */
  readonly out: number
  readonly axis: number
  readonly combine: Combine
  readonly reverse: boolean
}

const operations = { add: 'add', mul: 'mul', max: 'maximum', min: 'minimum' } as const

/** Of types whose registers hold them as memory does: narrow floats are widened before (see `schedule/prepare.ts`). */
export function emitCumulative(c: Cumulative, given: Target): Kernel {
  const { shape } = c.x
  const { dtype } = c.buffers[c.out]
  // as PyTorch: the last of 2 M sums of float32 would be off by 2e-4
  const chain = dtype === 'float32' && (c.combine === 'add' || c.combine === 'mul') ? 'float64' : dtype
  const target = forDType(given, chain)
  const mem = memTypeOf(c.buffers, c.out, target)
  const [rows, steps, inner] = [product(shape.slice(0, c.axis)), shape[c.axis], product(shape.slice(c.axis + 1))]
  const columns = columnsOf(inner, 4, target)
  const together = inner === 1 ? [4, 2, 1].find(n => rows % n === 0) ?? 1 : 1
  const b = new Builder(c.name, 4)
  const [x, out] = [b.arg(c.x.slot), b.arg(c.out)]
  b.loop(b.param(1), b.param(2), 1, [], turn => {
    const [row, block] = decode(b, turn, [rows / together, columns.blocks])
    const first = b.iadd(b.imul(row, together * steps * inner), b.imul(block, columns.width))
    const bytes = b.imul(first, memBytes[mem])
    onBlock(b, target, columns, block, pieces =>
      chains(
        { ...c, b, dtype, chain, mem, steps, stride: inner * memBytes[mem] },
        b.iadd(x, bytes),
        b.iadd(out, bytes),
        pieces.flatMap(p => Array.from({ length: together }, (_, i) => ({ ...p, from: p.from + i * steps }))),
      ),
    )
    return []
  })
  const size = product(shape)
  return {
    name: c.name, entry: b.fn, callees: [], slots: c.buffers.length, total: rows / together * columns.blocks,
    scratchBytes: 0,
    flops: size - rows * inner, bytes: 2 * size * memBytes[mem],
  }
}

interface Chains extends Cumulative {
  readonly b: Builder
  readonly dtype: DType
  /** What the chain is computed in. */
  readonly chain: DType
  readonly mem: MemType
  readonly steps: number
  /** Bytes from an element of a column to the next. */
  readonly stride: number
}

/** The first elements as they are, then each combined with what came before. */
function chains(c: Chains, x: Value, out: Value, pieces: readonly Piece[]): void {
  const { b, dtype, chain, mem, steps, stride, reverse } = c
  const place = (base: Value, bytes: Value, p: Piece) => at(b.iadd(base, bytes), p.from * memBytes[mem])
  const load = (bytes: Value, p: Piece) => b.load(mem, place(x, bytes, p), p.lanes, p.mask)
  const store = (bytes: Value, p: Piece, v: Value) => b.store(mem, place(out, bytes, p), v, p.mask)
  const start = b.int(reverse ? (steps - 1) * stride : 0)
  const raised = (v: Value) => convertMath(b, v, dtype, chain)
  const firsts = pieces.map(p => load(start, p))
  pieces.forEach((p, i) => store(start, p, firsts[i]))
  b.loop(b.int(1), b.int(steps), 1, firsts.map(raised), (k, before) => {
    const position = reverse ? b.intOp('isub', b.int(steps - 1), k) : k
    const bytes = b.imul(position, stride)
    const values = pieces.map((p, i) =>
      binaryMath(b, operations[c.combine], before[i], raised(load(bytes, p)), chain))
    pieces.forEach((p, i) => store(bytes, p, convertMath(b, values[i], chain, dtype)))
    return values
  })
}
