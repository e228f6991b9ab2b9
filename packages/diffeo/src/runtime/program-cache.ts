/**
 * @file Finds the program of a graph by its structure, so that realizing the same shape of graph again compiles
 * nothing.
 */
import { is, type Node } from '../graph/node.ts'
import { structure } from '../graph/structure.ts'

/** Numbers of the user's and random counters: inputs of a program, so that other values need no other program. */
export const isArgument = (n: Node): n is Node<'constant'> => is(n, 'constant') && n.attrs.argument === true

/**
 * A graph as text with its leaves left open, and the leaves in the order in which the text meets them: a program's
 * inputs. Equal keys mean programs that differ in their inputs alone.
 */
export function keyOf(outputs: readonly Node[], leaf: (n: Node) => boolean): { key: string; leaves: readonly Node[] } {
  const { lines, leaves } = structure(outputs, leaf, n => (isArgument(n) ? '#' : leaf(n) ? '@' : null))
  return { key: lines.join(';'), leaves }
}

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
