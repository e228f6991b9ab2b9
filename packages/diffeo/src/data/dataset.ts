/** @file Data sets: examples by number, or one after the other. */
import { DataError } from '../util/errors.ts'
import { whatIs } from '../util/options.ts'
import { Table } from './table.ts'

/** Examples by number. */
export interface Dataset<T> {
  readonly length: number
  /**
   * @param draw another number for each time that the example is drawn (the epoch, in a loader): what is random about
   * the example follows from it, and so is the same wherever it is made
   */
  get(index: number, draw?: number): T | Promise<T>
}

/** A data set that makes batches itself, faster than one example after the other. */
export interface BatchedDataset<T, B> extends Dataset<T> {
  batch(indices: ArrayLike<number>, draws?: ArrayLike<number>): B | Promise<B>
}

/** Examples one after the other; each pass begins anew. */
export type IterableDataset<T> = AsyncIterable<T> | Iterable<T>

/** Examples one after the other, in another way each epoch. */
export interface EpochDataset<T> extends AsyncIterable<T> {
  epoch(epoch: number, seed: number): AsyncIterable<T>
}

export const isDataset = (x: unknown): x is Dataset<unknown> =>
  typeof x === 'object' && x !== null && 'length' in x && isCount(x.length) && 'get' in x && typeof x.get === 'function'
const isCount = (n: unknown): boolean => Number.isInteger(n) && (n as number) >= 0
export const isIterableDataset = (x: unknown): x is IterableDataset<unknown> =>
  typeof x === 'object' && x !== null && (Symbol.asyncIterator in x || Symbol.iterator in x)
export const isEpochDataset = (x: unknown): x is EpochDataset<unknown> =>
  isIterableDataset(x) && 'epoch' in x && typeof x.epoch === 'function'

const isList = (x: unknown): x is ArrayLike<unknown> =>
  Array.isArray(x) || (ArrayBuffer.isView(x) && !(x instanceof DataView))

/** Examples by number, where there are such: an array's elements are its examples. */
export function indexed<T>(x: Dataset<T> | IterableDataset<T>): Dataset<T> | null {
  if (isDataset(x)) return x as Dataset<T>
  return isList(x) ? { length: x.length, get: index => x[checkIndex(index, x.length)] as T } : null
}

/** Why something is no data set, and what to do: to follow 'the data set'. */
export function whyNoDataset(x: unknown): string {
  if (x instanceof Table)
    return 'is a Table: new data.TensorDataset(table.tensor([…]), table.tensor(…)) makes one of its columns'
  if (typeof x === 'object' && x !== null && 'length' in x && 'get' in x && !isCount(x.length))
    return `has a length that is ${whatIs(x.length)}: write a whole number, or get length() { return … }`
  if (typeof x !== 'object' || x === null)
    return `is ${whatIs(x)}: it has neither length and get(i), nor is it iterable`
  return 'has neither length and get(i), nor is it iterable'
}

/** An argument as examples by number. @throws DataError where it has none */
export function datasetOf<T>(what: string, x: Dataset<T> | readonly T[]): Dataset<T> {
  const found = indexed(x)
  if (found) return found
  if (isIterableDataset(x) && !(x instanceof Table))
    throw new DataError(`${what}: the data set is iterated: examples by number are needed, length and get(i)`)
  throw new DataError(`${what}: the data set ${whyNoDataset(x)}`)
}

/** @throws DataError where there is no such example */
export function checkIndex(index: number, length: number): number {
  if (Number.isInteger(index) && index >= 0 && index < length) return index
  throw new DataError(`dataset: there is no example ${index}: there are ${length}`)
}

/** Some examples of a data set. @example new data.Subset(dataset, [0, 2, 4]) */
export class Subset<T> implements Dataset<T> {
  readonly dataset: Dataset<T>
  readonly indices: ArrayLike<number>
  /** There if the data set makes batches itself. */
  readonly batch?: (indices: ArrayLike<number>, draws?: ArrayLike<number>) => unknown

  constructor(source: Dataset<T> | readonly T[], indices: ArrayLike<number>) {
    const dataset = datasetOf('Subset', source)
    for (let i = 0; i < indices.length; i++) checkIndex(indices[i], dataset.length)
    this.dataset = dataset
    this.indices = indices
    const { batch } = dataset as Partial<BatchedDataset<T, unknown>>
    if (batch)
      this.batch = (wanted, draws) =>
        batch.call(
          dataset,
          Array.from(wanted, i => indices[checkIndex(i, indices.length)]),
          draws,
        )
  }
  get length(): number { return this.indices.length }
  get(index: number, draw?: number): T | Promise<T> {
    return this.dataset.get(this.indices[checkIndex(index, this.length)], draw)
  }
}
