/** @file Texts that are nearly the same: MinHash (Broder, "On the resemblance and containment of documents", 1997). */
import { DataError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'

export interface NearDuplicateOptions {
  /** Share of common shingles from which two texts count as one, their Jaccard index |A ∩ B| / |A ∪ B|; 0.8. */
  threshold?: number
  /** Words of a shingle; 3. */
  shingle?: number
}

/** Hashes of a signature. */
const hashes = 64
/** The chance with which a pair just at the threshold may go unseen. */
const missed = 1e-3

/**
 * For each text the index of the first one that it nearly equals, its own if there is none before it: what is kept are
 * the texts where the two are the same.
 *
 * @remarks Case, punctuation and the digits of a number do not count; a text is the set of its runs of `shingle` words.
 * Pairs are found by MinHash and then compared exactly, so that none is reported that is less alike than the threshold;
 * one that is may go unseen, with a chance below 0.001. Time grows with the length of the texts, not its square.
 * @throws DataError for a threshold that is not above 0 and at most 1, or a shingle below 1
 * @example
 * const texts = ['Win 1000 dollars now', 'win 9999 dollars now!', 'See you at noon']
 * data.nearDuplicates(texts)   // [0, 0, 2]
 */
export function nearDuplicates(texts: readonly string[], options: NearDuplicateOptions = {}): number[] {
  checkOptions('nearDuplicates', options, { threshold: true, shingle: true })
  const { threshold = 0.8, shingle = 3 } = options
  if (!(threshold > 0 && threshold <= 1))
    throw new DataError(`nearDuplicates: threshold is ${threshold}: expected a number above 0, at most 1`)
  if (!Number.isInteger(shingle) || shingle < 1)
    throw new DataError(`nearDuplicates: shingle is ${shingle}: expected a whole number from 1 up`)
  const sets = texts.map(text => shinglesOf(text, shingle))
  const rows = rowsOfBand(threshold)
  const buckets = new Map<string, number[]>()
  return sets.map((set, i) => {
    const keys = bandsOf(signatureOf(set), rows)
    const candidates = new Set(keys.flatMap(key => buckets.get(key) ?? []))
    const first = [...candidates].sort((a, b) => a - b).find(j => isNear(set, sets[j], threshold))
    if (first !== undefined) return first
    for (const key of keys) {
      const bucket = buckets.get(key)
      if (bucket) bucket.push(i)
      else buckets.set(key, [i])
    }
    return i
  })
}

/** Hashes of the runs of `n` words; of all words, where they are fewer. */
function shinglesOf(text: string, n: number): Set<number> {
  const words = Array.from(text.toLowerCase().replace(/\d+/g, '0').match(/[\p{L}\p{M}0]+/gu) ?? [], hashOf)
  const out = new Set<number>()
  for (let i = 0; i === 0 || i + n <= words.length; i++) {
    let h = 0
    for (let k = i; k < Math.min(i + n, words.length); k++) h = mixed(h ^ words[k])
    out.add(h)
  }
  return out
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
function signatureOf(set: ReadonlySet<number>): Int32Array {
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

function isNear(a: ReadonlySet<number>, b: ReadonlySet<number>, threshold: number): boolean {
  // as alike as that only sets of about one size can be
  if (Math.min(a.size, b.size) < threshold * Math.max(a.size, b.size)) return false
  let common = 0
  for (const shingle of a) if (b.has(shingle)) common++
  return common / (a.size + b.size - common) >= threshold
}
