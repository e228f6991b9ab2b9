/** @file The reference: evaluates a graph node by node, by the records' `evaluate` rules. */
import { isFloat } from '../../graph/dtype.ts'
import { is, type Graph, type Node } from '../../graph/node.ts'
import { topological } from '../../graph/walk.ts'
import { recordOf } from '../../ops/index.ts'
import type { NDArray } from '../../ops/record.ts'
import { rounders } from '../../ops/support/round.ts'
import { DiffeoError } from '../../util/errors.ts'

/**
 * `float64`: floats of every dtype stay in float64, the truth for derivatives. `rounded`: each value as its dtype
 * holds it.
 */
export type Mode = 'float64' | 'rounded'
/** The values of leaves (buffers, reads, placeholders, what is already known), or undefined for nodes to compute. */
export type Lookup = (node: Node) => NDArray | undefined

type Outputs = readonly NDArray[]

/** The values of `nodes`; of a node with several outputs, the first. */
export function evaluateGraph(nodes: readonly Node[], mode: Mode, lookup: Lookup): NDArray[] {
  const known = new Map<Node, NDArray>()
  const leaf = (n: Node): boolean => {
    const value = known.get(n) ?? lookup(n)
    if (value) known.set(n, value)
    return value !== undefined
  }
  const order = topological(nodes, leaf)
  const uses = countUses(nodes, order, known)
  const values = new Map<Node, Outputs>()
  for (const node of order) {
    const leafValue = known.get(node)
    values.set(node, leafValue ? [leafValue] : compute(node, mode, values))
    if (!leafValue) for (const input of node.inputs) release(input, uses, values)
  }
  return nodes.map(n => values.get(n)![0])
}

/** How often each value is still to be read. */
function countUses(
  nodes: readonly Node[], order: readonly Node[], leaves: ReadonlyMap<Node, NDArray>,
): Map<Node, number> {
  const uses = new Map<Node, number>()
  const count = (n: Node): void => { uses.set(n, (uses.get(n) ?? 0) + 1) }
  nodes.forEach(count)
  for (const node of order) if (!leaves.has(node)) node.inputs.forEach(count)
  return uses
}

function release(node: Node, uses: Map<Node, number>, values: Map<Node, Outputs>): void {
  const left = uses.get(node)! - 1
  uses.set(node, left)
  if (left === 0) values.delete(node)
}

function compute(node: Node, mode: Mode, values: ReadonlyMap<Node, Outputs>): Outputs {
  if (is(node, 'pick')) return [values.get(node.inputs[0])![node.attrs.index]]
  const { evaluate } = recordOf(node.op)
  if (!evaluate) throw new DiffeoError(`${node.op}: its value was asked for, but it has none here`)
  const inputs = node.inputs.map(n => values.get(n)![0])
  const out = call(node, () => evaluate(inputs, node, (body, args) => evaluateBody(body, args, mode)))
  return (Array.isArray(out) ? out as Outputs : [out as NDArray]).map(a => rounded(a, mode))
}

/** Runs an evaluation so that what it throws names the primitive. */
function call<T>(node: Node, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof DiffeoError) throw error
    throw new DiffeoError(`${node.op}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

/** A closed graph (the body of a scan or call) at its arguments. */
export function evaluateBody(body: Graph, args: readonly NDArray[], mode: Mode): readonly NDArray[] {
  const given = new Map(body.inputs.map((n, i) => [n, args[i]]))
  return evaluateGraph(body.outputs, mode, n => given.get(n))
}

/** Integers wrap in both modes: that is what they mean. */
function rounded(a: NDArray, mode: Mode): NDArray {
  if (a.dtype === 'float64' || (mode === 'float64' && isFloat(a.dtype))) return a
  return { shape: a.shape, dtype: a.dtype, data: a.data.map(rounders[a.dtype]) }
}
