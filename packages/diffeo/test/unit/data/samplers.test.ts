import { describe, expect, test } from 'vitest'
import './setup.ts'
import * as data from '../../../src/data/index.ts'
import { DataError } from '../../../src/util/errors.ts'

const numbers = (n: number): data.Dataset<number> => ({ length: n, get: i => i })
const order = async (loader: data.DataLoader<number>): Promise<number[]> => {
  const found: number[] = []
  for await (const batch of loader) found.push(...batch.dataSync())
  return found
}

describe('random samplers', () => {
  test('draw with and without replacement, another time each epoch', () => {
    const some = new data.RandomSampler(100, { numSamples: 30 })
    const first = Array.from(some.order(0, 1))
    expect(new Set(first).size).toBe(30)
    expect(Array.from(some.order(0, 1))).toEqual(first)
    expect(Array.from(some.order(1, 1))).not.toEqual(first)
    const more = Array.from(new data.RandomSampler(10, { numSamples: 1000, replacement: true }).order(0, 1))
    expect(more).toHaveLength(1000)
    // 100 ± 4 deviations of √(1000 · 0.1 · 0.9)
    for (let i = 0; i < 10; i++) expect(Math.abs(more.filter(x => x === i).length - 100)).toBeLessThan(38)
  })
  test('of some examples', () => {
    const sampler = new data.SubsetRandomSampler([3, 5, 8])
    expect(Array.from(sampler.order(0, 4)).sort()).toEqual([3, 5, 8])
  })
})

describe('WeightedRandomSampler', () => {
  test('draws in proportion, never what weighs nothing', () => {
    const drawn = Array.from(new data.WeightedRandomSampler([1, 0, 3], 4000).order(0, 7))
    expect(drawn.includes(1)).toBe(false)
    // 3000 ± 4 deviations of √(4000 · ¾ · ¼)
    expect(Math.abs(drawn.filter(x => x === 2).length - 3000)).toBeLessThan(110)
  })
  test('without replacement each is drawn once, the first in proportion', () => {
    const firsts = Array.from({ length: 3000 }, (_, epoch) => {
      const drawn = Array.from(new data.WeightedRandomSampler([1, 2, 0, 1], 3, { replacement: false }).order(epoch, 5))
      expect([...drawn].sort()).toEqual([0, 1, 3])
      return drawn[0]
    })
    // 1500 ± 4 deviations of √(3000 · ½ · ½)
    expect(Math.abs(firsts.filter(x => x === 1).length - 1500)).toBeLessThan(110)
  })
  test('what is drawn twice is augmented in two ways, the same at each run', async () => {
    const set = new data.TransformDataset(numbers(2), (x, random) => x + random.next() / 2, { seed: 3 })
    const make = (): data.DataLoader<number> => new data.DataLoader(set, {
      batchSize: 4, sampler: new data.WeightedRandomSampler([1, 0], 8), seed: 0,
    })
    const loader = make()
    const epochs = [...await order(loader), ...await order(loader)]
    expect(new Set(epochs).size).toBe(16)
    expect(await order(make())).toEqual(epochs.slice(0, 8))
  })
})

describe('DistributedSampler', () => {
  const parts = (n: number, options: Partial<data.DistributedOptions>, epoch = 0): number[][] =>
    [0, 1, 2].map(rank => Array.from(new data.DistributedSampler(n, { rank, replicas: 3, ...options }).order(epoch)))
  test('each process has its own part, of one size', () => {
    const found = parts(9, {})
    expect(found.flat().sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    expect(parts(9, {}, 1)).not.toEqual(found)
  })
  test('what does not divide is given twice, or left out', () => {
    expect(parts(7, { shuffle: false })).toEqual([[0, 3, 6], [1, 4, 0], [2, 5, 1]])
    expect(parts(7, { shuffle: false, dropLast: true })).toEqual([[0, 3], [1, 4], [2, 5]])
  })
})

test('BucketSampler: batches of like length, every example once, the small batch last', () => {
  const lengths = Array.from({ length: 103 }, (_, i) => (i * 37) % 50)
  const found = Array.from(new data.BucketSampler(lengths, { batchSize: 10, batchesPerPool: 20 }).order(0, 2))
  expect([...found].sort((a, b) => a - b)).toEqual(lengths.map((_, i) => i))
  for (let at = 0; at < 100; at += 10) {
    const own = found.slice(at, at + 10).map(i => lengths[i])
    expect(Math.max(...own) - Math.min(...own)).toBeLessThanOrEqual(6)
  }
  expect(Array.from(new data.BucketSampler(lengths, { batchSize: 10 }).order(1, 2))).not.toEqual(found)
})

describe('in a loader', () => {
  test('the sampler gives length and order; resuming in the middle goes on exactly', async () => {
    const make = (): data.DataLoader<number> => new data.DataLoader(numbers(10), {
      batchSize: 2, sampler: new data.RandomSampler(10, { numSamples: 25, replacement: true }), seed: 9,
    })
    const whole = make()
    expect(whole.length).toBe(13)
    const expected = await order(whole)
    const stopped = make()
    let state: data.LoaderState | null = null
    for await (const _ of stopped) {
      state = stopped.state()
      if (state.examples === 10) break
    }
    const resumed = make()
    resumed.loadState(state!)
    expect(await order(resumed)).toEqual(expected.slice(10))
  })
  const bad: [string, () => unknown, string][] = [
    [
      'both orders',
      () => new data.DataLoader(numbers(2), { shuffle: true, sampler: new data.RandomSampler(2) }),
      'shuffle and sampler both',
    ],
    ['too many', () => new data.RandomSampler(2, { numSamples: 3 }), '3 of 2 examples cannot be drawn without'],
    ['negative weight', () => new data.WeightedRandomSampler([1, -1], 2), 'weight 1 is -1'],
    ['no weight', () => new data.WeightedRandomSampler([0, 0], 2), 'the weights sum to 0'],
    ['few weights', () => new data.WeightedRandomSampler([0, 1], 2, { replacement: false }), '1 have a weight'],
    ['rank', () => new data.DistributedSampler(4, { rank: 2, replicas: 2 }), 'rank is 2 of 2 replicas'],
    [
      'iterable',
      () => new data.DataLoader<number>(new Set([1]), { sampler: new data.RandomSampler(1) }),
      'a sampler needs examples by number',
    ],
  ]
  for (const [name, run, message] of bad) {
    test(`error: ${name}`, () => {
      expect(run).toThrow(DataError)
      expect(run).toThrow(message)
    })
  }
  test('error: an index that is not there', async () => {
    const loader = new data.DataLoader(numbers(2), { sampler: { length: 1, order: () => [2] } })
    await expect(order(loader)).rejects.toThrow('the sampler gives example 2: there are 2')
  })
})
