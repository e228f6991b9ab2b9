/**
 * @file What a tensor remembers of how it was made. Once realized, what reaches no cell becomes a leaf (its inputs can
 * go); what reaches a parameter keeps its graph, with the values it has. A cut is remembered so that `gradients` can
 * say so.
 */
import { apply } from '../graph/build.ts'
import type { Cell } from '../graph/cell.ts'
import { executor, type Device } from '../graph/executor.ts'
import { is, type Aval, type Node, type NodeStorage } from '../graph/node.ts'
import { topological } from '../graph/walk.ts'
import { isTransforming } from './scope.ts'

/** A value that is there, with no history. */
export function leafOf(storage: NodeStorage, of: Aval): Node {
  const node = apply('buffer', [], {}, of)
  node.storage = storage
  return node
}

/** What a leaf was cut from: the cut's number, that of the earliest cut behind it, and the cells behind it. */
interface Cut {
  readonly number: number
  readonly since: number
  readonly cells: ReadonlySet<Cell>
  readonly why: string
}
/** What a node notes: the cut that it is a leaf of, and the first and last cut that it went into (0: none). */
interface Note { cut: Cut | null; first: number; last: number }
const noteOf = (n: Node): Note | null => n.cuts as Note | null
const noteFor = (n: Node): Note => (n.cuts ??= { cut: null, first: 0, last: 0 } satisfies Note) as Note
let cutNumber = 0

/** Gradients stop at stopGradient, so history does. */
const historyEnds = (n: Node): boolean => is(n, 'stopGradient')
// `topological` takes a node without its inputs where `leaf` holds
const behind = (node: Node): Node[] => topological([node], historyEnds)

/** Replaces a computed node by a leaf, and remembers what was behind it. */
export function cutOff(node: Node, why: string, nodes: readonly Node[] = behind(node)): Node {
  const leaf = leafOf(node.storage!, node)
  recordCut([leaf], nodes, why)
  return leaf
}

const noCells: ReadonlySet<Cell> = new Set()
/** Remembers that the leaves were made of `nodes`, and of cells beside those that the nodes read. */
export function recordCut(leaves: readonly Node[], nodes: readonly Node[], why: string, cells = noCells): void {
  const number = ++cutNumber
  let since = number
  let reached = cells
  const reach = (c: Cell): void => {
    if (reached.has(c)) return
    if (reached === cells) reached = new Set(cells)
    ;(reached as Set<Cell>).add(c)
  }
  for (const n of nodes) {
    const note = noteFor(n)
    if (note.cut) {
      since = Math.min(since, note.cut.since)
      note.cut.cells.forEach(reach)
    }
    if (is(n, 'read')) reach(n.attrs.cell)
    note.first ||= number
    note.last = number
  }
  const cut: Cut = { number, since, cells: reached, why }
  for (const leaf of leaves) noteFor(leaf).cut = cut
}

/** Why the gradient of `outputs` cannot reach the tensor (its nodes, its cell), if a cut is the reason. */
export function cutBetween(outputs: readonly Node[], nodes: readonly Node[], cell: Cell | null): string | null {
  for (const n of topological(outputs, historyEnds)) {
    const cut = noteOf(n)?.cut
    if (!cut || nodes.includes(n)) continue
    if (cell && cut.cells.has(cell)) return cut.why
    for (const wanted of nodes) {
      const taken = noteOf(wanted)
      if (taken && taken.first > 0 && taken.first <= cut.number && taken.last >= cut.since) return cut.why
    }
  }
  return null
}

const reachesCell = (nodes: readonly Node[]): boolean => nodes.some(n => is(n, 'read'))

/** Computes what has no value yet; each node comes back as what its tensor shall hold from now on. */
export function realizeNodes(nodes: readonly Node[], device?: Device): Node[] {
  const missing = nodes.filter(n => n.storage === null)
  if (missing.length > 0) executor().realize([...new Set(missing)], [], { device })
  return nodes.map(settled)
}

/** The node, or a leaf in its place where its history is of no more use. */
function settled(node: Node): Node {
  if (node.inputs.length === 0 || isTransforming()) return node
  const nodes = behind(node)
  if (reachesCell(nodes)) return node
  return cutOff(node, 'it was realized', nodes)
}
