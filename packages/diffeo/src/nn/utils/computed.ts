/** @file A value that is computed at each read, in the place where a module kept a parameter. */
import type { Parameter, Tensor } from '../../tensor/index.ts'
import { DataError } from '../../util/errors.ts'
import type { AnyModule } from '../module.ts'
import { isBranch, slotsOf, type Leaf } from '../tree.ts'

export interface Place { readonly owner: object; readonly key: string; readonly name: string; readonly leaf: Leaf }

/** Where a module keeps a parameter or buffer of its own. @throws DataError where it has none of that name */
export function placeOf(op: string, module: AnyModule, name: string): Place {
  const own = slotsOf(module).filter(s => !isBranch(s.value))
  const found = own.find(s => s.name === name) ?? own.find(s => s.key === name)
  if (found) return { ...found, leaf: found.value as Leaf }
  const there = own.map(s => s.name).join(', ') || 'nothing'
  throw new DataError(`${op}: ${module.describe()} has no parameter '${name}' of its own: it has ${there}`)
}

/** From now on reading `owner[key]` calls `read`; the tree does not see it. */
export function compute({ owner, key }: Pick<Place, 'owner' | 'key'>, read: () => Tensor): void {
  Object.defineProperty(owner, key, { get: read, enumerable: false, configurable: true })
}

/** A parameter or buffer in its place again. */
export function store({ owner, key }: Pick<Place, 'owner' | 'key'>, value: Parameter | Leaf): void {
  Object.defineProperty(owner, key, { value, enumerable: true, configurable: true, writable: true })
}
