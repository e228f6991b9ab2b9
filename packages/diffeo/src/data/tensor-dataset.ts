/** @file Tensors as a data set: example i is row i of each. */
import { tensor, Tensor, type DType, type TypedArray } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'
import { whatIs } from '../util/options.ts'
import { checkIndex, type BatchedDataset } from './dataset.ts'

/** Rows on the host: a tensor's values, or a typed array with its shape. */
export interface HostRows { readonly data: TypedArray; readonly shape: readonly number[]; readonly dtype?: DType }
export type RowSource = Tensor | HostRows
/** A tensor for each source. */
export type TensorsOf<S extends readonly RowSource[]> = { -readonly [K in keyof S]: Tensor }

interface Column {
  readonly data: TypedArray
  readonly row: readonly number[]
  readonly width: number
  readonly dtype: DType | undefined
}

function columnOf(source: RowSource, i: number): Column & { length: number } {
  if (!(source instanceof Tensor) && (!ArrayBuffer.isView(source?.data) || !Array.isArray(source.shape))) {
    const fix = Array.isArray(source) && (source as readonly unknown[])[0] instanceof Tensor
      ? 'sources are given one by one, new TensorDataset(x, y)'
      : 'pass tensor(rows), or { data: typed array, shape }'
    throw new DataError(`TensorDataset: source ${i} is ${whatIs(source)}: ${fix}`)
  }
  if (source.shape.length === 0) throw new DataError(`TensorDataset: source ${i} is 0-d: it has no rows`)
  const [length, ...row] = source.shape
  const width = row.reduce((a, b) => a * b, 1)
  const data = source instanceof Tensor ? source.dataSync() : source.data
  if (data.length !== length * width) {
    throw new DataError(`TensorDataset: source ${i} has ${data.length} values for shape [${source.shape.join(',')}]`)
  }
  return { data, row, width, dtype: source.dtype, length }
}

/**
 * Example i is row i of each source. Batches are copied row by row out of the typed arrays.
 * @example new data.TensorDataset(images, labels)                                            // tensors
 * @example new data.TensorDataset({ data: bytes, shape: [60000, 784] }, { data: labels, shape: [60000] })   // no copy
 * is made
 */
export class TensorDataset<S extends readonly RowSource[]> implements BatchedDataset<TensorsOf<S>, TensorsOf<S>> {
  readonly length: number
  readonly #columns: readonly Column[]

  constructor(...sources: S) {
    if (sources.length === 0) throw new DataError('TensorDataset: there are no sources')
    const columns = sources.map(columnOf)
    this.length = columns[0].length
    columns.forEach((c, i) => {
      if (c.length !== this.length)
        throw new DataError(`TensorDataset: source ${i} has ${c.length} rows, source 0 has ${this.length}`)
    })
    this.#columns = columns
  }

  get(index: number): TensorsOf<S> {
    checkIndex(index, this.length)
    return this.#columns.map(({ data, row, width, dtype }) =>
      tensor(data.subarray(index * width, (index + 1) * width), { shape: row, dtype })) as TensorsOf<S>
  }

  /** The rows of these numbers, stacked. */
  batch(indices: ArrayLike<number>): TensorsOf<S> {
    for (let i = 0; i < indices.length; i++) checkIndex(indices[i], this.length)
    return this.#columns.map(column =>
      tensor(rowsOf(column, indices), { shape: [indices.length, ...column.row], dtype: column.dtype }),
    ) as TensorsOf<S>
  }
}

/** Runs of rows that follow each other are copied at once. */
function rowsOf({ data, width }: Column, indices: ArrayLike<number>): TypedArray {
  const out = new (data.constructor as new (n: number) => TypedArray)(indices.length * width)
  for (let i = 0; i < indices.length;) {
    let n = 1
    while (i + n < indices.length && indices[i + n] === indices[i] + n) n++
    if (width === 1 && n === 1) out[i] = data[indices[i]]
    else out.set(data.subarray(indices[i] * width, (indices[i] + n) * width), i * width)
    i += n
  }
  return out
}
