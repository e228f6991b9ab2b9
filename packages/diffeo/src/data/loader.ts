/** @file DataLoader: batches of a data set, in order or shuffled, an epoch at a time. */
import { DataError } from '../util/errors.ts'
import { checkOptions, type Names } from '../util/options.ts'
import { breathe } from './breathe.ts'
import { collate as collateExamples, unpack, type Collated, type CollateOptions } from './collate.ts'
import {
  isDataset, isEpochDataset, isIterableDataset, type BatchedDataset, type Dataset, type IterableDataset,
} from './dataset.ts'
import { EpochOrder } from './order.ts'
import { checkWorkers, WorkerPool, type WorkerOptions } from './pool.ts'
import { anySeed, checkSeed } from './random.ts'
import type { Packed } from './pack.ts'
import type { Sampler } from './samplers.ts'
import { sharedBatches } from './shards.ts'

export interface LoaderOptions<T, B> extends CollateOptions {
  batchSize?: number
  /** Another order each epoch. */
  shuffle?: boolean
  /** Which examples an epoch has, in which order, instead of `shuffle`. */
  sampler?: Sampler
  /** Of the order: the same seed gives the same order in each epoch, whatever else is random. */
  seed?: number
  /** Leaves out a last batch that is smaller. */
  dropLast?: boolean
  /** Makes a batch of examples. */
  collate?: (examples: T[]) => B
  /** How many batches are prepared ahead (of each worker, where there are some). */
  prefetch?: number
  /** Threads that load the examples and make the batches; of a data set that is iterated each takes its share. */
  workers?: WorkerOptions
  /** What to do about an example that cannot be loaded: 'skip' leaves it out of its batch and counts it. */
  onError?: 'throw' | 'skip'
}

const optionNames: Names<LoaderOptions<never, never>> = {
  batchSize: true, shuffle: true, sampler: true, seed: true, dropLast: true, collate: true, prefetch: true,
  workers: true, onError: true, labels: true,
}

/** Where a loader is: enough to go on with the very next batch. */
export interface LoaderState {
  readonly seed: number
  readonly epoch: number
  /** Batches of the epoch that were handed out. */
  readonly position: number
}

/** An example that was left out. */
export interface Skipped { readonly index: number; readonly error: Error }

type Source<T, B> = BatchedDataset<T, B> | Dataset<T> | IterableDataset<T>
/** A batch, unless none of its examples could be loaded, and those that were left out of it. */
interface Batch<B> { readonly made: readonly B[]; readonly failures: readonly Skipped[] }
const whole = <B>(batch: B): Batch<B> => ({ made: [batch], failures: [] })
/** How many of those that were left out are remembered. */
const kept = 100

class Loader<T, B> implements AsyncIterable<B> {
  readonly dataset: Source<T, B>
  readonly batchSize: number
  readonly shuffle: boolean
  readonly sampler: Sampler | undefined
  readonly dropLast: boolean
  readonly prefetch: number
  readonly onError: 'throw' | 'skip'
  /** The last examples that were left out, with the reasons (`onError: 'skip'`). */
  readonly skipped: Skipped[] = []
  /** How many were left out. */
  skippedCount = 0
  readonly #collate: (examples: T[]) => B
  /** Whether batches are made by a function that was given. */
  readonly #own: boolean
  /** Whether the data set makes batches itself. */
  readonly #batches: boolean
  readonly #labels: 'int32' | 'float32'
  readonly #workers: WorkerOptions | undefined
  #pool: WorkerPool | null = null
  #seed: number
  #epoch = 0
  #position = 0
  /** Number of the pass whose place the fields hold. */
  #pass = 0

  constructor(dataset: Source<T, B>, options: LoaderOptions<T, B> = {}) {
    checkOptions('DataLoader', options, optionNames)
    const { batchSize = 1, shuffle = false, seed = anySeed(), dropLast = false, prefetch = 2 } = options
    const { labels = 'float32', sampler, workers, onError = 'throw' } = options
    checkLoader(dataset, { batchSize, prefetch, shuffle, sampler, onError })
    this.dataset = dataset
    this.batchSize = batchSize
    this.shuffle = shuffle
    this.sampler = sampler
    this.dropLast = dropLast
    this.prefetch = prefetch
    this.onError = onError
    this.#seed = checkSeed('DataLoader', seed)
    this.#labels = labels
    this.#workers = workers && checkWorkers(workers)
    this.#own = options.collate !== undefined
    this.#collate = options.collate ?? ((examples: T[]): B => collateExamples(examples, { labels }) as B)
    this.#batches = !this.#own && !workers && 'batch' in dataset && typeof dataset.batch === 'function'
  }

