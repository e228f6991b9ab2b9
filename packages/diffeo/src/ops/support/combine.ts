/** @file Combining elements in the reference evaluator. */
import type { DType } from '../../graph/dtype.ts'
import type { Combine } from '../../graph/node.ts'
import { multiplier, wrapper } from './round.ts'

/** What combining nothing gives. */
export const identityOf: Record<Combine, number> = { add: 0, mul: 1, max: -Infinity, min: Infinity }

/** The step of a combination; integers wrap, max and min propagate NaN. */
export function combiner(combine: Combine, dtype: DType): (a: number, b: number) => number {
  if (combine === 'max') return Math.max
  if (combine === 'min') return Math.min
  if (combine === 'mul') return multiplier(dtype)
  const wrap = wrapper(dtype)
  return (a, b) => wrap(a + b)
}
