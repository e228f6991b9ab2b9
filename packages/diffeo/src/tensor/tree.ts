/** @file Trees of tensors: what mappings take and give. Arrays and plain objects are branches; all else is a leaf. */
import { Tensor } from './tensor.ts'

export type Tree = Tensor | number | null | readonly Tree[] | { readonly [key: string]: Tree }

/** The tree with each tensor (and number) replaced; its form, and its type's, stay. */
export type Mapped<T, To> = T extends Tensor ? To : T extends number | string | boolean | null | undefined ? T
  : T extends readonly unknown[] ? { [K in keyof T]: Mapped<T[K], To> }
  : T extends object ? { [K in keyof T]: Mapped<T[K], To> } : T

export const isPlain = (x: unknown): x is Record<string, unknown> => {
  if (typeof x !== 'object' || x === null) return false
  const prototype: unknown = Object.getPrototypeOf(x)
  return prototype === Object.prototype || prototype === null
}

/** Replaces leaves, branch by branch. */
export function mapTree(tree: unknown, leaf: (x: unknown) => unknown): unknown {
  if (Array.isArray(tree)) {
    const mapped = new Array<unknown>(tree.length)
    for (let i = 0; i < tree.length; i++) mapped[i] = mapTree(tree[i], leaf)
    return mapped
  }
  if (isPlain(tree)) return Object.fromEntries(Object.keys(tree).map(k => [k, mapTree(tree[k], leaf)]))
  return leaf(tree)
}

/** As `mapTree`; `path` reads like the expression that gets there: `.params[0].weight`. */
export function mapTreeAt(tree: unknown, leaf: (x: unknown, path: string) => unknown, path = ''): unknown {
  if (Array.isArray(tree)) return tree.map((x, i) => mapTreeAt(x, leaf, `${path}[${i}]`))
  if (isPlain(tree)) {
    return Object.fromEntries(Object.keys(tree).map(k => [k, mapTreeAt(tree[k], leaf, `${path}.${k}`)]))
  }
  return leaf(tree, path)
}

/** The tensors of a tree, in order. */
export function tensorsOf(tree: unknown): Tensor[] {
  const found: Tensor[] = []
  mapTree(tree, x => { if (x instanceof Tensor) found.push(x) })
  return found
}

/** The tree with its tensors replaced. */
export const mapTensors = (tree: unknown, f: (t: Tensor, path: string) => unknown): unknown =>
  mapTreeAt(tree, (x, path) => (x instanceof Tensor ? f(x, path) : x))

/** The tree with its tensors replaced by those of the list, in order. */
export function withTensors(tree: unknown, tensors: readonly unknown[]): unknown {
  let next = 0
  return mapTensors(tree, () => tensors[next++])
}

/** A tree's branches and other leaves as text, tensors as `*`: equal for trees of one form. */
export function formOf(tree: unknown): string {
  if (Array.isArray(tree)) return `[${tree.map(formOf).join(',')}]`
  if (isPlain(tree)) return `{${Object.keys(tree).map(k => `${JSON.stringify(k)}:${formOf(tree[k])}`).join(',')}}`
  return tree instanceof Tensor ? '*' : typeof tree
}
