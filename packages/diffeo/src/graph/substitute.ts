/** @file Copies of graphs with other nodes in place of some: what inlining, loops and checkpoints are made of. */
import { ShapeError } from '../util/errors.ts'
import { sameShape } from './build.ts'
import { Node, type Aval, type Graph } from './node.ts'
import { topological } from './walk.ts'

/** The node on other inputs of the same shapes and dtypes; the node itself if they are its own. */
export function withInputs(node: Node, inputs: readonly Node[]): Node {
  if (inputs.every((x, i) => x === node.inputs[i])) return node
  const copy = new Node(node.op, inputs, node.attrs, node, node.outputs)
  copy.origin = node.origin
  return copy
}

/** `outputs` with nodes replaced. What does not depend on a replaced node is shared, not copied. */
export function substitute(outputs: readonly Node[], replaced: ReadonlyMap<Node, Node>): Node[] {
  const done = new Map<Node, Node>(replaced)
  for (const node of topological(outputs, n => replaced.has(n))) {
    if (!done.has(node))
      done.set(
        node,
        withInputs(
          node,
          node.inputs.map(x => done.get(x)!),
        ),
      )
  }
  return outputs.map(x => done.get(x)!)
}

const describe = (a: Aval): string => `${a.dtype}[${a.shape}]`

/** Throws unless `inputs` are what the graph takes. */
export function checkInputs(name: string, graph: Graph, inputs: readonly Aval[]): void {
  if (graph.inputs.length !== inputs.length) {
    throw new ShapeError(`${name}: the graph takes ${graph.inputs.length} inputs and was given ${inputs.length}`)
  }
  graph.inputs.forEach((want, i) => {
    const got = inputs[i]
    if (want.dtype !== got.dtype || !sameShape(want.shape, got.shape)) {
      throw new ShapeError(
        `${name}: input ${i} is ${describe(got)}, but the graph takes ${describe(want)}; `
          + 'trace it for these shapes and dtypes',
      )
    }
  })
}

/** The graph's outputs, on `inputs` in place of its placeholders. */
export function inline(graph: Graph, inputs: readonly Node[]): Node[] {
  checkInputs('inline', graph, inputs)
  return substitute(graph.outputs, new Map(graph.inputs.map((p, i) => [p, inputs[i]])))
}
