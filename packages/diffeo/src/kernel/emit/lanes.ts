/** @file How many lanes the vectors of a nest have. */
import type { Target } from '../ir.ts'
import { walkExprs, type Nest } from '../nest.ts'

export function hasDouble(nest: Pick<Nest, 'stores'>): boolean {
  let found = false
  walkExprs(nest.stores.map(s => s.value), x => { if (x.dtype === 'float64') found = true })
  return found
}

/** Half as many where any value is a float64: all values of a vector loop have the same number of lanes. */
export const narrowed = (nest: Pick<Nest, 'stores'>, target: Target): Target =>
  hasDouble(nest) ? { ...target, lanes: target.lanes / 2 } : target
