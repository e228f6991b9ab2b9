/** @file Rows of which most elements are 0. */
import { data } from 'diffeo'

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

/**
 * Rows of one length for an `nn.EmbeddingBag`: columns `[rows, length]`, 0 behind the last, and what stands there, 0
 * behind the last. Of a row that is longer the first columns are kept.
 */
export function padRows(rows: readonly SparseRow[], length: number): [ids: data.HostRows, weights: data.HostRows] {
  const weights = new Float32Array(rows.length * length)
  rows.forEach(({ values }, i) => weights.set(values.subarray(0, length), i * length))
  const { ids } = data.padSequences(rows.map(r => r.ids), { length })
  return [ids, { data: weights, shape: ids.shape }]
}
