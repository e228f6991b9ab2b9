/** @file State dicts: values by name, out of a module and into it. */
import { Tensor } from '../tensor/index.ts'
import { assignAll } from '../tensor/internal.ts'
import { DataError, ShapeError } from '../util/errors.ts'
import { whatIs } from '../util/options.ts'
import { leafSlots, type Branch, type Leaf } from './tree.ts'

export interface LoadResult {
  /** Names of the module that the state lacks. */
  readonly missing: string[]
  /** Names of the state that the module lacks. */
  readonly unexpected: string[]
}

/** A snapshot of all parameters and buffers; a shared one is there under each of its names. */
export function stateOf(module: Branch): Record<string, Tensor> {
  return Object.fromEntries(leafSlots(module).map(s => [s.name, s.value.detach()]))
}

const shown = 8
const list = (names: readonly string[]): string =>
  names.length > shown ? `${names.slice(0, shown).join(', ')} and ${names.length - shown} more` : names.join(', ')

function checkNames({ missing, unexpected }: LoadResult): void {
  if (missing.length + unexpected.length === 0) return
  const parts = [
    missing.length > 0 ? `missing are ${list(missing)}` : '',
    unexpected.length > 0 ? `unexpected are ${list(unexpected)}` : '',
  ]
  throw new DataError(`loadStateDict: the names differ from the module's: ${parts.filter(Boolean).join('; ')}. `
    + 'Nothing was loaded. Pass { strict: false } to load what fits')
}

function fitting(name: string, leaf: Leaf, value: Tensor): Tensor {
  if (value.shape.length !== leaf.shape.length || value.shape.some((d, i) => d !== leaf.shape[i])) {
    throw new ShapeError(`loadStateDict: '${name}' has shape [${value.shape.join(',')}], the module's has `
      + `[${leaf.shape.join(',')}]. Nothing was loaded`)
  }
  return value.detach().to(leaf.device).cast(leaf.dtype)
}

function checkState(state: unknown): void {
  if (typeof state !== 'object' || state === null || typeof (state as { then?: unknown }).then === 'function')
    throw new DataError(
      `loadStateDict takes tensors by name, got ${whatIs(state)}: write loadStateDict(await load(path))`,
    )
  for (const [name, value] of Object.entries(state)) {
    if (!(value instanceof Tensor))
      throw new DataError(`loadStateDict: '${name}' is ${whatIs(value)}, and must be a tensor. Nothing was loaded`)
  }
}

/** Assigns what fits; everything is checked before anything is assigned. */
export function loadState(module: Branch, state: Readonly<Record<string, Tensor>>, strict: boolean): LoadResult {
  checkState(state)
  const slots = leafSlots(module)
  const known = new Set(slots.map(s => s.name))
  const has = (name: string): boolean => Object.hasOwn(state, name)
  const result = {
    missing: slots.map(s => s.name).filter(name => !has(name)),
    unexpected: Object.keys(state).filter(name => !known.has(name)),
  }
  if (strict) checkNames(result)
  const values = slots.filter(s => has(s.name)).map(s => [s.value, fitting(s.name, s.value, state[s.name])] as const)
  // a shared parameter takes the value of its last name
  assignAll([...new Map(values)])
  return result
}
