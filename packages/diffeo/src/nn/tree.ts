/**
 * @file The tree that modules form: parameters, buffers and children are found in a module's own properties, in arrays
 * and in plain objects. Names are paths joined by dots, as PyTorch's state-dict keys.
 */
import { Buffer, Parameter } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'

/** Marks modules, so that the tree need not import the class. */
export const moduleMark: unique symbol = Symbol('diffeo.module')

export interface Branch {
  readonly [moduleMark]: true
  /** Name and value of what it holds; the name of a property that is also written is its key. */
  members(): Iterable<Member>
  /** Why it has no parameters yet, if it shall have some. */
  readonly pending?: string | null
}
/** `name` in state dicts; `owner[key]` is where the value is kept. */
export interface Member { readonly name: string; readonly value: unknown; readonly owner: object; readonly key: string }

export type Leaf = Parameter | Buffer
export interface Slot<T = Leaf | Branch> {
  readonly name: string
  readonly value: T
  readonly owner: object
  readonly key: string
}

export const isBranch = (x: unknown): x is Branch => typeof x === 'object' && x !== null && moduleMark in x
export const isLeaf = (x: unknown): x is Leaf => x instanceof Parameter || x instanceof Buffer

const isContainer = (x: unknown): x is object => {
  if (typeof x !== 'object' || x === null) return false
  if (Array.isArray(x)) return true
  const prototype: unknown = Object.getPrototypeOf(x)
  return prototype === Object.prototype || prototype === null
}

/** The properties of an object, as members. */
export const membersOf = (owner: object): Member[] =>
  Object.entries(owner).map(([key, value]: [string, unknown]) => ({ name: key, value, owner, key }))

const join = (prefix: string, name: string): string => (prefix ? `${prefix}.${name}` : name)

/** What a module holds itself: its parameters and buffers, and its children. */
export function slotsOf(module: Branch): Slot[] {
  const found: Slot[] = []
  const inside = new Set<object>()
  const visit = (members: Iterable<Member>, prefix: string): void => {
    for (const { name, value, owner, key } of members) {
      const path = join(prefix, name)
      if (isLeaf(value) || isBranch(value)) found.push({ name: path, value, owner, key })
      else if (isContainer(value) && !inside.has(value)) {
        inside.add(value)
        visit(membersOf(value), path)
        inside.delete(value)
      }
    }
  }
  visit(module.members(), '')
  return found
}

/**
 * Every slot with a parameter or buffer below the module, own ones first; what is shared comes once for each name.
 * @throws DataError where a module's parameters are still to be made
 */
export function leafSlots(module: Branch, prefix = '', above: ReadonlySet<Branch> = new Set()): Slot<Leaf>[] {
  if (above.has(module)) return []
  if (module.pending) throw new DataError(prefix ? `${prefix}: ${module.pending}` : module.pending)
  const within = new Set(above).add(module)
  const own: Slot<Leaf>[] = []
  const below: Slot<Leaf>[] = []
  for (const { name, value, owner, key } of slotsOf(module)) {
    const path = join(prefix, name)
    if (isBranch(value)) below.push(...leafSlots(value, path, within))
    else own.push({ name: path, value, owner, key })
  }
  return [...own, ...below]
}

/** The module and all below it, with their paths, parents first; what is shared comes once, under its first name. */
export function namedBranches<B extends Branch>(root: B): [string, B][] {
  const seen = new Set<Branch>()
  const found: [string, B][] = []
  const visit = (module: Branch, path: string): void => {
    if (seen.has(module)) return
    seen.add(module)
    found.push([path, module as B])
    for (const { name, value } of slotsOf(module)) if (isBranch(value)) visit(value, join(path, name))
  }
  visit(root, '')
  return found
}

/** The entries whose value has not come before. */
export function unique<T>(entries: readonly (readonly [string, T])[]): [string, T][] {
  const seen = new Set<T>()
  return entries.flatMap(([name, value]): [string, T][] => {
    if (seen.has(value)) return []
    seen.add(value)
    return [[name, value]]
  })
}
