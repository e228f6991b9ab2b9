/** @file Sorting: the permutation; values are gathered by it. */
import { apply } from '../graph/build.ts'
import { ShapeError } from '../util/errors.ts'
import type { OpRecord } from './record.ts'
import { ndarray } from './support/array.ts'
import { batchUnary } from './support/batch.ts'
import { checkCount, show } from './support/check.ts'
import { flat } from './support/rules.ts'

/** Ascending, NaN after all numbers. */
function compare(a: number, b: number): number {
  if (a !== a || b !== b) return Number(a !== a) - Number(b !== b)
  return a < b ? -1 : a > b ? 1 : 0
}

const argSort: OpRecord<'argSort'> = {
  infer(inputs) {
    checkCount('argSort', inputs, 1)
    const { shape } = inputs[0]
    if (shape.length === 0) throw new ShapeError(`argSort sorts along the last axis, and ${show(inputs[0])} has none`)
    return { shape, dtype: 'int32' }
  },
  evaluate([a]) {
    const out = ndarray(a.shape, 'int32')
    const n = a.shape[a.shape.length - 1]
    for (let start = 0; start < a.data.length; start += n) {
      const order = Array.from({ length: n }, (_, i) => i)
      out.data.set(order.sort((i, j) => compare(a.data[start + i], a.data[start + j])), start)
    }
    return out
  },
  ...flat<'argSort'>(),
  batch: batchUnary<'argSort'>(a => apply('argSort', [a], {})),
}

export const sortRecords = { argSort }
