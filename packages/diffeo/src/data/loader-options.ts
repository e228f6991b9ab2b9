/** @file The options of a loader, and what is wrong with them. */
import { DataError } from '../util/errors.ts'
import { whatIs, type Names } from '../util/options.ts'
import type { CollateOptions } from './collate.ts'
import { indexed, isIterableDataset, whyNoDataset } from './dataset.ts'
import type { WorkerOptions } from './pool.ts'
import type { Sampler } from './samplers.ts'

export interface LoaderOptions<T, B> extends CollateOptions {
  batchSize?: number
  /** Another order each epoch. */
  shuffle?: boolean
  /** Which examples an epoch has, in which order, instead of `shuffle`; an array of indices is the order of each. */
  sampler?: Sampler | ArrayLike<number>
  /** Of the order: the same seed gives the same order in each epoch, whatever else is random. */
  seed?: number
  /** Leaves out a last batch that is smaller. */
  dropLast?: boolean
  /** Makes a batch of examples. Arrays `{ data, shape }` in what it returns become tensors. */
  collate?: (examples: T[]) => B
  /** How many batches are prepared ahead (of each worker, where there are some). */
  prefetch?: number
  /** Threads that load the examples and make the batches; of a data set that is iterated each takes its share. */
  workers?: WorkerOptions
  /** What to do about an example that cannot be loaded: 'skip' leaves it out of its batch and counts it. */
  onError?: 'throw' | 'skip'
}

export const loaderOptionNames: Names<LoaderOptions<never, never>> = {
  batchSize: true, shuffle: true, sampler: true, seed: true, dropLast: true, collate: true, prefetch: true,
  workers: true, onError: true, labels: true,
}

interface Checked {
  readonly batchSize: number
  readonly prefetch: number
  readonly shuffle: boolean
  readonly sampler: unknown
  readonly onError: string
  readonly collate: unknown
}

/** @throws DataError that says what was given and what is expected */
export function checkLoader(
  dataset: unknown, { batchSize, prefetch, shuffle, sampler, onError, collate }: Checked,
): void {
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new DataError(`DataLoader: batchSize is ${batchSize}: expected a whole number from 1 up`)
  if (!Number.isInteger(prefetch) || prefetch < 0)
    throw new DataError(`DataLoader: prefetch is ${prefetch}: expected a whole number from 0 up`)
  if (onError !== 'throw' && onError !== 'skip')
    throw new DataError(`DataLoader: onError is '${String(onError)}': expected 'throw' or 'skip'`)
  if (collate !== undefined && typeof collate !== 'function')
    throw new DataError(`DataLoader: collate is ${whatIs(collate)}: expected a function of the examples of a batch`)
  const examples = indexed(dataset as never)
  if (!examples && !isIterableDataset(dataset)) throw new DataError(`DataLoader: the data set ${whyNoDataset(dataset)}`)
  if (examples?.length === 0) throw new DataError('DataLoader: the data set is empty')
  if (shuffle && sampler) throw new DataError('DataLoader: shuffle and sampler both give an order: leave one out')
  if ((shuffle || sampler || onError === 'skip') && !examples) {
    const what = shuffle ? 'shuffle it where it is made, or with data.ShuffleBuffer'
      : `${sampler ? 'a sampler needs' : "onError: 'skip' needs"} examples by number`
    throw new DataError(`DataLoader: an iterable data set has an order of its own: ${what}`)
  }
}
