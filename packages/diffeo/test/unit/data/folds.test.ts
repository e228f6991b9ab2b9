import { describe, expect, test } from 'vitest'
import './setup.ts'
import * as data from '../../../src/data/index.ts'
import { tensor } from '../../../src/tensor/index.ts'
import { DataError } from '../../../src/util/errors.ts'

const tests = (folds: readonly data.Fold[]): number[][] => folds.map(f => [...f.test])
const pairs = (folds: readonly data.Fold[]): number[][][] => folds.map(f => [[...f.train], [...f.test]])
/** Every example is tested once, and never where it is trained on. */
function whole(folds: readonly data.Fold[], n: number): void {
  expect(tests(folds).flat().sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i))
  for (const { train, test } of folds) expect(new Set([...train, ...test]).size).toBe(n)
}

// the lists are those of scikit-learn 1.9.1
describe('kFold', () => {
  test('in order', () => { expect(tests(data.kFold(8, { folds: 3 }))).toEqual([[0, 1, 2], [3, 4, 5], [6, 7]]) })
  test('stratified', () => {
    const classes = [0, 1, 1, 0, 2, 2, 1, 0, 2, 1, 0, 2, 2]
    expect(tests(data.kFold(13, { folds: 3, stratify: classes }))).toEqual(
      [[0, 1, 3, 4, 5], [2, 6, 7, 8], [9, 10, 11, 12]])
    const shuffled = data.kFold(classes, { folds: 4, stratify: tensor(classes), shuffle: true, seed: 1 })
    whole(shuffled, 13)
    for (const { test } of shuffled) expect(new Set([...test].map(i => classes[i])).size).toBe(3)
  })
  test('grouped', () => {
    const groups = [1, 1, 1, 2, 2, 3, 3, 3, 3, 4, 5, 5]
    expect(tests(data.kFold(12, { folds: 3, groups }))).toEqual([[5, 6, 7, 8], [0, 1, 2, 9], [3, 4, 10, 11]])
    for (const { train, test } of data.kFold(12, { folds: 3, groups, shuffle: true, seed: 2 }))
      expect([...test].some(i => [...train].some(j => groups[i] === groups[j]))).toBe(false)
  })
  test('shuffled by a seed', () => {
    const folds = data.kFold(20, { folds: 4, shuffle: true, seed: 3 })
    whole(folds, 20)
    expect(pairs(data.kFold(20, { folds: 4, shuffle: true, seed: 3 }))).toEqual(pairs(folds))
    expect(tests(folds)[0]).not.toEqual([0, 1, 2, 3, 4])
  })
})

test('timeSeriesSplit trains on what was before', () => {
  expect(pairs(data.timeSeriesSplit(11, { folds: 3, gap: 1, maxTrainSize: 4 }))).toEqual(
    [[[0, 1, 2, 3], [5, 6]], [[2, 3, 4, 5], [7, 8]], [[4, 5, 6, 7], [9, 10]]])
  expect(pairs(data.timeSeriesSplit(7, { folds: 2, testSize: 2 }))).toEqual(
    [[[0, 1, 2], [3, 4]], [[0, 1, 2, 3, 4], [5, 6]]])
})

test('randomSplit: by shares or sizes, nothing lost', () => {
  const set: data.Dataset<number> = { length: 10, get: i => i }
  const parts = data.randomSplit(set, [0.5, 0.25, 0.25], { seed: 0 })
  expect(parts.map(p => p.length)).toEqual([5, 3, 2])
  const examples = parts.flatMap(p => Array.from({ length: p.length }, (_, i) => p.get(i) as number))
  expect(examples.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(data.randomSplit(set, [7, 3]).map(p => p.length)).toEqual([7, 3])
})

describe('trainTestSplit', () => {
  test('no group is in both parts', () => {
    const groups = [...'aabbbccddd']
    for (let seed = 0; seed < 20; seed++) {
      const [train, held] = data.trainTestSplit(groups, { groups, testSize: 0.3, seed })
      expect(train.some(g => held.includes(g))).toBe(false)
      expect(held.length).toBeGreaterThan(1)
      expect(held.length).toBeLessThanOrEqual(3)
    }
    expect(data.trainTestSplit([...'aaab'], { groups: [...'aaab'], testSize: 1, seed: 0 })[1]).toEqual(['b'])
  })
  test('by time the latest are tested', () => {
    expect(data.trainTestSplit([5, 1, 4, 2, 3], { time: [5, 1, 4, 2, 3], testSize: 2 })).toEqual([[1, 2, 3], [5, 4]])
  })
  test('fifty thousand in classes take no time that grows with their square', () => {
    const classes = Int32Array.from({ length: 50_000 }, (_, i) => i % 2)
    expect(data.trainTestSplit([...classes], { stratify: classes, seed: 0 })[1]).toHaveLength(12_500)
  })
})

describe('errors', () => {
  const bad: [string, () => unknown, string][] = [
    ['folds', () => data.kFold(3, { folds: 4 }), 'folds is 4: expected a whole number from 2 to the 3 examples'],
    ['rare class', () => data.kFold(4, { folds: 2, stratify: ['a', 'b', 'b', 'b'] }), 'class a has 1 examples'],
    ['few groups', () => data.kFold(3, { folds: 3, groups: [1, 1, 2] }), 'there are 2 groups, fewer than 3 folds'],
    ['both', () => data.kFold(2, { folds: 2, groups: [1, 2], stratify: [1, 2] }), 'two ways to split'],
    ['nothing to train on', () => data.timeSeriesSplit(4, { folds: 2, testSize: 2 }), 'leave nothing of 4 examples'],
    ['gap', () => data.timeSeriesSplit(9, { gap: -1 }), 'gap is -1'],
    ['parts', () => data.randomSplit({ length: 3, get: i => i }, [2, 2]), 'make up neither 1 nor the 3 examples'],
    ['one group', () => data.trainTestSplit([1, 2], { groups: [1, 1], testSize: 1 }), 'all examples are of one group'],
    [
      'two rules',
      () => data.trainTestSplit([1, 2], { groups: [1, 2], time: [1, 2], testSize: 1 }),
      'groups and time are two ways',
    ],
    [
      'shuffled time',
      () => data.trainTestSplit([1, 2], { time: [1, 2], shuffle: true, testSize: 1 }),
      'leave shuffle out',
    ],
    ['no time', () => data.trainTestSplit([1, 2], { time: [1, NaN], testSize: 1 }), 'the time of example 1 is NaN'],
  ]
  for (const [name, run, message] of bad) {
    test(name, () => {
      expect(run).toThrow(DataError)
      expect(run).toThrow(message)
    })
  }
})
