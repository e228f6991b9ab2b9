/** @file Which nodes have a routine, and what it reads: stored values in row-major order. */
import { is, type Node } from '../graph/node.ts'

export const routines: ReadonlySet<string> = new Set(['scatter', 'cumulative', 'argSort'])

/** The node whose buffer holds x in row-major order: reshapes only rename places. */
export function storedAs(x: Node, leaf: (n: Node) => boolean): Node {
  while (!leaf(x) && x.op === 'reshape') [x] = x.inputs
  return x
}

/** What the routine reads from memory. A scatter into a constant fills its result with it. */
export function routineOperands(n: Node, leaf: (n: Node) => boolean): Node[] {
  const inputs = fillOf(n) === null ? n.inputs : n.inputs.slice(1)
  return inputs.map(x => storedAs(x, leaf))
}

/** What a scatter's result is filled with first, when that is one number. */
export function fillOf(n: Node): number | null {
  const [x] = n.inputs
  return n.op === 'scatter' && is(x, 'constant') ? x.attrs.value : null
}
