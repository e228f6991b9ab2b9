/** @file Data sets made of others: joined, side by side, transformed, cached. */
import { DataError } from '../util/errors.ts'
import { checkOptions, whatIs } from '../util/options.ts'
import {
  checkIndex,
  datasetOf,
  isEpochDataset,
  type Dataset,
  type EpochDataset,
  type IterableDataset,
} from './dataset.ts'
import { anySeed, checkSeed, permutation, Random } from './random.ts'

/** One data set after the other. @example new data.ConcatDataset(digits, letters) */
export class ConcatDataset<T> implements Dataset<T> {
  readonly length: number
  readonly #parts: readonly Dataset<T>[]

  constructor(...given: readonly (Dataset<T> | readonly T[])[]) {
    if (given.length === 0) throw new DataError('ConcatDataset: there are no data sets')
    const parts = given.map(p => datasetOf('ConcatDataset', p))
    this.#parts = parts
    this.length = parts.reduce((sum, p) => sum + p.length, 0)
  }
  get(index: number, draw?: number): T | Promise<T> {
    let at = checkIndex(index, this.length)
    const part = this.#parts.find(p => {
      if (at < p.length) return true
      at -= p.length
      return false
    })
    return part!.get(at, draw)
  }
}

/**
 * Data sets side by side: example i is a tuple of theirs.
 * @example new data.StackDataset(images, masks)   // [image, mask]
 */
export class StackDataset<T extends readonly unknown[]> implements Dataset<T> {
  readonly length: number
  readonly #parts: { readonly [K in keyof T]: Dataset<T[K]> }

  constructor(...given: { readonly [K in keyof T]: Dataset<T[K]> | readonly T[K][] }) {
    if (given.length === 0) throw new DataError('StackDataset: there are no data sets')
    const parts = given.map(p => datasetOf('StackDataset', p))
    this.#parts = parts as unknown as { readonly [K in keyof T]: Dataset<T[K]> }
    this.length = parts[0].length
    parts.forEach((p, i) => {
      if (p.length !== this.length)
        throw new DataError(`StackDataset: data set ${i} has ${p.length} examples, data set 0 has ${this.length}`)
    })
  }
  get(index: number, draw?: number): T | Promise<T> {
    const found = this.#parts.map(p => p.get(index, draw))
    return (found.some(x => x instanceof Promise) ? Promise.all(found) : found) as unknown as T | Promise<T>
  }
}

/** What makes another example of one. `random` follows from seed, index and draw alone. */
export type Transform<T, U> = (example: T, random: Random) => U | Promise<U>

/**
 * Each example as a function makes it. The function's random numbers follow from the seed, the example's index and the
 * epoch: workers and their number do not change what comes out.
 * @example new data.TransformDataset(images, transforms.compose(transforms.randomHorizontalFlip()), { seed: 0 })
 */
export class TransformDataset<T, U> implements Dataset<U> {
  readonly dataset: Dataset<T>
  readonly #transform: Transform<T, U>
  readonly #seed: number

  constructor(dataset: Dataset<T> | readonly T[], transform: Transform<T, U>, options: { seed?: number } = {}) {
    checkOptions('TransformDataset', options, { seed: true })
    if (typeof transform !== 'function')
      throw new DataError(
        `TransformDataset: the transform is ${whatIs(transform)}: expected a function (example, random) => example`,
      )
    this.dataset = datasetOf('TransformDataset', dataset)
    this.#transform = transform
    this.#seed = checkSeed('TransformDataset', options.seed ?? 0)
  }
  get length(): number { return this.dataset.length }
  get(index: number, draw = 0): U | Promise<U> {
    const example = this.dataset.get(index, draw)
    const random = new Random(this.#seed, draw, index)
    if (example instanceof Promise) return example.then(e => this.#transform(e, random))
    return this.#transform(example, random)
  }
}

/**
 * Keeps each example once it was loaded: for data that is slow to read, fits into memory and is not random.
 * @example new data.CacheDataset(datasets.imageFolder(path))
 */
export class CacheDataset<T> implements Dataset<T> {
  readonly dataset: Dataset<T>
  readonly #kept = new Map<number, T | Promise<T>>()

  constructor(dataset: Dataset<T> | readonly T[]) { this.dataset = datasetOf('CacheDataset', dataset) }
  get length(): number { return this.dataset.length }
  get(index: number): T | Promise<T> {
    const kept = this.#kept.get(index)
    if (kept !== undefined) return kept
    const made = this.dataset.get(index)
    this.#kept.set(index, made)
    // what failed may be tried again
    if (made instanceof Promise) made.then(x => this.#kept.set(index, x), () => this.#kept.delete(index))
    return made
  }
}

/**
 * Shuffles what comes one after the other: out of a buffer of `size` examples one is drawn, and the next takes its
 * place. In a loader each epoch has another order.
 * @example new data.DataLoader(new data.ShuffleBuffer(stream, { size: 1000 }), { batchSize: 32 })
 */
export class ShuffleBuffer<T> implements EpochDataset<T> {
  readonly #source: IterableDataset<T>
  readonly #size: number
  readonly #seed: number | undefined

  constructor(source: IterableDataset<T>, options: { size: number; seed?: number }) {
    checkOptions('ShuffleBuffer', options, { size: true, seed: true })
    const { size, seed } = options
    if (!Number.isInteger(size) || size < 1)
      throw new DataError(`ShuffleBuffer: size is ${size}: expected a whole number from 1 up`)
    this.#source = source
    this.#size = size
    this.#seed = seed === undefined ? undefined : checkSeed('ShuffleBuffer', seed)
  }
  [Symbol.asyncIterator](): AsyncGenerator<T> { return this.epoch(0, anySeed()) }

  async* epoch(epoch: number, seed: number): AsyncGenerator<T> {
    const random = new Random(this.#seed ?? seed, epoch)
    const source = isEpochDataset(this.#source) ? this.#source.epoch(epoch, seed) as AsyncIterable<T> : this.#source
    const buffer: T[] = []
    for await (const example of source) {
      if (buffer.length < this.#size) {
        buffer.push(example)
        continue
      }
      const at = random.integer(buffer.length)
      const out = buffer[at]
      buffer[at] = example
      yield out
    }
    for (const i of permutation(buffer.length, this.#seed ?? seed, epoch)) yield buffer[i]
  }
}
