/** @file DataLoader: batches of a data set, in order or shuffled, an epoch at a time. */
import { DataError } from '../util/errors.ts'
import { checkOptions, type Names } from '../util/options.ts'
import { breathe } from './breathe.ts'
import { collate as collateExamples, type Collated, type CollateOptions } from './collate.ts'
import { isDataset, isIterableDataset, type BatchedDataset, type Dataset, type IterableDataset } from './dataset.ts'
import { anySeed, checkSeed, permutation } from './random.ts'

export interface LoaderOptions<T, B> extends CollateOptions {
  batchSize?: number
  /** Another order each epoch. */
  shuffle?: boolean
  /** Of the order: the same seed gives the same order in each epoch, whatever else is random. */
  seed?: number
  /** Leaves out a last batch that is smaller. */
  dropLast?: boolean
  /** Makes a batch of examples. */
  collate?: (examples: T[]) => B
  /** How many batches are prepared ahead, where examples are loaded asynchronously. */
  prefetch?: number
}

const optionNames: Names<LoaderOptions<never, never>> = {
  batchSize: true, shuffle: true, seed: true, dropLast: true, collate: true, prefetch: true, labels: true,
}

/** Where a loader is: enough to go on with the very next batch. */
export interface LoaderState {
  readonly seed: number
  readonly epoch: number
  /** Batches of the epoch that were handed out. */
  readonly position: number
}

type Source<T, B> = BatchedDataset<T, B> | Dataset<T> | IterableDataset<T>

class Loader<T, B> implements AsyncIterable<B> {
  readonly dataset: Source<T, B>
  readonly batchSize: number
  readonly shuffle: boolean
  readonly dropLast: boolean
  readonly prefetch: number
  readonly #collate: (examples: T[]) => B
  /** Whether the data set makes batches itself. */
  readonly #batches: boolean
  #seed: number
  #epoch = 0
  #position = 0
  /** Number of the pass whose place the fields hold. */
  #pass = 0

  constructor(dataset: Source<T, B>, options: LoaderOptions<T, B> = {}) {
    checkOptions('DataLoader', options, optionNames)
    const { batchSize = 1, shuffle = false, seed = anySeed(), dropLast = false, prefetch = 2, labels } = options
    if (!Number.isInteger(batchSize) || batchSize < 1)
      throw new DataError(`DataLoader: batchSize is ${batchSize}: expected a whole number from 1 up`)
    if (!Number.isInteger(prefetch) || prefetch < 0)
      throw new DataError(`DataLoader: prefetch is ${prefetch}: expected a whole number from 0 up`)
    if (!isDataset(dataset) && !isIterableDataset(dataset))
      throw new DataError('DataLoader: the data set has neither length and get(i), nor is it iterable')
    if (isDataset(dataset) && dataset.length === 0) throw new DataError('DataLoader: the data set is empty')
    if (shuffle && !isDataset(dataset))
      throw new DataError('DataLoader: an iterable data set has an order of its own: shuffle it where it is made')
    this.dataset = dataset
    this.batchSize = batchSize
    this.shuffle = shuffle
    this.dropLast = dropLast
    this.prefetch = prefetch
    this.#seed = checkSeed('DataLoader', seed)
    this.#collate = options.collate ?? ((examples: T[]): B => collateExamples(examples, { labels }) as B)
    this.#batches = !options.collate && 'batch' in dataset && typeof dataset.batch === 'function'
  }

  /** Batches an epoch. @throws DataError for an iterable data set */
  get length(): number {
    const { dataset, batchSize } = this
    if (!isDataset(dataset)) throw new DataError('DataLoader.length: an iterable data set does not say how long it is')
    return this.dropLast ? Math.floor(dataset.length / batchSize) : Math.ceil(dataset.length / batchSize)
  }

