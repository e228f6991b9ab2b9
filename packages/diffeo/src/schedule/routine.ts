/**
 * @file Groups that are one primitive with a kernel of its own: scatter, cumulative, argSort, blocks of cells.
 * Operands are row-major.
 */
import { is, sizeOf, type Node } from '../graph/node.ts'
import type { Target } from '../kernel/ir.ts'
import type { BufferInfo } from '../kernel/nest.ts'
import type { Stored } from '../kernel/routine/columns.ts'
import { emitCumulative } from '../kernel/routine/cumulative.ts'
import { emitScatter } from '../kernel/routine/scatter.ts'
import { emitSort } from '../kernel/routine/sort.ts'
import { emitUpdate } from '../kernel/routine/update.ts'
import { fillOf, storedAs } from './operands.ts'

export function lowerRoutine(n: Node, leaf: (n: Node) => boolean, target: Target, name: string) {
  const nodes: (Node | null)[] = []
  const buffers: BufferInfo[] = []
  const slot = (x: Node | null, dtype: BufferInfo['dtype'], size: number): number => {
    const known = x ? nodes.indexOf(x) : -1
    if (known >= 0) return known
    nodes.push(x)
    buffers.push({ dtype, size })
    return nodes.length - 1
  }
  const stored = (x: Node): Stored => {
    const base = storedAs(x, leaf)
    return { slot: slot(base, base.dtype, sizeOf(base.shape)), shape: x.shape }
  }
  const out: Stored = { slot: slot(n, n.dtype, sizeOf(n.shape)), shape: n.shape }
  let status: number | null = null
  const emit = () => {
    if (is(n, 'cumulative')) {
      const kernel = emitCumulative({ name, buffers, x: stored(n.inputs[0]), out: out.slot, ...n.attrs }, target)
      return { kernels: [kernel], buffers }
    }
    if (is(n, 'argSort')) {
      const sorted = emitSort({ name, buffers, x: stored(n.inputs[0]), out: out.slot }, target)
      return { kernels: [sorted.kernel], buffers: sorted.buffers }
    }
    if (is(n, 'dynamicUpdate')) {
      const [x, update, ...places] = n.inputs
      const starts = places.map(p => (is(p, 'constant') ? p.attrs.value : { slot: stored(p).slot }))
      const given = { name, buffers, x: stored(x), update: stored(update), starts, out: out.slot }
      return { kernels: emitUpdate(given, target), buffers }
    }
    if (!is(n, 'scatter')) throw new Error(`${n.op} has no routine`)
    const [index, updates] = [stored(n.inputs[1]), stored(n.inputs[2])]
    const base = fillOf(n) ?? stored(n.inputs[0])
    status = slot(null, 'int32', 1)
    return { kernels: emitScatter({ name, buffers, base, index, updates, out, status, ...n.attrs }, target), buffers }
  }
  const emitted = emit()
  const reads = new Map<Node, readonly string[]>()
  for (const x of nodes) if (x && x !== n) reads.set(x, [])
  return {
    ...emitted, partial: false, nodes: emitted.buffers.map((_, i) => nodes[i] ?? null), roots: [n], status, reads,
    // a block may be written over the array it belongs to
    writes: new Map(is(n, 'dynamicUpdate') ? [[n, []]] : []),
  }
}
