/** @file Texts that are nearly the same. */
import { describe, expect, test } from 'vitest'
import { nearDuplicates, Random } from '../../../src/data/index.ts'
import { DataError, DiffeoError } from '../../../src/util/errors.ts'

/** A text of words that no other has. */
const words = (name: string, n: number): string[] =>
  Array.from({ length: n }, (_, i) => `${name}${'abcdefghij'[i % 10]}${'klmnopqrst'[Math.floor(i / 10) % 10]}`)

describe('nearDuplicates', () => {
  test('case, punctuation and numbers do not count; the first of a group stands for it', () => {
    const texts = ['Win 1000 dollars now', 'See you at noon', 'win 9999 dollars, now!', 'WIN 5 DOLLARS NOW']
    expect(nearDuplicates(texts)).toEqual([0, 1, 0, 0])
  })

  test('the share of common shingles decides: J = (n − changed)/(n + changed)', () => {
    const text = words('x', 102)
    // a changed last word changes one of 100 shingles of three, a changed one within changes three
    const changed = (places: readonly number[]): string =>
      text.map((w, i) => (places.includes(i) ? 'other' : w)).join(' ')
    const all = text.join(' ')
    // 91 of 109 are common, J = 0.835
    expect(nearDuplicates([all, changed([10, 40, 70])])).toEqual([0, 0])
    // 88 of 112, J = 0.786
    expect(nearDuplicates([all, changed([10, 40, 70, 90])])).toEqual([0, 1])
    expect(nearDuplicates([all, changed([10, 40, 70, 90])], { threshold: 0.75 })).toEqual([0, 0])
  })

  test('groups are those of comparing each with each', () => {
    const random = new Random(1)
    const base = Array.from({ length: 20 }, (_, i) => words(`${'abcdefghijklmnopqrst'[i]}`, 60))
    const texts = Array.from({ length: 200 }, () => base[random.integer(20)].map(w => (random.chance(0.03) ? 'z' : w)))
    const shingles = texts.map(t => new Set(t.slice(2).map((w, i) => `${t[i]} ${t[i + 1]} ${w}`)))
    const alike = (a: Set<string>, b: Set<string>): number => {
      const common = [...a].filter(s => b.has(s)).length
      return common / (a.size + b.size - common)
    }
    const exact = texts.map((_, i) => i)
    shingles.forEach((a, i) => shingles.slice(0, i).forEach((b, j) => {
      const [from, to] = [Math.max(exact[i], exact[j]), Math.min(exact[i], exact[j])]
      if (alike(a, b) >= 0.7) exact.forEach((g, k) => { if (g === from) exact[k] = to })
    }))
    expect(new Set(exact).size).toBeLessThan(150)
    expect(nearDuplicates(texts.map(t => t.join(' ')), { threshold: 0.7 })).toEqual(exact)
  })

  test('a chain is one group, also where its ends are unlike, and in whatever order it comes', () => {
    const text = words('x', 60)
    const [a, b, c] = [0, 4, 8].map(k => text.slice(k, k + 45).join(' '))
    // 39 of 47 are common, then 35 of 51
    expect(nearDuplicates([a, c])).toEqual([0, 1])
    expect(nearDuplicates([a, b, c])).toEqual([0, 0, 0])
    expect(nearDuplicates([a, 'another', c, b])).toEqual([0, 1, 0, 0])
  })

  /** Pairs of texts of 100 words with `common` in common, shingles of one word. */
  const pairs = (count: number, common: number): string[] =>
    Array.from({ length: count }, (_, i) => ['a', 'b'].map(side => Array.from({ length: 100 }, (_, k) =>
      `${k < common ? 'c' : side}${i.toString(36)}${k.toString(36)}`.replace(/\d/g, d => 'αβγδεζηθικ'[Number(d)]),
    ).join(' '))).flat()
  const atThreshold = [[0.8, 89], [0.5, 67], [0.2, 34], [0.11, 20]] as const
  test.each(atThreshold)('few pairs at the threshold %f go unseen', (threshold, common) => {
    const found = nearDuplicates(pairs(400, common), { threshold, shingle: 1 })
    expect(found.filter((first, i) => i % 2 === 1 && first !== i - 1).length).toBeLessThanOrEqual(3)
  })

  test('texts that are a little less alike than asked for: no more than some of them are compared', () => {
    const shared = words('s', 50)
    const texts = (n: number): string[] => Array.from({ length: n }, (_, i) =>
      [...shared, ...words(`${String.fromCodePoint(0x4e00 + i)}`, 15)].join(' '))
    const time = (n: number): number => {
      const all = texts(n)
      const start = performance.now()
      expect(new Set(nearDuplicates(all)).size).toBe(n)
      return performance.now() - start
    }
    time(200)
    expect(time(3200)).toBeLessThan(9 * time(800) + 50)
  })

  test('texts of fewer words than a shingle, and of none, are compared whole', () => {
    expect(nearDuplicates(['hi', 'hi', 'ho', '', '!'])).toEqual([0, 0, 2, 3, 3])
    expect(nearDuplicates(['a b c', 'a b d'], { shingle: 1, threshold: 0.5 })).toEqual([0, 0])
    expect(nearDuplicates([])).toEqual([])
  })

  test('options that cannot be are refused', () => {
    expect(() => nearDuplicates([], { threshold: 0.1 })).toThrow(DataError)
    expect(() => nearDuplicates([], { threshold: 0.1 })).toThrow(/threshold is 0\.1: expected a number from 0\.11 to 1/)
    expect(() => nearDuplicates([], { shingle: 0 })).toThrow(/shingle is 0/)
    expect(() => nearDuplicates([], { treshold: 1 } as never)).toThrow(DiffeoError)
  })
})
