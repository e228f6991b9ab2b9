/** @file DataLoader: batches of a data set, in order or shuffled, an epoch at a time. */
import { Tensor } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import { breathe } from './breathe.ts'
import { checkLabels, collate as collateExamples, tensorsOf, unpack, type Batched, type Collated } from './collate.ts'
import { indexed, isEpochDataset, type BatchedDataset, type Dataset, type IterableDataset } from './dataset.ts'
import { checkLoader, loaderOptionNames, type LoaderOptions } from './loader-options.ts'
import { placeOf, type EarlierState, type LoaderState, type Skipped } from './loader-state.ts'
import { EpochOrder } from './order.ts'
import type { Labels, Packed } from './pack.ts'
import { checkWorkers, WorkerPool, type WorkerOptions } from './pool.ts'
import { anySeed, checkSeed } from './random.ts'
import { samplerOf, type Sampler } from './samplers.ts'
import { sharedBatches } from './shards.ts'

export type { LoaderOptions } from './loader-options.ts'
export type { LoaderState, Skipped } from './loader-state.ts'

type Source<T, B> = BatchedDataset<T, B> | Dataset<T> | IterableDataset<T>
/** A batch, unless none of its examples could be loaded, and those that were left out of it. */
interface Batch<B> {
  readonly made: readonly B[]
  readonly failures: readonly Skipped[]
  /** Examples that were asked for. */
  readonly size: number
}
const whole = <B>(batch: B, size: number): Batch<B> => ({ made: [batch], failures: [], size })
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
  readonly #labels: Labels
  readonly #workers: WorkerOptions | undefined
  /** Examples by number; null: they are iterated. */
  readonly #examples: Dataset<T> | null
  #pool: WorkerPool | null = null
  #seed: number
  #epoch = 0
  /** Examples, and batches, of the epoch that were handed out. */
  #place = { examples: 0, batches: 0 }
  /** Number of the pass whose place the fields hold. */
  #pass = 0

  constructor(dataset: Source<T, B>, options: LoaderOptions<T, B> = {}) {
    checkOptions('DataLoader', options, loaderOptionNames)
    const { batchSize = 1, shuffle = false, seed = anySeed(), dropLast = false, prefetch = 2 } = options
    const { labels = 'float32', sampler, workers, onError = 'throw' } = options
    checkLoader(dataset, { batchSize, prefetch, shuffle, sampler, onError, collate: options.collate })
    this.dataset = dataset
    this.#examples = indexed(dataset as Dataset<T>)
    this.batchSize = batchSize
    this.shuffle = shuffle
    this.sampler = sampler && samplerOf(sampler, this.#examples!.length)
    this.dropLast = dropLast
    this.prefetch = prefetch
    this.onError = onError
    this.#seed = checkSeed('DataLoader', seed)
    this.#labels = checkLabels('DataLoader', labels)
    this.#workers = workers && checkWorkers(workers)
    const { collate } = options
    this.#own = collate !== undefined
    this.#collate = collate
      ? (examples: T[]): B => settled(collate(examples), tensorsOf) as B
      : (examples: T[]): B => collateExamples(examples, { labels }) as B
    this.#batches = !this.#own && !workers && 'batch' in dataset && typeof dataset.batch === 'function'
  }

  /** Batches an epoch. @throws DataError for an iterable data set */
  get length(): number {
    const total = this.#total
    if (total === null) throw new DataError('DataLoader.length: an iterable data set does not say how long it is')
    return this.#batchesOf(total)
  }
  get #total(): number | null { return this.sampler?.length ?? this.#examples?.length ?? null }
  #batchesOf(examples: number): number {
    return this.dropLast ? Math.floor(examples / this.batchSize) : Math.ceil(examples / this.batchSize)
  }
  /** How many workers iterate the data set; null: it is not they who do. */
  get #sharing(): number | null { return this.#examples ? null : this.#workers?.count ?? null }

  /**
   * To be saved with a checkpoint; read inside the loop it counts the batch at hand. Examples are counted, so that a
   * loader with another batch size goes on with the very next one.
   */
  state(): LoaderState {
    const { examples, batches } = this.#place
    const state = { seed: this.#seed, epoch: this.#epoch, examples }
    const workers = this.#sharing
    return workers === null ? state : { ...state, shares: { workers, batchSize: this.batchSize, batches } }
  }
  /**
   * The next `for await` goes on where the state was taken.
   * @throws DataError where examples would be lost or seen twice: the data set is another, or workers that iterate it
   * are more or fewer, or make batches of another size
   */
  loadState(state: LoaderState | EarlierState): void {
    const kind = { batchSize: this.batchSize, workers: this.#sharing, total: this.#total }
    const { seed, epoch, examples, batches } = placeOf(state, kind)
    this.#seed = seed
    this.#epoch = epoch
    this.#place = { examples, batches }
    this.#pass++
  }

  /** Stops workers that were kept (`workers.persistent`). */
  close(): void {
    this.#pool?.stop()
    this.#pool = null
  }

  async* [Symbol.asyncIterator](): AsyncGenerator<B, void, undefined> {
    const [epoch, start, pass] = [this.#epoch, this.#place, ++this.#pass]
    const { dataset } = this
    const batches = this.#examples ? this.#indexed(this.#examples, epoch, start.examples)
      : this.#workers ? this.#shared(epoch, start.batches)
      : // what is there at once need not be made ahead
        ahead(
          this.#streamed(dataset as IterableDataset<T>, epoch, start.examples),
          Symbol.asyncIterator in dataset ? this.prefetch : 0,
        )
    let found = 0
    const before = this.skippedCount
    try {
      for await (const { made, failures, size } of batches) {
        if (this.#pass === pass) {
          const { examples, batches } = this.#place
          this.#place = { examples: examples + size, batches: batches + 1 }
        }
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
        this.#place = { examples: 0, batches: 0 }
      }
    }
  }

  async* #indexed(dataset: Dataset<T>, epoch: number, start: number): AsyncGenerator<Batch<B>, void, undefined> {
    const { batchSize } = this
    const order = new EpochOrder(dataset.length, this, epoch, this.#seed)
    const batches = this.#batchesOf(Math.max(0, this.#total! - start))
    const pool = this.#workers ? this.#start(dataset.length) : null
    const most = this.prefetch * (this.#workers?.count ?? 1)
    const ahead: (Batch<B> | Promise<Batch<B>>)[] = []
    let next = 0
    let finished = false
    try {
      for (let k = 0; k < batches; k++) {
        // what is there at once need not be made ahead
        while (next < batches && next <= k + (ahead[0] instanceof Promise || next === k ? most : 0)) {
          const { indices, draws } = order.part(start + next * batchSize, start + ++next * batchSize)
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
      for await (const { packed, size } of sharedBatches(pool, pass)) yield this.#received(packed!, [], size!)
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
    return packed
      ? this.#received(packed, skipped, indices.length)
      : { made: [], failures: skipped, size: indices.length }
  }

  #received(packed: Packed, failures: readonly Skipped[], size: number): Batch<B> {
    const batch = unpack(packed)
    return { made: [this.#own ? this.#collate(batch as T[]) : tensorsOf(batch) as B], failures, size }
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
      const checked = (batch: B): Batch<B> => {
        if (this.#labels === 'int32') checkBatched(batch)
        return whole(batch, indices.length)
      }
      return made instanceof Promise ? calm(made.then(checked)) : checked(made)
    }
    if (this.onError === 'skip') return calm(this.#whatLoads(dataset, indices, draws))
    const examples = indices.map((index, i) => exampleOf(dataset, index, draws[i]))
    if (!examples.some(e => e instanceof Promise)) return whole(this.#collate(examples as T[]), indices.length)
    return calm(Promise.all(examples).then(all => whole(this.#collate(all), indices.length)))
  }

  async #whatLoads(dataset: Dataset<T>, indices: readonly number[], draws: readonly number[]): Promise<Batch<B>> {
    const made = await Promise.allSettled(indices.map(async (index, i) => dataset.get(index, draws[i])))
    const examples = made.flatMap(m => (m.status === 'fulfilled' ? [m.value] : []))
    const failures = made.flatMap((m, i) =>
      m.status === 'rejected' ? [{ index: indices[i], error: errorOf(m.reason) }] : [],
    )
    return { made: examples.length > 0 ? [this.#collate(examples)] : [], failures, size: indices.length }
  }

  async* #streamed(
    dataset: IterableDataset<T>, epoch: number, start: number,
  ): AsyncGenerator<Batch<B>, void, undefined> {
    let examples: T[] = []
    let made = 0
    const source = isEpochDataset(dataset) ? dataset.epoch(epoch, this.#seed) as AsyncIterable<T> : dataset
    for await (const example of source) {
      if (made++ < start) continue
      examples.push(example)
      if (examples.length < this.batchSize) continue
      yield whole(this.#collate(examples), examples.length)
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
    if (examples.length > 0 && !this.dropLast) yield whole(this.#collate(examples), examples.length)
  }
}

/** @throws DataError where what a data set made itself ends in floats, though labels are to be whole numbers */
function checkBatched(batch: unknown): void {
  const last: unknown = Array.isArray(batch) && batch.length > 1 ? batch[batch.length - 1] : null
  if (!(last instanceof Tensor) || last.rank !== 1 || !last.dtype.includes('float')) return
  throw new DataError(
    `DataLoader: labels is 'int32', and the data set makes batches itself, whose last part is ${last.dtype}: ` +
      "make it of whole numbers, new data.TensorDataset(x, y.cast('int32')), or leave labels out",
  )
}

/** What follows from a value that may be there only later. */
const settled = <A, C>(made: A | Promise<A>, f: (x: A) => C): C | Promise<C> =>
  made instanceof Promise ? made.then(f) : f(made)

/** An example; what its data set throws names it. */
function exampleOf<T>(dataset: Dataset<T>, index: number, draw: number): T | Promise<T> {
  const fail = (reason: unknown): never => {
    throw new DataError(`DataLoader: example ${index}: ${errorOf(reason).message}`, { cause: reason })
  }
  try {
    const made = dataset.get(index, draw)
    return made instanceof Promise ? made.catch(fail) : made
  } catch (error) {
    return fail(error)
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

interface LoaderConstructor {
  new <T, B>(
    dataset: Dataset<T> | IterableDataset<T>,
    options: LoaderOptions<T, B> & { collate: (examples: T[]) => B },
  ): Loader<T, Batched<Awaited<B>>>
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