  /** Batches an epoch. @throws DataError for an iterable data set */
  get length(): number {
    const { dataset, batchSize } = this
    if (!isDataset(dataset)) throw new DataError('DataLoader.length: an iterable data set does not say how long it is')
    const examples = this.sampler?.length ?? dataset.length
    return this.dropLast ? Math.floor(examples / batchSize) : Math.ceil(examples / batchSize)
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

  /** Stops workers that were kept (`workers.persistent`). */
  close(): void {
    this.#pool?.stop()
    this.#pool = null
  }

  async* [Symbol.asyncIterator](): AsyncGenerator<B, void, undefined> {
    const [epoch, start, pass] = [this.#epoch, this.#position, ++this.#pass]
    const { dataset } = this
    const batches = isDataset(dataset) ? this.#indexed(dataset as Dataset<T>, epoch, start)
      : this.#workers ? this.#shared(epoch, start)
      : // what is there at once need not be made ahead
        ahead(
          this.#streamed(dataset as IterableDataset<T>, epoch, start),
          Symbol.asyncIterator in dataset ? this.prefetch : 0,
        )
    let found = 0
    const before = this.skippedCount
    try {
      for await (const { made, failures } of batches) {
        if (this.#pass === pass) this.#position++
        failures.forEach(f => this.#skip(f))
        if (made.length === 0) continue
        found++
        yield made[0]
        await breathe()
      }
      if (found === 0 && this.skippedCount > before) {
        const { index, error } = this.skipped[this.skipped.length - 1]
        throw new DataError(`DataLoader: no example could be loaded; the last, ${index}: ${error.message}`, {
          cause: error,
        })
      }
    } finally {
      // the next pass is another epoch, also after break; unless a state was loaded meanwhile
      if (this.#pass === pass) {
        this.#epoch = epoch + 1
        this.#position = 0
      }
    }
  }

  async* #indexed(dataset: Dataset<T>, epoch: number, start: number): AsyncGenerator<Batch<B>, void, undefined> {
    const { length: batches, batchSize } = this
    const order = new EpochOrder(dataset.length, this, epoch, this.#seed)
    const pool = this.#workers ? this.#start(dataset.length) : null
    const most = this.prefetch * (this.#workers?.count ?? 1)
    const ahead: (Batch<B> | Promise<Batch<B>>)[] = []
    let next = start
    let finished = false
    try {
      for (let k = start; k < batches; k++) {
        // what is there at once need not be made ahead
        while (next < batches && next <= k + (ahead[0] instanceof Promise || next === k ? most : 0)) {
          const { indices, draws } = order.part(next * batchSize, ++next * batchSize)
          ahead.push(pool ? calm(this.#sent(pool, indices, draws)) : this.#batch(dataset, indices, draws))
        }
        yield await (ahead.shift() as Batch<B> | Promise<Batch<B>>)
      }
      finished = true
    } finally {
      if (pool) this.#end(pool, finished && this.#workers!.persistent === true)
    }
  }

  async* #shared(epoch: number, start: number): AsyncGenerator<Batch<B>, void, undefined> {
    const { batchSize, dropLast, prefetch } = this
    const { count: workers, persistent } = this.#workers!
    const pool = this.#start(null)
    let finished = false
    try {
      const pass = { workers, batchSize, dropLast, prefetch, epoch, seed: this.#seed, start }
      for await (const packed of sharedBatches(pool, pass)) yield this.#received(packed, [])
      finished = true
    } finally {
      this.#end(pool, finished && persistent === true)
    }
  }

  #start(length: number | null): WorkerPool {
    const pool = this.#pool && !this.#pool.isBroken ? this.#pool : new WorkerPool(this.#workers!, {
      length, labels: this.#labels, raw: this.#own, skip: this.onError === 'skip',
    })
    // it is of one pass: another that runs at the same time starts its own
    this.#pool = null
    pool.hold(true)
    return pool
  }
  #end(pool: WorkerPool, keep: boolean): void {
    if (!keep || this.#pool) {
      pool.stop()
      return
    }
    pool.hold(false)
    this.#pool = pool
  }

  async #sent(pool: WorkerPool, indices: readonly number[], draws: readonly number[]): Promise<Batch<B>> {
    const { packed, failures } = await pool.make(indices, draws)
    const skipped = failures.map(({ index, message }) => ({ index, error: new DataError(message) }))
    return packed ? this.#received(packed, skipped) : { made: [], failures: skipped }
  }

  #received(packed: Packed, failures: readonly Skipped[]): Batch<B> {
    const batch = unpack(packed)
    return { made: [this.#own ? this.#collate(batch as T[]) : batch as B], failures }
  }

  #skip(failure: Skipped): void {
    this.skippedCount++
    if (this.skipped.length === kept) this.skipped.shift()
    this.skipped.push(failure)
  }

  #batch(
    dataset: Dataset<T>, indices: readonly number[], draws: readonly number[],
  ): Batch<B> | Promise<Batch<B>> {
    if (this.#batches) {
      const made = (dataset as BatchedDataset<T, B>).batch(indices, draws)
      return made instanceof Promise ? calm(made.then(whole)) : whole(made)
    }
    if (this.onError === 'skip') return calm(this.#whatLoads(dataset, indices, draws))
    const examples = indices.map((index, i) => dataset.get(index, draws[i]))
    if (!examples.some(e => e instanceof Promise)) return whole(this.#collate(examples as T[]))
    return calm(Promise.all(examples).then(all => whole(this.#collate(all))))
  }

  async #whatLoads(dataset: Dataset<T>, indices: readonly number[], draws: readonly number[]): Promise<Batch<B>> {
    const made = await Promise.allSettled(indices.map(async (index, i) => dataset.get(index, draws[i])))
    const examples = made.flatMap(m => (m.status === 'fulfilled' ? [m.value] : []))
    const failures = made.flatMap((m, i) =>
      m.status === 'rejected' ? [{ index: indices[i], error: errorOf(m.reason) }] : [],
    )
    return { made: examples.length > 0 ? [this.#collate(examples)] : [], failures }
  }

  async* #streamed(
    dataset: IterableDataset<T>, epoch: number, start: number,
  ): AsyncGenerator<Batch<B>, void, undefined> {
    let examples: T[] = []
    let made = 0
    const skipped = start * this.batchSize
    const source = isEpochDataset(dataset) ? dataset.epoch(epoch, this.#seed) as AsyncIterable<T> : dataset
    for await (const example of source) {
      if (made++ < skipped) continue
      examples.push(example)
      if (examples.length < this.batchSize) continue
      yield whole(this.#collate(examples))
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
    if (examples.length > 0 && !this.dropLast) yield whole(this.#collate(examples))
  }
}

const errorOf = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)))

/** What a generator yields, so many asked for before they are needed. */
async function* ahead<B>(source: AsyncGenerator<B, void, undefined>, most: number): AsyncGenerator<B, void, undefined> {
  const asked: Promise<IteratorResult<B, void>>[] = []
  try {
    for (;;) {
      while (asked.length <= most) asked.push(calm(source.next()))
      const { done, value } = await asked.shift()!
      if (done) return
      yield value
    }
  } finally {
    await source.return()
  }
}

/** A promise that is awaited later: until then its failure is nobody's. */
function calm<B>(made: Promise<B>): Promise<B> {
  made.catch(() => {})
  return made
}

/** Whether it is its own iterator: a second pass begins where the first ended. */
const isIterator = (x: object): boolean => 'next' in x && typeof x.next === 'function'

interface Checked {
  readonly batchSize: number
  readonly prefetch: number
  readonly shuffle: boolean
  readonly sampler: Sampler | undefined
  readonly onError: string
}

function checkLoader(dataset: unknown, { batchSize, prefetch, shuffle, sampler, onError }: Checked): void {
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new DataError(`DataLoader: batchSize is ${batchSize}: expected a whole number from 1 up`)
  if (!Number.isInteger(prefetch) || prefetch < 0)
    throw new DataError(`DataLoader: prefetch is ${prefetch}: expected a whole number from 0 up`)
  if (onError !== 'throw' && onError !== 'skip')
    throw new DataError(`DataLoader: onError is '${String(onError)}': expected 'throw' or 'skip'`)
  if (!isDataset(dataset) && !isIterableDataset(dataset))
    throw new DataError('DataLoader: the data set has neither length and get(i), nor is it iterable')
  if (isDataset(dataset) && dataset.length === 0) throw new DataError('DataLoader: the data set is empty')
  if (shuffle && sampler) throw new DataError('DataLoader: shuffle and sampler both give an order: leave one out')
  if ((shuffle || sampler || onError === 'skip') && !isDataset(dataset)) {
    const what = shuffle ? 'shuffle it where it is made, or with data.ShuffleBuffer'
      : `${sampler ? 'a sampler needs' : "onError: 'skip' needs"} examples by number`
    throw new DataError(`DataLoader: an iterable data set has an order of its own: ${what}`)
  }
}

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
 *
 * @example
 * const loader = new data.DataLoader(new data.TensorDataset(x, y), { batchSize: 32, shuffle: true, seed: 0 })
 * for await (const [xs, ys] of loader) step(xs, ys)
 * @example
 * // threads make the batches: the default export of dataset.js is a function that makes the data set
 * const workers = { count: 2, module: new URL('./dataset.js', import.meta.url) }
 * new data.DataLoader(makeDataset(), { batchSize: 32, shuffle: true, workers })
 */
// what a batch is follows from the data set or the collate alone: with overloads it is inferred inside of other calls
// too
export const DataLoader: LoaderConstructor = Loader
export type DataLoader<T, B = Collated<T>> = Loader<T, B>
