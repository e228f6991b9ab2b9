/**
 * @file The structure of a graph as text: two graphs with the same text compute the same function of the same leaves.
 * Node objects, barrier numbers and the order in which nodes were written do not matter.
 */
import { is, type Graph, type Node } from './node.ts'
import type { Update } from './executor.ts'
import { topological } from './walk.ts'

const identities = new WeakMap<object, number>()
let nextIdentity = 0
const identity = (x: object): number => {
  let id = identities.get(x)
  if (id === undefined) identities.set(x, id = nextIdentity++)
  return id
}

export interface Structure {
  /** One a node, in the order of computation; the last names the outputs. */
  readonly lines: readonly string[]
  readonly ids: ReadonlyMap<Node, number>
  /** The nodes that `open` named, in the order of their lines. */
  readonly leaves: readonly Node[]
}

/**
 * `open` names a node that is taken as it is, whatever it is made of; null: the node is written out. Nothing behind a
 * `leaf` is visited. Reads of one version of a cell are one node.
 */
export function structure(
  outputs: readonly Node[], leaf: (n: Node) => boolean, open: (n: Node) => string | null,
): Structure {
  const ids = new Map<Node, number>()
  const reads = new Map<string, number>()
  const barriers = new Map<number, number>()
  const leaves: Node[] = []
  const lines: string[] = []
  for (const n of topological(outputs, leaf)) {
    const read = is(n, 'read') ? `${n.attrs.cell.id} ${n.attrs.version}` : null
    const same = read === null ? undefined : reads.get(read)
    if (same !== undefined) { ids.set(n, same); continue }
    const id = lines.length
    if (read !== null) reads.set(read, id)
    ids.set(n, id)
    const name = open(n)
    if (name === null) { lines.push(nodeText(n, ids, barriers)); continue }
    leaves.push(n)
    lines.push(`${name} ${n.dtype}[${n.shape}]`)
  }
  lines.push(`return ${numbersOf(outputs, ids)}`)
  return { lines, ids, leaves }
}

/** A traced graph: what it captures is named by its identity, its inputs by their places. */
export function structureOf(graph: Graph, updates: readonly Update[] = []): string[] {
  const inputs = new Map(graph.inputs.map((n, i) => [n, i]))
  const valued = (n: Node) => n.storage !== null || inputs.has(n)
  const name = (n: Node) => inputs.has(n) ? `input ${inputs.get(n)}` : n.storage ? `value#${identity(n.storage)}` : null
  const { lines } = structure([...graph.outputs, ...updates.map(u => u.value)], valued, name)
  return [
    ...lines.map((line, i) => (i < lines.length - 1 ? `%${i} = ${line}` : line)),
    ...updates.map(({ cell }, i) => `output ${graph.outputs.length + i} → cell${cell.id}`),
  ]
}

/** A node, given the numbers of its inputs: equal texts are equal values. `barriers` gives barriers dense numbers. */
export function nodeText(
  n: Node, ids: ReadonlyMap<Node, number>, barriers: Map<number, number> | null = null,
): string {
  return `${n.op}${attributes(n, barriers)}(${numbersOf(n.inputs, ids)}) ${n.dtype}[${n.shape}]`
}

function numbersOf(nodes: readonly Node[], ids: ReadonlyMap<Node, number>): string {
  let s = ''
  for (let i = 0; i < nodes.length; i++) s += `${i > 0 ? ' ' : ''}%${ids.get(nodes[i])}`
  return s
}

function attributes(n: Node, barriers: Map<number, number> | null): string {
  if (is(n, 'read')) return `{cell${n.attrs.cell.id}}`
  if (is(n, 'constant')) return `{${number(n.attrs.value)}}`
  if (!is(n, 'barrier') || barriers === null) return text(n.attrs)
  if (!barriers.has(n.attrs.id)) barriers.set(n.attrs.id, barriers.size)
  return `{${barriers.get(n.attrs.id)}}`
}

const number = (x: number): string => (Object.is(x, -0) ? '-0' : String(x))
const isGraph = (x: object): x is Graph => 'inputs' in x && 'outputs' in x
/** Bodies, which are closed: written once. */
const bodies = new WeakMap<Graph, string>()

function text(x: unknown): string {
  if (typeof x === 'number') return number(x)
  // how a gradient is written, should it be asked for, is no part of the value
  if (typeof x === 'function') return ''
  if (typeof x !== 'object' || x === null) return String(x)
  if (Array.isArray(x)) return `[${x.map(text).join()}]`
  if (!isGraph(x)) return fields(x)
  let known = bodies.get(x)
  if (known === undefined) bodies.set(x, known = structureOf(x).join(';'))
  return known
}

function fields(x: object): string {
  let s = ''
  for (const k in x) s += `${s === '' ? '' : ','}${k}:${text((x as Record<string, unknown>)[k])}`
  return s === '' ? '' : `{${s}}`
}
