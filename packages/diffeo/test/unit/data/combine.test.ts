import { describe, expect, test } from 'vitest'
import './setup.ts'
import * as data from '../../../src/data/index.ts'
import { DataError } from '../../../src/util/errors.ts'

const numbers = (n: number, from = 0): data.Dataset<number> => ({ length: n, get: i => from + i })
const later = (n: number): data.Dataset<number> => ({ length: n, get: async i => i * 10 })
const all = async <B>(loader: AsyncIterable<B>): Promise<B[]> => {
  const found: B[] = []
  for await (const batch of loader) found.push(batch)
  return found
}

test('one after the other, and side by side', async () => {
  const joined = new data.ConcatDataset(numbers(2), numbers(0), numbers(3, 10))
  expect(Array.from({ length: joined.length }, (_, i) => joined.get(i))).toEqual([0, 1, 10, 11, 12])
  expect(() => joined.get(5)).toThrow('there is no example 5: there are 5')
  const pairs = new data.StackDataset(numbers(2), later(2))
  expect(await pairs.get(1)).toEqual([1, 10])
  expect(() => new data.StackDataset(numbers(2), numbers(3))).toThrow('data set 1 has 3 examples, data set 0 has 2')
})

test('a transform sees its own random numbers: by seed, index and epoch', async () => {
  const noise = (seed: number): data.TransformDataset<number, number> =>
    new data.TransformDataset(numbers(3), (x, random) => x + random.next(), { seed })
  const set = noise(1)
  expect(set.get(1, 0)).toBe(noise(1).get(1, 0))
  expect(new Set([set.get(1, 0), set.get(1, 1), set.get(2, 0) as number - 1, noise(2).get(1, 0)]).size).toBe(4)
  const loader = new data.DataLoader(new data.Subset(set, [2, 0]), { batchSize: 2 })
  const [a] = await all(loader)
  const [b] = await all(loader)
  expect([...a.dataSync()]).toEqual([set.get(2, 0), set.get(0, 0)].map(x => Math.fround(x as number)))
  expect([...b.dataSync()]).toEqual([set.get(2, 1), set.get(0, 1)].map(x => Math.fround(x as number)))
  expect(await new data.TransformDataset(later(2), x => x + 1).get(1)).toBe(11)
})

test('a cache loads each example once, and again what failed', async () => {
  let loads = 0
  const cache = new data.CacheDataset<number>({
    length: 2,
    get: async i => {
      loads++
      if (loads === 1) throw new Error('not yet')
      return i
    },
  })
  await expect(cache.get(0)).rejects.toThrow('not yet')
  expect([await cache.get(0), await cache.get(0), await cache.get(1)]).toEqual([0, 0, 1])
  expect(loads).toBe(3)
})

describe('Random', () => {
  test('moments of its distributions', () => {
    const moments = (draw: (r: data.Random) => number): [number, number] => {
      const random = new data.Random(5, 1)
      const xs = Array.from({ length: 20000 }, () => draw(random))
      const mean = xs.reduce((a, b) => a + b) / xs.length
      return [mean, xs.reduce((s, x) => s + (x - mean) ** 2, 0) / xs.length]
    }
    // within 4 standard errors
    const near = ([mean, variance]: [number, number], m: number, v: number): void => {
      expect(Math.abs(mean - m)).toBeLessThan(4 * Math.sqrt(v / 20000))
      expect(Math.abs(variance / v - 1)).toBeLessThan(0.1)
    }
    near(moments(r => r.next()), 0.5, 1 / 12)
    near(moments(r => r.normal()), 0, 1)
    near(moments(r => r.gamma(2.5)), 2.5, 2.5)
    near(moments(r => r.gamma(0.5)), 0.5, 0.5)
    near(moments(r => r.beta(2, 3)), 0.4, 0.04)
    near(moments(r => r.integer(3)), 1, 2 / 3)
  })
  test('streams of neighbours do not follow each other', () => {
    const first = Array.from({ length: 2000 }, (_, i) => new data.Random(0, 0, i).next())
    const mean = first.reduce((a, b) => a + b) / 2000
    const pairs = first.slice(1).reduce((s, x, i) => s + (x - mean) * (first[i] - mean), 0) / 1999
    // a correlation of 4/√2000 would be 4 deviations
    expect(Math.abs(pairs * 12)).toBeLessThan(4 / Math.sqrt(2000))
    expect(new Set(first).size).toBe(2000)
    expect(new data.Random(0, 1).next()).not.toBe(new data.Random(0, 1 + 2 ** 32).next())
  })
})

