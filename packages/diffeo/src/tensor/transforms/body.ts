/**
 * @file Tracing a function as the body of something larger: its arguments are placeholders, what it captures an input.
 */
import { placeholder } from '../../graph/build.ts'
import type { Cell } from '../../graph/cell.ts'
import { type Graph, type Node } from '../../graph/node.ts'
import { substitute } from '../../graph/substitute.ts'
import { topological } from '../../graph/walk.ts'
import type { Draw } from '../functions/random.ts'
import { advance } from '../functions/random.ts'
import { source } from '../random.ts'
import { type CellState, type Scope, type ScopeKind } from '../scope.ts'

/** Sources without data are written again where they are needed, not handed in. */
const cheap: ReadonlySet<string> = new Set(['constant', 'iota'])

/**
 * The graph of outputs as a function of `inputs` and of whatever else they need: those nodes are `captured`.
 * @param within - ops that are part of it though they need none of the inputs
 */
export function close(
  outputs: readonly Node[], inputs: readonly Node[], within: ReadonlySet<string> = new Set(),
): { graph: Graph; captured: Node[] } {
  const inner = new Set(inputs)
  const captured = new Set<Node>()
  const needs = (n: Node): void => { if (!inner.has(n) && !cheap.has(n.op)) captured.add(n) }
  for (const n of topological(outputs)) {
    if (inner.has(n)) continue
    if (!within.has(n.op) && !n.inputs.some(i => inner.has(i))) continue
    inner.add(n)
    n.inputs.forEach(needs)
  }
  outputs.forEach(needs)
  const list = [...captured]
  const stands = list.map((n, i) => placeholder(inputs.length + i, n.shape, n.dtype))
  const closed = substitute(outputs, new Map(list.map((n, i) => [n, stands[i]])))
  return { graph: { inputs: [...inputs, ...stands], outputs: closed }, captured: list }
}

/** Whether outputs need nothing but the inputs, and what is made of nothing. */
export const isClosed = ({ inputs, outputs }: Graph): boolean =>
  topological(outputs).every(n => n.inputs.length > 0 || inputs.includes(n) || cheap.has(n.op))

/** Random numbers of a body that runs many times: each turn has counters of its own, from `base` on. */
export function turnDraw(base: Node): { draw: Draw; taken: () => number } {
  let taken = 0
  let key: Node | undefined
  // the key is the same in every turn: it is taken from outside
  const outside = source()
  const draw: Draw = count => {
    const counter = advance(base, taken)
    taken += count
    key ??= outside(0).key
    return { key, counter }
  }
  return { draw, taken: () => taken }
}

export function scope(kind: ScopeKind, draw: Draw, cells: Map<Cell, CellState> | null = null): Scope {
  return { kind, name: kind, active: true, draw, cells }
}
