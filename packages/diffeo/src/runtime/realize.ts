/**
 * @file The part of realizing that is the same on all devices: what must be computed, what is kept, how cells change.
 */
import type { Update } from '../graph/executor.ts'
import { is, type Node, type NodeStorage } from '../graph/node.ts'
import { topological } from '../graph/walk.ts'

/** What is computed of a graph: nodes without a value, behind which what has one is a leaf. */
export function pending(outputs: readonly Node[]): Node[] {
  return topological(outputs, n => n.storage !== null).filter(n => n.storage === null)
}

/**
 * The inner nodes whose values are worth keeping: those that a cell reaches, for gradients of what was computed are
 * asked for afterwards. Values that are trivially had again (constants, movement of a kept value) are not kept.
 */
export function keptForGradients(outputs: readonly Node[]): Node[] {
  const order = topological(outputs, n => n.storage !== null && n.inputs.length === 0)
  const reached = new Set<Node>()
  for (const n of order) if (is(n, 'read') || n.inputs.some(i => reached.has(i))) reached.add(n)
  const wanted = new Set(outputs)
  return order.filter(
    n => reached.has(n) && n.storage === null && n.outputs === null && !wanted.has(n) && !movement.has(n.op),
  )
}
const movement: ReadonlySet<string> = new Set([
  'reshape',
  'expand',
  'permute',
  'flip',
  'slice',
  'stopGradient',
  'barrier',
])

/** Gives the cells their new values, all after all were computed. */
export function commit(updates: readonly Update[], storages: readonly NodeStorage[]): void {
  updates.forEach(({ cell }, i) => {
    cell.storage = storages[i]
    cell.version++
    cell.shared = false
  })
}
