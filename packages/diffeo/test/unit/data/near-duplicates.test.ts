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

  test('none is reported that comparing each with each does not find, and few of those go unseen', () => {
    const random = new Random(1)
    const base = Array.from({ length: 20 }, (_, i) => words(`${'abcdefghijklmnopqrst'[i]}`, 60))
    const texts = Array.from({ length: 200 }, () => base[random.integer(20)].map(w => (random.chance(0.03) ? 'z' : w)))
    const shingles = texts.map(t => new Set(t.slice(2).map((w, i) => `${t[i]} ${t[i + 1]} ${w}`)))
    const alike = (a: Set<string>, b: Set<string>): number => {
      const common = [...a].filter(s => b.has(s)).length
      return common / (a.size + b.size - common)
    }
    const found = nearDuplicates(texts.map(t => t.join(' ')), { threshold: 0.7 })
    let missed = 0
    found.forEach((first, i) => {
      if (first !== i) expect(alike(shingles[first], shingles[i])).toBeGreaterThanOrEqual(0.7)
      const kept = found.flatMap((f, j) => (f === j && j < i ? [j] : []))
      const exact = kept.find(j => alike(shingles[j], shingles[i]) >= 0.7) ?? i
      if (exact !== first) missed++
    })
    expect(found.filter((f, i) => f !== i).length).toBeGreaterThan(20)
    expect(missed).toBe(0)
  })

  test('texts of fewer words than a shingle, and of none, are compared whole', () => {
    expect(nearDuplicates(['hi', 'hi', 'ho', '', '!'])).toEqual([0, 0, 2, 3, 3])
    expect(nearDuplicates(['a b c', 'a b d'], { shingle: 1, threshold: 0.5 })).toEqual([0, 0])
    expect(nearDuplicates([])).toEqual([])
  })

  test('options that cannot be are refused', () => {
    expect(() => nearDuplicates([], { threshold: 0 })).toThrow(DataError)
    expect(() => nearDuplicates([], { shingle: 0 })).toThrow(/shingle is 0/)
    expect(() => nearDuplicates([], { treshold: 1 } as never)).toThrow(DiffeoError)
  })
})
