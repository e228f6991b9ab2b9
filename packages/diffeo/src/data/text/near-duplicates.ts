/** @file Texts that are nearly the same: MinHash (Broder, "On the resemblance and containment of documents", 1997). */
import { DataError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'

export interface NearDuplicateOptions {
  /**
   * Share of common shingles from which two texts count as one, their Jaccard index |A ∩ B| / |A ∪ B|: 0.11 to 1; 0.8.
   */
  threshold?: number
  /** Words of a shingle; 3. */
  shingle?: number
}

/** Hashes of a signature. */
const hashes = 64
/** The chance with which a pair just at the threshold may share no bucket. */
const missed = 1e-3
/** With 64 hashes, each a band of its own, 1 − (1 − t)^64 is 1 − `missed` at t = 0.102. */
const leastThreshold = 0.11
/** Texts of a bucket that a new one is compared with, those that came last. */
const mostCompared = 32

/**
 * Groups of texts that are nearly equal: for each text the index of the first of its group, its own if it is the first.
 * What is kept are the texts where the two are the same; as `groups` of a split they keep a group on one side.
 *
 * @remarks Case, punctuation and the digits of a number do not count; a text is the set of its runs of `shingle` words.
 * A group goes from one to the next: each text in it nearly equals another one, not all others. Pairs are found by
 * MinHash and then compared exactly, so that none is joined that is less alike than the threshold. One that is goes
 * unseen with a chance below 0.001, more where texts that are a little less alike come in great number: of each bucket
 * that it falls into a text is compared with the last 32. So time grows with the length of the texts, not its square.
 * @throws DataError for a threshold below 0.11, which 64 hashes cannot serve, or above 1, or a shingle below 1
 * @example
 * const texts = ['Win 1000 dollars now', 'win 9999 dollars now!', 'See you at noon']
 * data.nearDuplicates(texts)   // [0, 0, 2]
 */
export function nearDuplicates(texts: readonly string[], options: NearDuplicateOptions = {}): number[] {
  checkOptions('nearDuplicates', options, { threshold: true, shingle: true })
  const { threshold = 0.8, shingle = 3 } = options
  if (!(threshold >= leastThreshold && threshold <= 1))
    throw new DataError(`nearDuplicates: threshold is ${threshold}: expected a number from ${leastThreshold} to 1`)
  if (!Number.isInteger(shingle) || shingle < 1)
    throw new DataError(`nearDuplicates: shingle is ${shingle}: expected a whole number from 1 up`)
  const sets = texts.map(text => shinglesOf(text, shingle))
  const rows = rowsOfBand(threshold)
  const buckets = new Map<string, number[]>()
  const groups = new Groups(texts.length)
  sets.forEach((set, i) => {
    const compared = new Set<number>()
    for (const key of bandsOf(signatureOf(set), rows)) {
      const bucket = buckets.get(key) ?? []
      buckets.set(key, bucket)
      for (const j of bucket) {
        if (compared.has(j) || groups.first(i) === groups.first(j)) continue
        compared.add(j)
        if (isNear(set, sets[j], threshold)) groups.join(i, j)
      }
      bucket.push(i)
      if (bucket.length > mostCompared) bucket.shift()
    }
  })
  return texts.map((_, i) => groups.first(i))
}

/** Numbers in groups that can be joined (union by the lower one, with path halving; Tarjan and van Leeuwen, 1984). */
class Groups {
  readonly #before: Int32Array

  constructor(length: number) { this.#before = Int32Array.from({ length }, (_, i) => i) }

  /** The least of the group of `i`. */
  first(i: number): number {
    const before = this.#before
    while (before[i] !== i) i = before[i] = before[before[i]]
    return i
  }
  join(i: number, j: number): void {
    const [a, b] = [this.first(i), this.first(j)]
    this.#before[Math.max(a, b)] = Math.min(a, b)
  }
}

/** Hashes of the runs of `n` words, each once and in order; of all words, where they are fewer. */
function shinglesOf(text: string, n: number): Int32Array {
  const words = Array.from(text.toLowerCase().replace(/\d+/g, '0').match(/[\p{L}\p{M}0]+/gu) ?? [], hashOf)
  const out = new Set<number>()
  for (let i = 0; i === 0 || i + n <= words.length; i++) {
    let h = 0
    for (let k = i; k < Math.min(i + n, words.length); k++) h = mixed(h ^ words[k])
    out.add(h | 0)
  }
  return Int32Array.from(out).sort()
}

/** FNV-1a over UTF-16 units. */
function hashOf(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h
}

/**
 * murmur3's finalizer, and one that is not kept at 0: each bit of the input changes each bit of the output half of the
 * time.
 */
function mixed(x: number): number {
  let h = x + 0x9e3779b9
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

const factors = Int32Array.from({ length: hashes }, (_, k) => mixed(2 * k) | 1)
const offsets = Int32Array.from({ length: hashes }, (_, k) => mixed(2 * k + 1))

/**
 * The least value of each function a·x + b over the set: two signatures agree at a place with the chance of the Jaccard
 * index.
 */
function signatureOf(set: Int32Array): Int32Array {
  const least = new Int32Array(hashes).fill(0x7fffffff)
  for (const shingle of set) {
    for (let k = 0; k < hashes; k++) {
      const h = (Math.imul(shingle, factors[k]) + offsets[k]) | 0
      if (h < least[k]) least[k] = h
    }
  }
  return least
}

/** A pair at the threshold t shares one of 64/r bands of r rows with the chance 1 − (1 − tʳ)^(64/r). */
const rowsOfBand = (t: number): number => [16, 8, 4, 2].find(r => (1 - t ** r) ** (hashes / r) < missed) ?? 1

const bandsOf = (signature: Int32Array, rows: number): string[] =>
  Array.from(
    { length: hashes / rows },
    (_, band) => `${band} ${signature.subarray(band * rows, (band + 1) * rows).join()}`,
  )

/** Two sorted sets: through both at once, and no further than as many are unlike as may be. */
function isNear(a: Int32Array, b: Int32Array, threshold: number): boolean {
  // common / (|a| + |b| − common) ≥ threshold
  const least = threshold * (a.length + b.length) / (1 + threshold)
  let [i, j, common] = [0, 0, 0]
  while (common + Math.min(a.length - i, b.length - j) >= least - 1 && i < a.length && j < b.length) {
    const [x, y] = [a[i], b[j]]
    if (x === y) common++
    if (x <= y) i++
    if (y <= x) j++
  }
  return common / (a.length + b.length - common) >= threshold
}
