/** @file Learning the merges of byte-pair encoding: counts of pairs are kept up, not counted anew. */

interface Piece { ids: number[]; readonly count: number }
/** A pair as one number: tokens are fewer than 2²⁶. */
const shift = 2 ** 26
interface Entry { readonly pair: number; readonly count: number }
/** The more frequent first; of equals the one of earlier tokens. */
const before = (a: Entry, b: Entry): boolean => a.count > b.count || (a.count === b.count && a.pair < b.pair)

class Heap {
  readonly #entries: Entry[] = []
  push(entry: Entry): void {
    const all = this.#entries
    let i = all.push(entry) - 1
    for (let up = (i - 1) >> 1; i > 0 && before(all[i], all[up]); up = (i - 1) >> 1) {
      ;[all[i], all[up]] = [all[up], all[i]]
      i = up
    }
  }
  pop(): Entry | undefined {
    const all = this.#entries
    const [top] = all
    const last = all.pop()
    if (all.length === 0 || !last) return top
    all[0] = last
    for (let i = 0;;) {
      let best = i
      for (const child of [2 * i + 1, 2 * i + 2]) if (child < all.length && before(all[child], all[best])) best = child
      if (best === i) return top
      ;[all[i], all[best]] = [all[best], all[i]]
      i = best
    }
  }
}

/** Joins the most frequent pair, `wanted` times or until none is seen `minCount` times. */
export function learnMerges(pieces: readonly Piece[], wanted: number, minCount: number): [number, number][] {
  const counts = new Map<number, number>()
  const where = new Map<number, Set<Piece>>()
  const heap = new Heap()
  const add = (piece: Piece, sign: 1 | -1, touched: Set<number>): void => {
    for (let i = 0; i + 1 < piece.ids.length; i++) {
      const pair = piece.ids[i] * shift + piece.ids[i + 1]
      counts.set(pair, (counts.get(pair) ?? 0) + sign * piece.count)
      if (sign > 0) {
        const set = where.get(pair)
        if (set) set.add(piece)
        else where.set(pair, new Set([piece]))
      }
      touched.add(pair)
    }
  }
  const refresh = (touched: Set<number>): void => {
    for (const pair of touched) heap.push({ pair, count: counts.get(pair)! })
  }
  const all = new Set<number>()
  for (const piece of pieces) add(piece, 1, all)
  refresh(all)
  const merges: [number, number][] = []
  while (merges.length < wanted) {
    const top = heap.pop()
    if (!top || top.count < minCount) break
    // an entry whose count has changed since is another's
    if (counts.get(top.pair) !== top.count) continue
    const [a, b] = [Math.floor(top.pair / shift), top.pair % shift]
    const made = 256 + merges.length
    merges.push([a, b])
    const touched = new Set<number>()
    for (const piece of where.get(top.pair)!) {
      add(piece, -1, touched)
      piece.ids = joined(piece.ids, a, b, made)
      add(piece, 1, touched)
    }
    counts.delete(top.pair)
    touched.delete(top.pair)
    refresh(touched)
  }
  return merges
}

function joined(ids: readonly number[], a: number, b: number, made: number): number[] {
  const out: number[] = []
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] === a && ids[i + 1] === b) {
      out.push(made)
      i++
    } else {
      out.push(ids[i])
    }
  }
  return out
}
