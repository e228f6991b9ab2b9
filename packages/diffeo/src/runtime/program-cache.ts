/**
 * @file Finds the program of a graph by its structure, so that realizing the same shape of graph again compiles
 * nothing.
 */
import { is, type Node } from '../graph/node.ts'
import { topological } from '../graph/walk.ts'

export interface Structure {
  readonly key: string
  /** The leaves, in the order in which the key meets them: the program's inputs. */
  readonly leaves: readonly Node[]
}

/** Numbers of the user's and random counters: inputs of a program, so that other values need no other program. */
export const isArgument = (n: Node): n is Node<'constant'> => is(n, 'constant') && n.attrs.argument === true

/** A graph as text, with its leaves left open. Equal keys mean programs that differ in their inputs alone. */
export function structureOf(outputs: readonly Node[], leaf: (n: Node) => boolean): Structure {
  const ids = new Map<Node, number>()
  const leaves: Node[] = []
  const cells = new Map<string, number>()
  const parts: string[] = []
  for (const n of topological(outputs, leaf)) {
    // Reads of one version of a cell are one leaf.
    const same = is(n, 'read') ? cells.get(`${n.attrs.cell.id} ${n.attrs.version}`) : undefined
    if (same !== undefined) { ids.set(n, same); continue }
    const id = ids.size
    ids.set(n, id)
    if (leaf(n) || isArgument(n)) {
      if (is(n, 'read')) cells.set(`${n.attrs.cell.id} ${n.attrs.version}`, id)
      leaves.push(n)
      parts.push(`${isArgument(n) ? '#' : '@'}${n.dtype}[${n.shape}]`)
    } else parts.push(`${n.op}${n.dtype}[${n.shape}](${n.inputs.map(x => ids.get(x))})${attributes(n)}`)
  }
  parts.push(`=${outputs.map(n => ids.get(n))}`)
  return { key: parts.join(';'), leaves }
}

function attributes(n: Node): string {
  const { attrs } = n
  for (const _ in attrs) return JSON.stringify(attrs, replace)
  return ''
}

/** −0, NaN and infinities keep their names; a body is its own structure. */
function replace(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && (value === 0 || !Number.isFinite(value)))
    return Object.is(value, -0) ? '-0' : String(value)
  if (isGraph(value))
    return [
      value.inputs.length,
      structureOf(value.outputs, n => n.op === 'placeholder').key,
      value.inputs.map(i => `${i.dtype}[${i.shape}]`),
    ]
  return value
}

const isGraph = (v: unknown): v is { inputs: readonly Node[]; outputs: readonly Node[] } =>
  typeof v === 'object' && v !== null && 'inputs' in v && 'outputs' in v

/** Characters of keys that are kept: those of big graphs are long. */
const KEY_CHARACTERS = 16 * 2 ** 20

/** The most recently used entries; what falls out is released. */
export class RecentlyUsed<T> {
  private readonly entries = new Map<string, T>()
  private readonly limit: number
  private readonly release: (value: T) => void
  private characters = 0

  constructor(limit: number, release: (value: T) => void) {
    this.limit = limit
    this.release = release
  }

  get size(): number { return this.entries.size }

  get(key: string): T | undefined {
    const value = this.entries.get(key)
    if (value !== undefined) {
      this.entries.delete(key)
      this.entries.set(key, value)
    }
    return value
  }

  /** The key is new. */
  set(key: string, value: T): void {
    this.entries.set(key, value)
    this.characters += key.length
    for (const [oldest, dropped] of this.entries) {
      if (this.entries.size === 1 || (this.entries.size <= this.limit && this.characters <= KEY_CHARACTERS)) return
      this.entries.delete(oldest)
      this.characters -= oldest.length
      this.release(dropped)
    }
  }
}
