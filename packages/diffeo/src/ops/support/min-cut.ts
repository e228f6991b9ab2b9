/**
 * @file Which values of a computation to keep so that some of them can be had again later: a minimum cut between what
 * cannot be computed again and what is needed, each value costing its bytes (as in AOTAutograd's partitioner).
 */
import type { Node } from '../../graph/node.ts'

export interface CutProblem {
  /** In the order of computation; inputs that are not among them are free. */
  readonly nodes: readonly Node[]
  /** Of keeping a value; Infinity where it cannot be kept. */
  readonly cost: (n: Node) => number
  /** Whether a value is not to be computed again: it, or what is made of it, is kept. */
  readonly isSource: (n: Node) => boolean
  readonly needed: ReadonlySet<Node>
}

/** An edge and, at the next even or odd number, its reverse. */
interface Network {
  readonly to: number[]
  readonly left: number[]
  readonly edges: number[][]
}

/** Of cuts that cost the same, the one nearest to what is needed. */
export function minCut({ nodes, cost, isSource, needed }: CutProblem): Node[] {
  const numbers = new Map(nodes.map((n, i) => [n, i]))
  const [source, sink] = [2 * nodes.length, 2 * nodes.length + 1]
  const net: Network = { to: [], left: [], edges: Array.from({ length: sink + 1 }, () => []) }
  const connect = (a: number, b: number, capacity: number): void => {
    net.edges[a].push(net.to.push(b) - 1)
    net.left.push(capacity)
    net.edges[b].push(net.to.push(a) - 1)
    net.left.push(0)
  }
  nodes.forEach((n, i) => {
    connect(2 * i, 2 * i + 1, cost(n))
    if (isSource(n)) connect(source, 2 * i, Infinity)
    if (needed.has(n)) connect(2 * i + 1, sink, Infinity)
    for (const x of n.inputs) {
      const from = numbers.get(x)
      if (from !== undefined) connect(2 * from + 1, 2 * i, Infinity)
    }
  })
  while (augment(net, source, sink)) { /* until no path is left */ }
  const after = reaching(net, sink)
  return nodes.filter((_, i) => !after.has(2 * i) && after.has(2 * i + 1))
}

/** Pushes flow along a shortest path; false when there is none. */
function augment({ to, left, edges }: Network, source: number, sink: number): boolean {
  const by = new Map<number, number>([[source, -1]])
  const queue = [source]
  for (const v of queue) {
    if (v === sink) break
    for (const e of edges[v]) {
      if (left[e] > 0 && !by.has(to[e])) { by.set(to[e], e); queue.push(to[e]) }
    }
  }
  if (!by.has(sink)) return false
  const path: number[] = []
  for (let v = sink; v !== source; v = to[path[path.length - 1] ^ 1]) path.push(by.get(v) as number)
  const flow = Math.min(...path.map(e => left[e]))
  if (flow === Infinity) throw new Error('minCut: something is needed that can be neither kept nor computed again')
  for (const e of path) { left[e] -= flow; left[e ^ 1] += flow }
  return true
}

/** What still reaches a vertex. */
function reaching({ to, left, edges }: Network, sink: number): Set<number> {
  const found = new Set([sink])
  for (const v of found) for (const e of edges[v]) if (left[e ^ 1] > 0) found.add(to[e])
  return found
}
