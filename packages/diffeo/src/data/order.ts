/** @file The order of the examples in one epoch. */
import { DataError } from '../util/errors.ts'
import { permutation } from './random.ts'
import type { Sampler } from './samplers.ts'

/** Draws of one example in one epoch lie so far apart: they meet no other epoch's. */
const apart = 2 ** 32

export class EpochOrder {
  readonly #length: number
  readonly #epoch: number
  /** null: one after the other. */
  readonly #order: ArrayLike<number> | null
  /** null: each example is drawn once. */
  readonly #draws: Float64Array | null

  constructor(
    length: number,
    { shuffle, sampler }: { readonly shuffle: boolean; readonly sampler?: Sampler },
    epoch: number,
    seed: number,
  ) {
    this.#epoch = epoch
    this.#order = sampler ? sampler.order(epoch, seed) : shuffle ? permutation(length, seed, epoch) : null
    this.#length = this.#order?.length ?? length
    this.#draws = sampler ? drawsOf(this.#order!, epoch, length) : null
    if (sampler && this.#length !== sampler.length)
      throw new DataError(`DataLoader: the sampler says ${sampler.length} examples, its order has ${this.#length}`)
  }

  /** The indices of places `from` to `to`, with the number of the draw of each. */
  part(from: number, to: number): { indices: number[]; draws: number[] } {
    const places = Array.from({ length: Math.min(to, this.#length) - from }, (_, i) => from + i)
    return {
      indices: this.#order ? places.map(i => this.#order![i]) : places,
      draws: places.map(i => this.#draws?.[i] ?? this.#epoch),
    }
  }
}

/** What is drawn twice in an epoch is augmented in two ways. */
function drawsOf(order: ArrayLike<number>, epoch: number, length: number): Float64Array {
  const times = new Uint32Array(length)
  return Float64Array.from(order, index => {
    if (!Number.isInteger(index) || index < 0 || index >= length)
      throw new DataError(`DataLoader: the sampler gives example ${index}: there are ${length}`)
    return epoch + apart * times[index]++
  })
}
