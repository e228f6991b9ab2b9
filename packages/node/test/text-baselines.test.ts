/** @file The baselines of texts against what can be worked out by hand. */
import { describe, expect, test } from 'vitest'
import { data, DataError } from 'diffeo'
import { baselines, datasets } from '../src/index.ts'

const rowOf = (...values: number[]): baselines.SparseRow => {
  const ids = Int32Array.from(values.flatMap((v, i) => (v === 0 ? [] : [i])))
  return { ids, values: Float64Array.from(ids, i => values[i]) }
}

describe('TfIdf', () => {
  const texts = [['a', 'b', 'a'], ['a', 'c'], ['a', 'b']]

  test('the formulas of scikit-learn', () => {
    const tfIdf = baselines.TfIdf.fit(texts)
    // c stands in one text alone
    expect(tfIdf.vocabulary.tokens).toEqual(['a', 'b'])
    const [a, b] = [(1 + Math.log(2)) * (1 + Math.log(4 / 4)), 1 + Math.log(4 / 3)]
    const { ids, values } = tfIdf.row(texts[0])
    expect([...ids]).toEqual([0, 1])
    expect(values[0]).toBeCloseTo(a / Math.hypot(a, b), 12)
    expect(values[1]).toBeCloseTo(b / Math.hypot(a, b), 12)
    expect(tfIdf.row(['z']).ids).toHaveLength(0)
  })

  test('what it was fitted to is saved, and read again', () => {
    const tfIdf = baselines.TfIdf.fit(texts, { n: 2 })
    const again = baselines.TfIdf.fromStateDict(tfIdf.stateDict())
    for (const text of [...texts, ['b', 'a', 'z']]) expect(again.row(text)).toEqual(tfIdf.row(text))
    expect(() => baselines.TfIdf.fromStateDict(tfIdf.vocabulary.stateDict())).toThrow(
      /must have idf for 3 words, and n/,
    )
  })

  test('runs of words', () => {
    expect(baselines.TfIdf.fit([['a', 'b'], ['a', 'b']], { n: 2 }).vocabulary.tokens).toEqual(['a', 'a b', 'b'])
  })
})

