/** @file Rows of which most elements are 0. */

/** The columns that are not 0, in rising order, and what stands there. */
export interface SparseRow { readonly ids: Int32Array; readonly values: Float64Array }

/** Counts by column. */
export function sparseRow(counts: ReadonlyMap<number, number>): SparseRow {
  const ids = Int32Array.from(counts.keys()).sort()
  return { ids, values: Float64Array.from(ids, id => counts.get(id)!) }
}

/** Σ row · weights. */
export function sparseDot({ ids, values }: SparseRow, weights: Float64Array): number {
  let sum = 0
  for (let i = 0; i < ids.length; i++) sum += values[i] * weights[ids[i]]
  return sum
}
