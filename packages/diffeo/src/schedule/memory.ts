/** @file Lifetimes to offsets: where each temporary of a program lies in the arena. */

export interface Lifetime {
  readonly bytes: number
  /** Calls between which it is needed, both included. */
  readonly first: number
  readonly last: number
}

/** Greedy by size: the largest first, each at the lowest offset that is free during its life. */
export function planArena(lives: readonly Lifetime[]): { offsets: number[]; bytes: number } {
  const order = lives
    .map((_, i) => i)
    .sort((a, b) => lives[b].bytes - lives[a].bytes || lives[a].first - lives[b].first)
  const offsets = new Array<number>(lives.length).fill(0)
  const ends = new Array<number>(lives.length).fill(0)
  /** By offset, so that the search ends at the first gap that is wide enough. */
  const placed: number[] = []
  let total = 0
  for (const i of order) {
    const { bytes, first, last } = lives[i]
    const size = rounded(bytes)
    let at = 0
    let next = 0
    for (; next < placed.length; next++) {
      const j = placed[next]
      if (offsets[j] >= at + size) break
      const other = lives[j]
      if (ends[j] > at && other.first <= last && first <= other.last) at = ends[j]
    }
    offsets[i] = at
    ends[i] = at + size
    while (next > 0 && offsets[placed[next - 1]] > at) next--
    placed.splice(next, 0, i)
    total = Math.max(total, at + size)
  }
  return { offsets, bytes: total }
}

/** 64-byte lines, and one line more for large ones, so that equal sizes do not meet in the same cache sets. */
const rounded = (bytes: number): number => Math.ceil(bytes / 64) * 64 + (bytes >= 4096 ? 64 : 0)
