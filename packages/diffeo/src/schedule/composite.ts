/** @file A group that is one composite with a kernel of its own: its operands are read where they lie. */
import { is, sizeOf, type Node } from '../graph/node.ts'
import type { Strided } from '../kernel/attention/spec.ts'
import type { Target } from '../kernel/ir.ts'
import type { BufferInfo } from '../kernel/nest.ts'
import { compositeOf, type Composite } from './composites.ts'
import { stridesOf, type Layout, type Layouts } from './layout.ts'
import type { Surroundings } from './signature.ts'
import { placeOf, viewOf } from './views.ts'

/** `roots`: those of the composite's outputs that are used. */
export function lowerComposite(roots: readonly Node[], around: Surroundings, target: Target, name: string) {
  const call = roots[0].inputs[0] as Node<'call'>
  const nodes: (Node | null)[] = []
  const buffers: BufferInfo[] = []
  const slot = (n: Node | null, { shape, dtype }: Pick<Node, 'shape' | 'dtype'>): number => {
    const known = n ? nodes.indexOf(n) : -1
    if (known >= 0) return known
    nodes.push(n)
    buffers.push({ dtype, size: sizeOf(shape) })
    return nodes.length - 1
  }
  const inputs = call.inputs.map((x, i): Strided => {
    const view = viewOf(x, around.stored)
    const place = placeOf(view, around.layout(view.base))
    // an axis of size 1 is repeated as often as it takes
    const strides = place.strides.map((s, axis) => (call.inputs[i].shape[axis] === 1 ? 0 : s))
    return { slot: slot(view.base, view.base), ...place, strides }
  })
  const outputs = (call.outputs ?? [call]).map((out, index): Strided => {
    const root = roots.find(r => is(r, 'pick') && r.attrs.index === index) ?? null
    const layout = root ? around.layout(root) : out.shape.map((_, axis) => axis)
    return { slot: slot(root, out), offset: 0, strides: stridesOf(out.shape, layout) }
  })
  const kernel = (compositeOf(call) as Composite).emit(call, { name, buffers, inputs, outputs }, target)
  const reads = new Map<Node, readonly string[]>()
  for (const x of nodes) if (x && !roots.includes(x)) reads.set(x, [])
  return { kernels: [kernel], buffers, partial: false, nodes, roots, status: null, reads, writes: new Map() }
}

/** Gives an output of a composite the order in memory of the input that it follows. False: it is no such output. */
export function followInput(n: Node, layouts: Layouts, leaf: (n: Node) => boolean): boolean {
  if (!is(n, 'pick')) return false
  const [call] = n.inputs
  const composite = compositeOf(call)
  if (!composite) return false
  const input = composite.follows[n.attrs.index]
  const view = input === null ? null : viewOf(call.inputs[input], leaf)
  layouts.set(n, view ? orderOf(placeOf(view, layouts.of(view.base)).strides) : n.shape.map((_, axis) => axis))
  return true
}

/** Axes by their strides, the greatest first; the last stays last, as vectors run along it. */
const orderOf = (strides: readonly number[]): Layout =>
  [...strides.keys()].slice(0, -1).sort((x, y) => strides[y] - strides[x] || x - y).concat(strides.length - 1)
