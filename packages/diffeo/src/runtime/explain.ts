/** @file What a mapping would become on no machine in particular: for devices that compile nothing. */
import { countProgram, nullTarget } from '../backend/null/index.ts'
import type { KernelCost, Update } from '../graph/executor.ts'
import { is, type Graph, type Node } from '../graph/node.ts'
import { compileProgram } from '../schedule/index.ts'

export function explainOn(graph: Graph, updates: readonly Update[], target = nullTarget): readonly KernelCost[] {
  const inputs = new Set(graph.inputs)
  const leaf = (n: Node): boolean => inputs.has(n) || n.storage !== null || is(n, 'read')
  const cells = new Map(updates.map((u, i) => [graph.outputs.length + i, u.cell] as const))
  return countProgram(compileProgram([...graph.outputs, ...updates.map(u => u.value)], { target, leaf, updates: cells })).calls
}