describe('ShuffleBuffer', () => {
  const stream = { async* [Symbol.asyncIterator]() { for (let i = 0; i < 20; i++) yield i } }
  const order = async (loader: data.DataLoader<number>): Promise<number[]> =>
    (await all(loader)).flatMap(b => [...b.dataSync()])
  test('every example once, another order each epoch, the same for a seed', async () => {
    const make = (): data.DataLoader<number> =>
      new data.DataLoader<number>(new data.ShuffleBuffer(stream, { size: 5 }), { batchSize: 3, seed: 1 })
    const loader = make()
    const [first, second] = [await order(loader), await order(loader)]
    expect([...first].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i))
    expect(first.slice(0, 3).every(i => i < 8)).toBe(true)
    expect(second).not.toEqual(first)
    const resumed = make()
    resumed.loadState({ seed: 1, epoch: 1, examples: 6 })
    expect(await order(resumed)).toEqual(second.slice(6))
  })
  test('error', () => { expect(() => new data.ShuffleBuffer(stream, { size: 0 })).toThrow(DataError) })
})

describe('streams', () => {
  /** Counts what was asked of it. */
  const slow = (counts: { made: number; closed: boolean }): AsyncIterable<number> => ({
    async* [Symbol.asyncIterator]() {
      try {
        for (let i = 0; i < 12; i++) {
          counts.made++
          yield i
        }
      } finally {
        counts.closed = true
      }
    },
  })
  test('are read ahead, no further than was asked for, and closed after break', async () => {
    const counts = { made: 0, closed: false }
    const loader = new data.DataLoader<number>(slow(counts), { batchSize: 2, prefetch: 2 })
    for await (const x of loader) {
      await new Promise(resolve => { setTimeout(resolve, 5) })
      expect([...x.dataSync()]).toEqual([0, 1])
      expect(counts.made).toBe(6)
      break
    }
    expect(counts.closed).toBe(true)
    expect((await all(loader)).flatMap(b => [...b.dataSync()])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  })
  test('an error comes after the batches before it', async () => {
    const seen: number[] = []
    const broken = { async* [Symbol.asyncIterator]() { yield 1; yield 2; throw new Error('cut off') } }
    await expect((async () => {
      for await (const x of new data.DataLoader<number>(broken)) seen.push(x.dataSync()[0])
    })()).rejects.toThrow('cut off')
    expect(seen).toEqual([1, 2])
  })
  test('cannot leave examples out', () => {
    expect(() => new data.DataLoader<number>(new Set([1]), { onError: 'skip' })).toThrow(
      "onError: 'skip' needs examples by number",
    )
  })
})

describe('examples that cannot be loaded', () => {
  const bad: data.Dataset<number> = {
    length: 6, get: async i => { if (i === 1 || i >= 4) throw new Error(`file ${i} is bad`); return i },
  }
  test('are left out and counted, if that is asked for', async () => {
    const loader = new data.DataLoader(bad, { batchSize: 2, onError: 'skip' })
    expect((await all(loader)).map(b => [...b.dataSync()])).toEqual([[0], [2, 3]])
    expect(loader.skippedCount).toBe(3)
    expect(loader.skipped.map(s => `${s.index} ${s.error.message}`)).toEqual(
      ['1 file 1 is bad', '4 file 4 is bad', '5 file 5 is bad'])
  })
  test('all of them: an error', async () => {
    const loader = new data.DataLoader(new data.Subset(bad, [1, 4]), { onError: 'skip' })
    await expect(all(loader)).rejects.toThrow('no example could be loaded; the last, 1: file 4 is bad')
  })
  test('of a data set that is not asynchronous', async () => {
    const set: data.Dataset<number> = { length: 2, get: i => { if (i === 0) throw new DataError('no'); return i } }
    expect((await all(new data.DataLoader(set, { batchSize: 2, onError: 'skip' })))[0].shape).toEqual([1])
    await expect(all(new data.DataLoader(set, { batchSize: 2 }))).rejects.toThrow('no')
  })
})

describe('collate on the host', () => {
  test('arrays with shapes', () => {
    const image = (v: number): data.NdArray => ({ data: new Float32Array(6).fill(v), shape: [1, 2, 3] })
    const [x, y] = data.collate([[image(1), 0], [image(2), 1]] as [data.NdArray, number][], { labels: 'int32' })
    expect([x.shape, y.dtype, x.arraySync<number[][][][]>()[1][0][1][2]]).toEqual([[2, 1, 2, 3], 'int32', 2])
    expect(data.collate([{ data: Uint8Array.of(1), shape: [1], dtype: 'bool' as const }]).dtype).toBe('bool')
    expect(data.collate([Buffer.from([1, 2])]).arraySync()).toEqual([[1, 2]])
  })
  const bad: [string, readonly unknown[], string][] = [
    [
      'shapes',
      [
        { data: new Uint8Array(4), shape: [2, 2] },
        { data: new Uint8Array(4), shape: [4] },
      ],
      'is [2,2] in one example, [4] in another',
    ],
    ['kinds', [1, '2'], 'an example is a number in one example, string in another'],
    ['null', [{ a: 1 }, null], 'null in another'],
    ['a label that is none', [[0, 0.5]], 'part 1 of an example is 0.5: a class label is a whole number'],
  ]
  for (const [name, examples, message] of bad)
    test(`error: ${name}`, () => expect(() => data.collate(examples, { labels: 'int32' })).toThrow(message))
})
