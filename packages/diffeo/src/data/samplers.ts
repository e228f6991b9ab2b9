/**
 * @file Samplers: which examples an epoch has, in which order. An order follows from epoch and seed alone, so a loader
 * resumes exactly.
 */
import { DataError } from '../util/errors.ts'
import { checkOptions, whatIs } from '../util/options.ts'
import { checkSeed, permutation, Random } from './random.ts'

export interface Sampler {
  /** Examples an epoch. */
  readonly length: number
  /** Their indices. `seed` is the loader's. */
  order(epoch: number, seed: number): ArrayLike<number>
}

/** A sampler as it is; of an array of indices one that gives them in each epoch. @throws DataError for all else */
export function samplerOf(given: Sampler | ArrayLike<number>, examples: number): Sampler {
  if (Array.isArray(given) || ArrayBuffer.isView(given)) {
    const indices = given as unknown as ArrayLike<number>
    if (indices.length === 0) throw new DataError('DataLoader: the sampler is an array without indices')
    for (let i = 0; i < indices.length; i++)
      if (!Number.isInteger(indices[i]) || indices[i] < 0 || indices[i] >= examples)
        throw new DataError(`DataLoader: the sampler gives example ${indices[i]}: there are ${examples}`)
    return { length: indices.length, order: () => indices }
  }
  const { length, order } = given as Sampler
  if (typeof order !== 'function' || !Number.isInteger(length) || length < 0)
    throw new DataError(
      `DataLoader: the sampler is ${whatIs(given)} with ${typeof order === 'function' ? `a length that is ${whatIs(length)}` : 'no order'}: ` +
        'expected { length, order(epoch, seed) }, whose order gives that many indices, or an array of indices',
    )
  return given as Sampler
}

function checkCount(what: string, name: string, n: number, least = 1): number {
  if (!Number.isSafeInteger(n) || n < least)
    throw new DataError(`${what}: ${name} is ${n}: expected a whole number from ${least} up`)
  return n
}

/**
 * Draws `numSamples` of the first n examples, with replacement or (no more than there are) without.
 * @example new data.RandomSampler(dataset.length, { numSamples: 1000, replacement: true })
 */
export class RandomSampler implements Sampler {
  readonly length: number
  readonly #n: number
  readonly #replacement: boolean

