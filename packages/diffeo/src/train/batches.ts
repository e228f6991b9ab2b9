/** @file What training data may be, as batches. */
import { DataLoader, TensorDataset, type BatchedDataset, type Collated, type Dataset } from '../data/index.ts'
import { Tensor, tensor, type TensorLike } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'
import { whatIs } from '../util/options.ts'
import type { Batches } from './contract.ts'

/** A loader, a data set, or inputs and targets as tensors or arrays. */
export type Data<B> = Batches<B> | BatchedDataset<any, B> | Dataset<any> | readonly [TensorLike, TensorLike]

/** The batches that data comes in. */
export type BatchOf<D> = D extends Batches<infer B> ? B
  : D extends BatchedDataset<any, infer B> ? B
    : D extends Dataset<infer T> ? Collated<T> : [Tensor, Tensor]

export interface BatchOptions { readonly batchSize?: number; readonly shuffle: boolean; readonly seed?: number }

/** Batches of whatever it is. A loader's own settings stand. */
export function batchesOf<B>(data: Data<B>, { batchSize = 32, shuffle, seed }: BatchOptions, what: string): Batches<B> {
  // a loader says itself if it is empty: its length may be unknown
  if (isIterable(data)) return data
  const dataset = datasetOf(data)
  if (!dataset)
    throw new DataError(`${what}: the data is ${whatIs(data)}: a DataLoader, a Dataset or [x, y] does`)
  if (dataset.length === 0) throw new DataError(`${what}: the data set is empty`)
  return new DataLoader(dataset, {
    batchSize,
    shuffle,
    ...(seed === undefined ? {} : { seed }),
  }) as unknown as Batches<B>
}

/** Data as a data set; null where it is none, as a loader. */
export function datasetOf(data: Data<any>): Dataset<any> | null {
  const dataset = Array.isArray(data)
    ? new TensorDataset(...(data as readonly TensorLike[]).map(t => (t instanceof Tensor ? t : tensor(t))))
    : data
  return isDataset(dataset) && !isIterable(dataset) ? dataset : null
}

const isIterable = (x: unknown): x is Batches<any> => typeof x === 'object' && x !== null && Symbol.asyncIterator in x
const isDataset = (x: unknown): x is Dataset<any> => typeof x === 'object' && x !== null && 'get' in x && 'length' in x

export interface Split { readonly inputs: unknown[]; readonly target: unknown }

/** A batch is [...inputs, target]. */
export function splitBatch(batch: unknown, what: string): Split {
  if (!Array.isArray(batch) || batch.length < 2) {
    throw new DataError(
      `${what}: a batch is ${Array.isArray(batch) ? `an array of ${batch.length}` : whatIs(batch)}; with \`loss\` it is [...inputs, target]. For other batches use \`step\``,
    )
  }
  return { inputs: batch.slice(0, -1), target: batch.at(-1) }
}

/** How many examples a batch holds: the first axis of its first tensor. */
export function batchSizeOf(batch: unknown): number {
  if (batch instanceof Tensor) return batch.rank > 0 ? batch.shape[0] : 1
  if (typeof batch === 'object' && batch !== null) {
    for (const part of Object.values(batch)) {
      const size = typeof part === 'object' && part !== null ? batchSizeOf(part) : 0
      if (size > 0) return size
    }
    return 1
  }
  return 0
}
