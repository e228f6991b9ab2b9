/**
 * @file What the code of a group depends on, as text, with names and places left out: groups with equal text are
 * computed by the same kernels.
 */
import { nodeText } from '../graph/structure.ts'
import { is, type Node } from '../graph/node.ts'
import { topological } from '../graph/walk.ts'
import type { Group } from './group.ts'
import type { Layout } from './layout.ts'

/** What a group is lowered with. */
export interface Surroundings {
  /** Whether the group reads the node from memory: it is there, or another group stores it. */
  stored(n: Node): boolean
  layout(n: Node): Layout
  /** Whether it is the same each time the group runs, so that a copy of it is made once. */
  isConstant(n: Node): boolean
}

export interface Signature {
  readonly key: string
  /** What the group reads from memory, then what it stores there, in the order of the text. */
  readonly nodes: readonly Node[]
}

export function signatureOf(g: Group, around: Surroundings): Signature {
  const ids = new Map<Node, number>()
  const read: Node[] = []
  let key = `${g.kind}${g.rows ? ` rows ${g.rows.count}×${g.rows.length}` : ''}`
  const inner = (n: Node) => g.roots.includes(n)
  for (const n of topological(g.roots, x => !inner(x) && around.stored(x))) {
    ids.set(n, ids.size)
    if (!inner(n) && around.stored(n)) {
      read.push(n)
      // a scatter into a constant fills its result with it
      key += `;@${is(n, 'constant') ? n.attrs.value : ''}${n.dtype}[${n.shape}]${around.layout(n)}`
      if (around.isConstant(n)) key += ' constant'
    } else key += `;${nodeText(n, ids)}`
  }
  for (const r of g.roots) key += `;=%${ids.get(r)} ${around.layout(r)}`
  if (g.contraction) key += `;of %${ids.get(g.contraction)}`
  return { key, nodes: [...read, ...g.roots] }
}
