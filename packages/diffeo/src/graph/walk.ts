/** @file Walks over graphs: iterative, so that a graph may be as deep as it likes. */
import type { Node } from './node.ts'

let walks = 0

/**
 * The nodes that `outputs` depend on, inputs before users, each once. Nothing behind a node for which `leaf` holds is
 * visited; `leaf` walks no graph itself.
 */
export function topological(outputs: readonly Node[], leaf: (n: Node) => boolean = () => false): Node[] {
  const order: Node[] = []
  const walk = ++walks
  const path: Node[] = []
  const next: number[] = []
  const enter = (n: Node): void => {
    if (n.met === walk) return
    n.met = walk
    path.push(n)
    next.push(leaf(n) ? n.inputs.length : 0)
  }
  for (const output of outputs) {
    enter(output)
    while (path.length > 0) {
      const top = path.length - 1
      const node = path[top]
      const child = node.inputs[next[top]++]
      if (child) {
        enter(child)
        continue
      }
      order.push(node)
      path.pop()
      next.pop()
    }
  }
  return order
}
