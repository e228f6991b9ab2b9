/** @file A split that keeps the share of each class, the same at every run. */

/** Numbers in [0, 1), the same for a seed on every machine (mulberry32). */
export function generator(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

export function shuffle<T>(list: T[], random: () => number): T[] {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[list[i], list[j]] = [list[j], list[i]]
  }
  return list
}

/** Indices of `testCount` examples to test, and of the others, shares of the classes kept (by largest remainders). */
export function stratifiedSplit(
  labels: ArrayLike<number>,
  testCount: number,
  seed: number,
): { train: number[]; test: number[] } {
  const random = generator(seed)
  const classes = new Map<number, number[]>()
  for (let i = 0; i < labels.length; i++) {
    const group = classes.get(labels[i])
    if (group) group.push(i)
    else classes.set(labels[i], [i])
  }
  const groups = [...classes].sort(([a], [b]) => a - b).map(([, indices]) => shuffle(indices, random))
  const exact = groups.map(g => (g.length * testCount) / labels.length)
  const counts = exact.map(Math.floor)
  const byRemainder = exact.map((e, i) => [e - counts[i], i]).sort(([a, i], [b, j]) => b - a || i - j)
  const missing = testCount - counts.reduce((a, b) => a + b, 0)
  for (const [, i] of byRemainder.slice(0, missing)) counts[i]++
  const test = groups.flatMap((g, i) => g.slice(0, counts[i]))
  const train = groups.flatMap((g, i) => g.slice(counts[i]))
  return { train: shuffle(train, random), test: shuffle(test, random) }
}
