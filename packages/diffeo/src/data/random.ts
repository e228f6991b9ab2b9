/**
 * @file The random streams of loaders and splits: counter-based, so that epoch e of seed s is the same whenever and
 * wherever it is drawn, and no draw of the model's random numbers moves it.
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

/** uint32 number `counter` of the stream (seed, stream). */
export function bitsAt(seed: number, stream: number, counter: number): number {
  const key = mix(mix(seed >>> 0) ^ Math.floor(seed / 2 ** 32) ^ Math.imul(stream + 1, 0x9e3779b9))
  return mix(mix(counter ^ key) + Math.imul(counter, 0x9e3779b9) + key)
}

/** 0 … n − 1 in the random order of the stream: Fisher and Yates, with 53 bits a draw. */
export function permutation(n: number, seed: number, stream: number): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i)
  for (let i = n - 1; i > 0; i--) {
    const u = (bitsAt(seed, stream, 2 * i) * 2 ** 21 + (bitsAt(seed, stream, 2 * i + 1) >>> 11)) / 2 ** 53
    const j = Math.floor(u * (i + 1))
    const other = order[j]
    order[j] = order[i]
    order[i] = other
  }
  return order
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
