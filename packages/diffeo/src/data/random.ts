/**
 * @file The random streams of loaders, splits and transforms: counter-based, so that epoch e of seed s is the same
 * whenever and wherever it is drawn, and no draw of the model's random numbers moves it.
 */
import { randomState } from '../tensor/internal.ts'
import { DataError } from '../util/errors.ts'

/** murmur3's finalizer: each bit of the input changes each bit of the output half of the time. */
function mix(x: number): number {
  let h = x
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** What sets the stream (seed, stream) apart from others. */
const keyOf = (seed: number, stream: number): number =>
  mix(mix(seed >>> 0) ^ Math.floor(seed / 2 ** 32) ^ Math.imul(stream + 1, 0x9e3779b9))
const bitsOf = (key: number, counter: number): number =>
  mix(mix(counter ^ key) + Math.imul(counter, 0x9e3779b9) + key)

/** uint32 number `counter` of the stream (seed, stream). */
export const bitsAt = (seed: number, stream: number, counter: number): number => bitsOf(keyOf(seed, stream), counter)

/** 53 random bits as a fraction in [0, 1). */
const fraction = (high: number, low: number): number => (high * 2 ** 21 + (low >>> 11)) / 2 ** 53

/** 0 … n − 1 in the random order of the stream: Fisher and Yates, with 53 bits a draw. */
export function permutation(n: number, seed: number, stream: number): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i)
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(fraction(bitsAt(seed, stream, 2 * i), bitsAt(seed, stream, 2 * i + 1)) * (i + 1))
    const other = order[j]
    order[j] = order[i]
    order[i] = other
  }
  return order
}

/**
 * Random numbers that follow from a few whole numbers alone: what is drawn for example 7 of epoch 2 is the same in
 * whichever worker, and in whatever order, it is drawn.
 * @example new data.Random(seed, epoch, index).next()   // in [0, 1)
 */
export class Random {
  readonly #key: number
  #counter = 0

  constructor(seed: number, ...path: readonly number[]) {
    // the parts of a number above 32 bits count too
    this.#key = path.reduce((key, p) => mix(keyOf(key, p >>> 0) ^ Math.floor(p / 2 ** 32)), keyOf(seed, 0))
  }

  /** In [0, 1). */
  next(): number { return fraction(bitsOf(this.#key, this.#counter++), bitsOf(this.#key, this.#counter++)) }
  /** In [low, high). */
  uniform(low: number, high: number): number { return low + (high - low) * this.next() }
  /** A whole number of 0 … n − 1. */
  integer(n: number): number { return Math.floor(this.next() * n) }
  /** True with probability p. */
  chance(p: number): boolean { return this.next() < p }
  /** Of mean 0 and deviation 1 (Box and Muller). */
  normal(): number { return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next()) }
  /** n of them, two from each two numbers of 32 bits: many at once are faster. */
  normals(n: number): Float32Array {
    const out = new Float32Array(n)
    for (let i = 0; i < n; i += 2) {
      const radius = Math.sqrt(-2 * Math.log((bitsOf(this.#key, this.#counter++) + 1) / 2 ** 32))
      const turn = 2 * Math.PI * bitsOf(this.#key, this.#counter++) / 2 ** 32
      out[i] = radius * Math.cos(turn)
      if (i + 1 < n) out[i + 1] = radius * Math.sin(turn)
    }
    return out
  }
  /** Of density ∝ x^(a−1) (1 − x)^(b−1), from two gammas. */
  beta(a: number, b: number): number {
    const x = this.gamma(a)
    const y = this.gamma(b)
    return x + y === 0 ? 0.5 : x / (x + y)
  }
  /** Of density ∝ x^(a−1) e^(−x) (Marsaglia and Tsang, 2000). */
  gamma(a: number): number {
    if (a < 1) return this.gamma(a + 1) * (1 - this.next()) ** (1 / a)
    const d = a - 1 / 3
    const c = 1 / Math.sqrt(9 * d)
    for (;;) {
      const x = this.normal()
      const v = (1 + c * x) ** 3
      if (v > 0 && Math.log(1 - this.next()) < x * x / 2 + d - d * v + d * Math.log(v)) return d * v
    }
  }
}

/** A seed that follows from the library's random state, which it leaves as it is: `seed(0)` fixes orders too. */
export function anySeed(): number {
  const { key, counter } = randomState()
  return mix(key[0] ^ mix(counter ^ key[1]))
}
export function checkSeed(what: string, seed: number): number {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new DataError(`${what}: seed is ${seed}: expected a whole number from 0 up`)
  return seed
}