  /** To be saved with a checkpoint; read inside the loop it counts the batch at hand. */
  state(): LoaderState { return { seed: this.#seed, epoch: this.#epoch, position: this.#position } }
  /** The next `for await` goes on where the state was taken. */
  loadState({ seed, epoch, position }: LoaderState): void {
    for (const [name, n] of Object.entries({ epoch, position })) {
      if (!Number.isInteger(n) || n < 0)
        throw new DataError(`DataLoader.loadState: ${name} is ${n}: expected a whole number from 0 up`)
    }
    this.#seed = checkSeed('DataLoader.loadState', seed)
    this.#epoch = epoch
    this.#position = position
    this.#pass++
  }

  async* [Symbol.asyncIterator](): AsyncGenerator<B, void, undefined> {
    const [epoch, start, pass] = [this.#epoch, this.#position, ++this.#pass]
    const { dataset } = this
    const batches = isDataset(dataset)
      ? this.#indexed(dataset as Dataset<T>, epoch, start)
      : this.#streamed(dataset as IterableDataset<T>, start)
    try {
      for await (const batch of batches) {
        if (this.#pass === pass) this.#position++
        yield batch
        await breathe()
      }
    } finally {
      // the next pass is another epoch, also after break; unless a state was loaded meanwhile
      if (this.#pass === pass) {
        this.#epoch = epoch + 1
        this.#position = 0
      }
    }
  }

  async* #indexed(dataset: Dataset<T>, epoch: number, start: number): AsyncGenerator<B, void, undefined> {
    const order = this.shuffle ? permutation(dataset.length, this.#seed, epoch) : null
    const batches = this.length
    const ahead: (B | Promise<B>)[] = []
    let next = start
    for (let k = start; k < batches; k++) {
      // what is there at once need not be made ahead
      while (next < batches && next <= k + (ahead[0] instanceof Promise || next === k ? this.prefetch : 0))
        ahead.push(this.#batch(dataset, order, next++))
      yield await (ahead.shift() as B | Promise<B>)
    }
  }

  #batch(dataset: Dataset<T>, order: Uint32Array | null, k: number): B | Promise<B> {
    const from = k * this.batchSize
    const to = Math.min(dataset.length, from + this.batchSize)
    const indices = order ? order.subarray(from, to) : Array.from({ length: to - from }, (_, i) => from + i)
    if (this.#batches) return (dataset as BatchedDataset<T, B>).batch(indices)
    const examples = Array.from(indices, i => dataset.get(i))
    if (!examples.some(e => e instanceof Promise)) return this.#collate(examples as T[])
    const made = Promise.all(examples).then(all => this.#collate(all))
    // it is awaited later: until then its failure is nobody's
    made.catch(() => {})
    return made
  }

  async* #streamed(dataset: IterableDataset<T>, start: number): AsyncGenerator<B, void, undefined> {
    let examples: T[] = []
    let made = 0
    const skipped = start * this.batchSize
    for await (const example of dataset) {
      if (made++ < skipped) continue
      examples.push(example)
      if (examples.length < this.batchSize) continue
      yield this.#collate(examples)
      examples = []
    }
    if (made === 0) {
      const once = this.#epoch > 0 && isIterator(dataset)
      throw new DataError(
        once
          ? 'DataLoader: the data set is a generator, which can be gone through once: pass an object whose ' +
              '[Symbol.iterator] (or asyncIterator) makes a new one'
          : 'DataLoader: the data set is empty',
      )
    }
    if (examples.length > 0 && !this.dropLast) yield this.#collate(examples)
  }
}

/** Whether it is its own iterator: a second pass begins where the first ended. */
const isIterator = (x: object): boolean => 'next' in x && typeof x.next === 'function'

interface LoaderConstructor {
  new <T, B>(
    dataset: Dataset<T> | IterableDataset<T>,
    options: LoaderOptions<T, B> & { collate: (examples: T[]) => B },
  ): Loader<T, B>
  new <T, B>(dataset: BatchedDataset<T, B>, options?: LoaderOptions<T, B>): Loader<T, B>
  new <T>(dataset: Dataset<T> | IterableDataset<T>, options?: LoaderOptions<T, Collated<T>>): Loader<T, Collated<T>>
}

/**
 * Batches of a data set; each `for await` is one epoch. A tuple of arrays, numbers or tensors becomes a tuple of
 * tensors.
 * @example
 * const loader = new data.DataLoader(new data.TensorDataset(x, y), { batchSize: 32, shuffle: true, seed: 0 })
 * for await (const [xs, ys] of loader) step(xs, ys)
 */
// what a batch is follows from the data set or the collate alone: with overloads it is inferred inside of other calls
// too
export const DataLoader: LoaderConstructor = Loader
export type DataLoader<T, B = Collated<T>> = Loader<T, B>
