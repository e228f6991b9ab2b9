/** @file Batching: the same mapping on many examples at once. */
import { placeholder } from '../graph/build.ts'
import { withInputs } from '../graph/substitute.ts'
import type { Graph, Node } from '../graph/node.ts'
import { topological } from '../graph/walk.ts'
import { recordOf } from '../ops/index.ts'
import type { Batched } from '../ops/record.ts'
import { ShapeError, TraceError } from '../util/errors.ts'
import { isPort, portIndex, portsOf, producer } from './ports.ts'

/** A node's outputs after the walk; `batched` says whether they have the batch axis in front. */
export interface Mapped {
  readonly node: Node
  readonly batched: boolean
}

function checkBatched(node: Node, inputs: readonly Node[], out: readonly Node[], size: number): void {
  portsOf(node).forEach((y, i) => {
    const want = [size, ...y.shape].join()
    if (out[i]?.shape.join() === want && out[i].dtype === y.dtype) return
    throw new ShapeError(
      `vmap: ${node.op} of ${inputs.map(x => `[${x.shape}]`).join(', ')} gave `
        + `${out[i] ? `[${out[i].shape}]` : 'nothing'}, `
        + `expected [${want}]; this is a fault of its batch rule`,
    )
  })
}

/** The batched outputs of `node`, by its rule. */
function batchNode(node: Node, inputs: readonly Node[], batched: readonly boolean[], size: number): readonly Node[] {
  const { batch } = recordOf(node.op)
  if (!batch) throw new TraceError(`vmap: ${node.op} cannot be batched; call it outside of vmap`)
  const out = batch(inputs, batched, node, size, batchGraph)
  checkBatched(node, inputs, out, size)
  return out
}

/**
 * `outputs` with nodes replaced: those in `batched` by values with a batch axis of `size` in front, those in `shared`
 * by values like themselves. What depends on neither is left as it is.
 */
export function batchNodes(
  outputs: readonly Node[],
  batched: ReadonlyMap<Node, Node>,
  size: number,
  shared: ReadonlyMap<Node, Node> = new Map(),
): Mapped[] {
  const many = new Map<Node, readonly Node[]>()
  for (const [from, to] of batched) many.set(from, [to])
  const one = new Map<Node, Node>(shared)
  for (const node of topological(outputs, n => many.has(n) || one.has(n))) {
    if (many.has(node) || one.has(node)) continue
    if (isPort(node)) {
      const all = many.get(producer(node))
      if (all) many.set(node, [all[portIndex(node)]])
      else one.set(node, withInputs(node, [one.get(producer(node))!]))
      continue
    }
    const flags = node.inputs.map(x => many.has(x))
    const inputs = node.inputs.map(x => many.get(x)?.[0] ?? one.get(x)!)
    if (flags.includes(true)) many.set(node, batchNode(node, inputs, flags, size))
    else one.set(node, withInputs(node, inputs))
  }
  return outputs.map(y => {
    const all = many.get(y)
    return all ? { node: all[0], batched: true } : { node: one.get(y)!, batched: false }
  })
}

/** The graph on `size` examples: inputs named by `batched` get the batch axis in front. */
export function batchGraph(
  graph: Graph,
  batched: readonly boolean[],
  size: number,
): Batched {
  const inputs = graph.inputs.map((p, i) => placeholder(i, batched[i] ? [size, ...p.shape] : p.shape, p.dtype))
  const pairs = graph.inputs.map((p, i) => [p, inputs[i]] as const)
  const out = batchNodes(
    graph.outputs,
    new Map(pairs.filter((_, i) => batched[i])),
    size,
    new Map(pairs.filter((_, i) => !batched[i])),
  )
  return { graph: { inputs, outputs: out.map(o => o.node) }, batched: out.map(o => o.batched) }
}
