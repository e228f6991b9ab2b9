/** @file What a mapping would become on a target, counted; and what the compiler may see of a graph. */
import { countProgram, nullTarget } from '../backend/null/index.ts'
import type { KernelCost, Update } from '../graph/executor.ts'
import { apply } from '../graph/build.ts'
import { substitute } from '../graph/substitute.ts'
import { topological } from '../graph/walk.ts'
import { is, type Graph, type Node } from '../graph/node.ts'
import { compileProgram } from '../schedule/index.ts'

/**
 * The graph with a plain buffer for each value that is there and remembers how it was made: the compiler must not look
 * behind it, for what it found there would be in the program, or computed again. `bare` collects what stands for what.
 */
export function withoutHistory(nodes: readonly Node[], bare: Map<Node, Node> = new Map()): Node[] {
  for (const n of topological(nodes, x => x.storage !== null)) {
    if (n.storage === null || n.inputs.length === 0 || bare.has(n)) continue
    const leaf = apply('buffer', [], {}, { shape: n.shape, dtype: n.dtype })
    leaf.storage = n.storage
    bare.set(n, leaf)
  }
  return bare.size > 0 ? substitute(nodes, bare) : [...nodes]
}

export function explainOn(graph: Graph, updates: readonly Update[], target = nullTarget): readonly KernelCost[] {
  const inputs = new Set(graph.inputs)
  const leaf = (n: Node): boolean => inputs.has(n) || n.storage !== null || is(n, 'read')
  const cells = new Map(updates.map((u, i) => [graph.outputs.length + i, u.cell] as const))
  return countProgram(
    compileProgram(withoutHistory([...graph.outputs, ...updates.map(u => u.value)]), { target, leaf, updates: cells }),
  ).calls
}
