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
  const placed: number[] = []
  let total = 0
  for (const i of order) {
    const size = rounded(lives[i].bytes)
    const busy = placed.filter(j => lives[j].first <= lives[i].last && lives[i].first <= lives[j].last)
      .map(j => [offsets[j], offsets[j] + rounded(lives[j].bytes)] as const).sort((a, b) => a[0] - b[0])
    let at = 0
    for (const [from, to] of busy) {
      if (at + size <= from) break
      at = Math.max(at, to)
    }
    offsets[i] = at
    placed.push(i)
    total = Math.max(total, at + size)
  }
  return { offsets, bytes: total }
}

/** 64-byte lines, and one line more for large ones, so that equal sizes do not meet in the same cache sets. */
const rounded = (bytes: number): number => Math.ceil(bytes / 64) * 64 + (bytes >= 4096 ? 64 : 0)