describe('two classes', () => {
  test('naive Bayes: the log of the odds by counts', () => {
    const rows = [rowOf(2, 0), rowOf(1, 1), rowOf(0, 3)]
    const model = new baselines.NaiveBayes(rows, [0, 0, 1], { size: 2, alpha: 1 })
    // class 0: words 3 + 1 and 1 + 1 of 6, class 1: 0 + 1 and 3 + 1 of 5
    expect(model.score(rowOf(1, 2))).toBeCloseTo(
      Math.log(1 / 2) + Math.log(1 / 5 / (4 / 6)) + 2 * Math.log(4 / 5 / (2 / 6)),
      12,
    )
    expect(() => new baselines.NaiveBayes(rows, [0, 0, 0], { size: 2 })).toThrow(DataError)
    expect(() => new baselines.NaiveBayes(rows, [0, 0, 1], { size: 2, alpha: 0 })).toThrow(/alpha is 0/)
  })

  test('logistic regression: the gradient is 0 where it ends', () => {
    const random = new data.Random(4)
    const rows = Array.from({ length: 60 }, () =>
      rowOf(random.normal(), random.normal(), random.chance(0.5) ? random.normal() : 0),
    )
    const labels = rows.map(r => Number(r.values[0] + 0.5 * random.normal() > 0.2))
    const c = 3
    const model = new baselines.LogisticRegression(rows, labels, { size: 3, c, tolerance: 1e-10 })
    const bias = model.score(rowOf(0, 0, 0))
    const weights = [0, 1, 2].map(i => model.score(rowOf(...[0, 1, 2].map(k => Number(k === i)))) - bias)
    const gradient = [...weights, 0]
    rows.forEach((row, i) => {
      const wrong = 1 / (1 + Math.exp(-model.score(row))) - labels[i]
      row.ids.forEach((id, k) => { gradient[id] += c * wrong * row.values[k] })
      gradient[3] += c * wrong
    })
    for (const g of gradient) expect(Math.abs(g)).toBeLessThan(1e-6)
    expect(Math.hypot(...weights)).toBeGreaterThan(0.5)
    expect(() => new baselines.LogisticRegression(rows, labels, { size: 3, c: 0 })).toThrow(/c is 0/)
    expect(() => new baselines.LogisticRegression([], [], { size: 3 })).toThrow(DataError)
  })

  test('tuned: takes the setting that is best on a part of the rows, and trains with it on all', () => {
    const rows = Array.from({ length: 50 }, (_, i) => rowOf(i % 2, 1))
    const labels = Int32Array.from(rows, (_, i) => i % 2)
    const seen: [count: number, setting: number][] = []
    const { setting, scores } = baselines.tuned(rows, labels, [-1, 1, 2], (r, _l, sign) => {
      seen.push([r.length, sign])
      return { score: row => sign * (row.ids.length - 1.5) }
    })
    expect(setting).toBe(1)
    expect(seen).toEqual([[40, -1], [40, 1], [40, 2], [50, 1]])
    expect([...scores(rows.slice(0, 2))]).toEqual([-0.5, 0.5])
  })

  test('byWords: both tell texts apart by a word', () => {
    const texts = Array.from({ length: 40 }, (_, i) => [i % 2 ? 'cheap' : 'lunch', `w${i % 5}`, 'the'])
    const labels = Int32Array.from(texts, (_, i) => i % 2)
    const tfIdf = baselines.TfIdf.fit(texts)
    const test = {
      words: [
        ['cheap', 'the'],
        ['lunch', 'new'],
      ],
      labels: Int32Array.of(1, 0),
    }
    const all = { accuracy: 1, f1: 1 }
    expect(baselines.byWords(tfIdf, { words: texts, labels }, test)).toEqual({
      'naive Bayes': all,
      'logistic regression': all,
    })
    // one hit, one spam missed: F1 = 2/(2 + 1)
    const turned = { ...test, labels: Int32Array.of(1, 1) }
    const half = { accuracy: 0.5, f1: 2 / 3 }
    expect(baselines.byWords(tfIdf, { words: texts, labels }, turned)['naive Bayes']).toEqual(half)
  })

  test('padRows: ids and weights of one length', () => {
    const [ids, weights] = baselines.padRows([rowOf(0, 2, 3), rowOf(1, 0, 0), rowOf(1, 2, 3)], 2)
    expect([...ids.data]).toEqual([1, 2, 0, 0, 0, 1])
    expect([...weights.data]).toEqual([2, 3, 1, 0, 1, 2])
    expect(weights.shape).toEqual([3, 2])
  })
})

describe('NGram', () => {
  const ids = [0, 1, 0, 1, 2, 0, 1, 0, 2, 2, 1, 0, 0, 1, 2]

  test('probabilities add up to 1, behind known contexts and unknown ones', () => {
    const model = new baselines.NGram(ids, { order: 3, size: 4 })
    for (const context of [[], [0], [0, 1], [2, 2], [3, 3], [1, 3], [2, 0, 1]]) {
      const p = [0, 1, 2, 3].map(id => model.probability(context, id))
      expect(p.reduce((a, b) => a + b)).toBeCloseTo(1, 12)
      expect(Math.min(...p)).toBeGreaterThan(0)
    }
  })

  test('an order of one is the counts, smoothed; only the last tokens of a context count', () => {
    const one = new baselines.NGram([0, 0, 0, 0, 0, 1, 1], { order: 1, size: 2 })
    // no token is seen once or twice but 1: D1 = ½, D2 = ½, D3 = ½ taken from each count
    expect(one.probability([], 0)).toBeCloseTo((5 - 0.5 + (0.5 + 0.5) / 2) / 7, 12)
    const two = new baselines.NGram(ids, { order: 2, size: 3 })
    expect(two.probability([0, 1, 2, 0], 1)).toBe(two.probability([0], 1))
  })

  test('Kneser-Ney: a token behind one other alone is unlikely elsewhere, however often it is seen', () => {
    // 3 only ever follows 2; 1 follows 0, 1, 2 and 4
    const text = [2, 3, 2, 3, 2, 3, 2, 3, 0, 1, 1, 4, 1, 2, 1, 0]
    const model = new baselines.NGram(text, { order: 2, size: 6 })
    expect(model.probability([5], 1)).toBeGreaterThan(model.probability([5], 3))
  })

  test('bits are the mean of −log₂ p', () => {
    const model = new baselines.NGram(ids, { order: 2, size: 3 })
    const p = [model.probability([], 1), model.probability([1], 2), model.probability([2], 0)]
    expect(model.bits([1, 2, 0])).toBeCloseTo(-p.reduce((s, x) => s + Math.log2(x), 0) / 3, 12)
    expect(() => new baselines.NGram([0], { order: 2, size: 3 })).toThrow(DataError)
    expect(() => new baselines.NGram(ids, { order: 40, size: 3 })).toThrow(/order is 40/)
  })
})