  constructor(n: number, options: { numSamples?: number; replacement?: boolean } = {}) {
    checkOptions('RandomSampler', options, { numSamples: true, replacement: true })
    const { numSamples = n, replacement = false } = options
    this.#n = checkCount('RandomSampler', 'n', n)
    this.length = checkCount('RandomSampler', 'numSamples', numSamples)
    this.#replacement = replacement
    if (!replacement && numSamples > n)
      throw new DataError(`RandomSampler: ${numSamples} of ${n} examples cannot be drawn without replacement`)
  }
  order(epoch: number, seed: number): ArrayLike<number> {
    if (!this.#replacement) return permutation(this.#n, seed, epoch).subarray(0, this.length)
    const random = new Random(seed, epoch)
    return Uint32Array.from({ length: this.length }, () => random.integer(this.#n))
  }
}

/** Some examples, in random order. @example new data.SubsetRandomSampler(trainIndices) */
export class SubsetRandomSampler implements Sampler {
  readonly #indices: ArrayLike<number>
  constructor(indices: ArrayLike<number>) {
    checkCount('SubsetRandomSampler', 'the number of indices', indices.length)
    this.#indices = indices
  }
  get length(): number { return this.#indices.length }
  order(epoch: number, seed: number): ArrayLike<number> {
    return Array.from(permutation(this.length, seed, epoch), i => this.#indices[i])
  }
}

/**
 * Draws each example in proportion to its weight: classes of unequal size are seen alike if each example weighs one by
 * the size of its class. Without replacement an example is drawn at most once (Efraimidis and Spirakis, 2006).
 * @example new data.WeightedRandomSampler(labels.map(l => 1 / counts[l]), labels.length)
 */
export class WeightedRandomSampler implements Sampler {
  readonly length: number
  readonly #weights: ArrayLike<number>
  readonly #replacement: boolean
  /** Sums of the weights up to each: a draw is a place below the last. */
  readonly #sums: Float64Array

  constructor(weights: ArrayLike<number>, numSamples: number, options: { replacement?: boolean } = {}) {
    checkOptions('WeightedRandomSampler', options, { replacement: true })
    const { replacement = true } = options
    this.length = checkCount('WeightedRandomSampler', 'numSamples', numSamples)
    this.#weights = weights
    this.#replacement = replacement
    let [sum, positive] = [0, 0]
    this.#sums = Float64Array.from(weights, (w, i) => {
      if (!(w >= 0 && w < Infinity))
        throw new DataError(`WeightedRandomSampler: weight ${i} is ${w}: expected 0 or more`)
      if (w > 0) positive++
      return (sum += w)
    })
    if (!(sum > 0 && sum < Infinity)) throw new DataError(`WeightedRandomSampler: the weights sum to ${sum}`)
    if (!replacement && numSamples > positive)
      throw new DataError(
        `WeightedRandomSampler: ${numSamples} examples cannot be drawn without replacement: ${positive} have a weight`,
      )
  }
  order(epoch: number, seed: number): ArrayLike<number> {
    const random = new Random(seed, epoch)
    if (this.#replacement) return Uint32Array.from({ length: this.length }, () => this.#place(random.next()))
    const keys = Float64Array.from(this.#weights, w => Math.log(1 - random.next()) / w)
    return Array.from(keys.keys())
      .filter(i => this.#weights[i] > 0)
      .sort((a, b) => keys[b] - keys[a])
      .slice(0, this.length)
  }
  /** The first sum above the fraction of the whole. */
  #place(fraction: number): number {
    const sums = this.#sums
    const wanted = fraction * sums[sums.length - 1]
    let [low, high] = [0, sums.length - 1]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (sums[middle] > wanted) high = middle
      else low = middle + 1
    }
    return low
  }
}

export interface DistributedOptions {
  /** Which of the processes this is, from 0. */
  rank: number
  /** How many there are. */
  replicas: number
  shuffle?: boolean
  /** The same in all processes. */
  seed?: number
  /** Leaves examples out rather than giving some twice, where the processes do not divide them. */
  dropLast?: boolean
}

/**
 * The part of one of several processes that train together: disjoint, of equal size, another shuffling each epoch.
 * @example new data.DistributedSampler(dataset.length, { rank: 0, replicas: 4 })
 */
export class DistributedSampler implements Sampler {
  readonly length: number
  readonly #n: number
  readonly #options: Required<DistributedOptions>

  constructor(n: number, options: DistributedOptions) {
    checkOptions('DistributedSampler', options,
      { rank: true, replicas: true, shuffle: true, seed: true, dropLast: true })
    const { rank, replicas, shuffle = true, seed = 0, dropLast = false } = options
    this.#n = checkCount('DistributedSampler', 'n', n)
    checkCount('DistributedSampler', 'replicas', replicas)
    checkCount('DistributedSampler', 'rank', rank, 0)
    if (rank >= replicas)
      throw new DataError(`DistributedSampler: rank is ${rank} of ${replicas} replicas: they count from 0`)
    if (dropLast && n < replicas)
      throw new DataError(`DistributedSampler: ${n} examples leave some of ${replicas} replicas none`)
    this.#options = { rank, replicas, shuffle, seed: checkSeed('DistributedSampler', seed), dropLast }
    this.length = dropLast ? Math.floor(n / replicas) : Math.ceil(n / replicas)
  }
  order(epoch: number): ArrayLike<number> {
    const { rank, replicas, shuffle, seed } = this.#options
    const whole = shuffle ? permutation(this.#n, seed, epoch) : null
    return Uint32Array.from({ length: this.length }, (_, i) => {
      const at = (i * replicas + rank) % this.#n
      return whole ? whole[at] : at
    })
  }
}

/**
 * Sequences of like length beside each other, so that batches need little padding: shuffled, cut into pools of some
 * batches, each pool sorted by length, its batches in random order.
 * @example new data.DataLoader(texts, { batchSize: 32, sampler: new data.BucketSampler(lengths, { batchSize: 32 }) })
 */
export class BucketSampler implements Sampler {
  readonly #lengths: ArrayLike<number>
  readonly #batch: number
  readonly #pool: number

  constructor(lengths: ArrayLike<number>, options: { batchSize: number; batchesPerPool?: number }) {
    checkOptions('BucketSampler', options, { batchSize: true, batchesPerPool: true })
    const { batchSize, batchesPerPool = 100 } = options
    checkCount('BucketSampler', 'the number of lengths', lengths.length)
    this.#lengths = lengths
    this.#batch = checkCount('BucketSampler', 'batchSize', batchSize)
    this.#pool = batchSize * checkCount('BucketSampler', 'batchesPerPool', batchesPerPool)
  }
  get length(): number { return this.#lengths.length }
  order(epoch: number, seed: number): ArrayLike<number> {
    const shuffled = permutation(this.length, seed, epoch)
    const batches: Uint32Array[] = []
    for (let from = 0; from < shuffled.length; from += this.#pool) {
      const pool = shuffled.slice(from, from + this.#pool).sort((a, b) => this.#lengths[a] - this.#lengths[b] || a - b)
      for (let at = 0; at < pool.length; at += this.#batch) batches.push(pool.subarray(at, at + this.#batch))
    }
    // the one that may be smaller stays last, so that the others stay whole
    const whole = batches.filter(b => b.length === this.#batch)
    const rest = batches.filter(b => b.length < this.#batch)
    const order = permutation(whole.length, anyOther(seed), epoch)
    return Uint32Array.from([...Array.from(order, i => whole[i]), ...rest].flatMap(b => [...b]))
  }
}

/** Another seed that follows from one. */
const anyOther = (seed: number): number => new Random(seed, 1).integer(2 ** 32)
