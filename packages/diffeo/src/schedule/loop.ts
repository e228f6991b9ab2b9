/** @file A loop in a schedule: its body is compiled once, as a program of its own, and its calls join the others. */
import { sizeOf, is, Node } from '../graph/node.ts'
import { dtypeBytes } from '../graph/dtype.ts'
import { withInputs } from '../graph/substitute.ts'
import { topological } from '../graph/walk.ts'
import type { Compiled, Options } from './compiled.ts'
import type { LoweredGroup } from './lower.ts'
import { storedAs } from './operands.ts'
import type { Group } from './rules.ts'

export const scanOf = (g: Group): Node<'scan'> => g.roots[0].inputs[0] as Node<'scan'>

/** Bytes of one carry; those of two turns lie that far apart. */
export const carryBytes = (n: Node): number => Math.ceil(Math.max(1, sizeOf(n.shape)) * dtypeBytes[n.dtype] / 64) * 64

/** Each carry starts in memory of its own, which the loop writes over. */
export function ownCarries(outputs: readonly Node[], leaf: (n: Node) => boolean): Node[] {
  const order = topological(outputs, leaf)
  if (!order.some(n => is(n, 'scan'))) return [...outputs]
  const done = new Map<Node, Node>()
  for (const n of order) {
    if (leaf(n)) { done.set(n, n); continue }
    const inputs = n.inputs.map(x => done.get(x) as Node)
    const carries = is(n, 'scan') ? n.attrs.carries : 0
    done.set(n, withInputs(n, inputs.map((x, i) => (i < carries ? new Node('bitcast', [x], {}, x) : x))))
  }
  return outputs.map(n => done.get(n) as Node)
}

/** Whether a node is the last value of a carry: it lies where the loop left it. */
export const isCarry = (n: Node): boolean =>
  is(n, 'pick') && is(n.inputs[0], 'scan') && n.attrs.index < n.inputs[0].attrs.carries

export function lowerLoop(
  g: Group,
  { leaf, target, cache }: Options,
  compile: (outputs: readonly Node[], options: Options) => Compiled,
): LoweredGroup {
  const scan = scanOf(g)
  const { body, carries, sequences } = scan.attrs
  const places = new Set(body.inputs)
  const constants = new Set(body.inputs.slice(carries + sequences))
  const inputs = scan.inputs.map(x => storedAs(x, leaf))
  const compiled = compile(body.outputs, {
    target, cache, leaf: n => places.has(n), updates: new Map(),
    body: { carries: body.inputs.slice(0, carries), isConstant: n => constants.has(n) },
  })
  return {
    kernels: [], buffers: [], partial: false, nodes: [], roots: g.roots,
    status: compiled.program.buffers.some(b => b.kind === 'status') ? 0 : null,
    reads: new Map(inputs.map(x => [x, []])), writes: new Map(),
    loop: { scan, inputs, body: compiled },
  }
}