test('NGram: of a text that repeats, the bits that the formula gives', () => {
  // pairs 01 (4 times), 10 (3): all discounts are ½; 0 stands behind one token, 1 behind one
  const model = new baselines.NGram([0, 1, 0, 1, 0, 1, 0, 1], { order: 2, size: 2 })
  const single = (1 - 0.5) / 2 + (0.5 * 2) / 2 / 2
  const pairs = [(4 - 0.5 + 0.5 * single) / 4, (3 - 0.5 + 0.5 * single) / 3]
  const text = [0, 1, 0, 1, 0]
  const bits = -[single, pairs[0], pairs[1], pairs[0], pairs[1]].map(Math.log2).reduce((a, b) => a + b) / 5
  expect(model.bits(text)).toBeCloseTo(bits, 12)
  expect(model.bits(text, { from: 1, to: 3 })).toBeCloseTo(-(Math.log2(pairs[0]) + Math.log2(pairs[1])) / 2, 12)
})

test('bestOrder: long enough for what repeats, and no longer', () => {
  const random = new data.Random(0)
  const coins = Array.from({ length: 4000 }, () => random.integer(2))
  // each token is the one two before it, turned nine times of ten: three tokens tell all that can be told
  const ids = coins.slice(0, 2)
  for (let i = 2; i < 4000; i++) ids.push(random.next() < 0.9 ? 1 - ids[i - 2] : ids[i - 2])
  expect(baselines.bestOrder(ids.slice(0, 3000), ids.slice(3000), [1, 2, 3, 8], 2)).toBe(3)
  expect(baselines.bestOrder(coins.slice(0, 3000), coins.slice(3000), [1, 9], 2)).toBe(1)
})

test('tuned: with groups, no setting is tried on a group that it was trained on', () => {
  const rows = Array.from({ length: 40 }, (_, i) => ({ ids: Int32Array.of(i), values: Float64Array.of(1) }))
  const groups = Int32Array.from(rows, (_, i) => i >> 2)
  const trained: number[][] = []
  baselines.tuned(rows, new Int32Array(40), [0], known => {
    trained.push(known.map(row => groups[row.ids[0]]))
    return { score: () => 0 }
  }, groups)
  // of each group that is trained on all four
  expect(trained.map(of => of.length)).toEqual([32, 40])
  expect(new Set(trained[0]).size).toBe(8)
})

test('dateRules: what is written in numbers, ordinals and words', () => {
  const rules = baselines.dateRules([
    { text: 'mar., 4 mai 1998', iso: '1998-05-04' }, { text: 'mar 5, 1998', iso: '1998-03-05' },
    { text: 'the sixth of may 1999', iso: '1999-05-06' }, { text: 'mar., 7 avr 2000', iso: '2000-04-07' },
  ])
  const written: readonly (readonly [text: string, iso: string])[] = [
    ['18.5.2052', '2052-05-18'], ['mar., 12 mai 2001', '2001-05-12'], ['Mar 31, 1950', '1950-03-31'],
    ['the twenty-first of may 1998', '1998-05-21'], ['may the sixteenth, 2003', '2003-05-16'],
    ['may 3rd, 1925', '1925-05-03'], ['the first of may 1901', '1901-05-01'],
  ]
  for (const [text, iso] of written) expect(rules(text), text).toBe(iso)
})

test('dateRules: every date that is made, by months of others', () => {
  const dates = datasets.writtenDates({ count: 6000, seed: 3 })
  const rules = baselines.dateRules(dates.slice(0, 5000))
  expect(dates.slice(5000).filter(d => rules(d.text) !== d.iso)).toEqual([])
})

test('dateRules: numbers as they stand, the month by the words', () => {
  const date = baselines.dateRules([
    { text: '4 mai 1998', iso: '1998-05-04' },
    { text: '5 may 1998', iso: '1998-05-05' },
  ])
  expect(date('lundi 7 mai 2001')).toBe('2001-05-07')
  expect(date('may 12, 1950')).toBe('1950-05-12')
})
