/**
 * @file The structure of a graph as text: two graphs with the same text compute the same function of the same leaves.
 * Node objects, barrier numbers and the order in which nodes were written do not matter.
 */
import { is, type Graph, type Node } from './node.ts'
import type { Update } from './executor.ts'
import { topological } from './walk.ts'

export interface StructureOptions {
  /** Leaves out the values of constants that are arguments (user numbers outside of traces). */
  readonly argumentsAbstract?: boolean
  /** How a value that is there is named; by default by its identity. */
  readonly leaf?: (node: Node) => string
}

const identities = new WeakMap<object, number>()
let nextIdentity = 0
const identity = (x: object): number => {
  let id = identities.get(x)
  if (id === undefined) identities.set(x, id = nextIdentity++)
  return id
}

const byIdentity = (node: Node): string => `value#${identity(node.storage!)}`

/** One line a node, in the order of computation, then the outputs and the updates. */
export function structureOf(graph: Graph, updates: readonly Update[] = [], options: StructureOptions = {}): string[] {
  const roots = [...graph.outputs, ...updates.map(u => u.value)]
  const numbers = new Map<Node, number>(graph.inputs.map((p, i) => [p, i]))
  const barriers = new Map<number, number>()
  const lines: string[] = graph.inputs.map((p, i) => `%${i} = input ${p.dtype}[${p.shape}]`)
  for (const node of topological(roots, n => n.storage !== null)) {
    if (numbers.has(node)) continue
    const id = numbers.size
    numbers.set(node, id)
    const inputs = node.storage ? '' : node.inputs.map(x => `%${numbers.get(x)}`).join(' ')
    const what = node.storage ? (options.leaf ?? byIdentity)(node) : `${node.op}${attributes(node, barriers, options)}`
    lines.push(`%${id} = ${what}(${inputs}) ${node.dtype}[${node.shape}]`)
  }
  lines.push(`return ${graph.outputs.map(n => `%${numbers.get(n)}`).join(' ')}`)
  for (const { cell, value } of updates) lines.push(`cell${cell.id} ← %${numbers.get(value)}`)
  return lines
}

/** The same as one string, for a key. */
export const structureKey = (graph: Graph, updates: readonly Update[] = [], options: StructureOptions = {}): string =>
  structureOf(graph, updates, options).join('\n')

function attributes(node: Node, barriers: Map<number, number>, options: StructureOptions): string {
  if (is(node, 'read')) return `{cell${node.attrs.cell.id}}`
  if (is(node, 'constant'))
    return options.argumentsAbstract && node.attrs.argument ? '{?}' : `{${number(node.attrs.value)}}`
  if (is(node, 'barrier')) {
    if (!barriers.has(node.attrs.id)) barriers.set(node.attrs.id, barriers.size)
    return `{${barriers.get(node.attrs.id)}}`
  }
  return text(node.attrs, options)
}

const number = (x: number): string => (Object.is(x, -0) ? '-0' : String(x))
const isGraph = (x: object): x is Graph => 'inputs' in x && 'outputs' in x

function text(x: unknown, options: StructureOptions): string {
  if (typeof x === 'number') return number(x)
  if (Array.isArray(x)) return `[${x.map(v => text(v, options)).join(',')}]`
  if (typeof x !== 'object' || x === null) return String(x)
  if (isGraph(x)) return `{${structureKey(x, [], options)}}`
  const entries = Object.entries(x)
  return entries.length === 0 ? '' : `{${entries.map(([k, v]) => `${k}:${text(v, options)}`).join(',')}}`
}
