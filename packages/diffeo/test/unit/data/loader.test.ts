/** @file What a loader takes, how it goes on in the middle of an epoch, and what it says of what it does not take. */
import { describe, expect, expectTypeOf, test } from 'vitest'
import './setup.ts'
import * as data from '../../../src/data/index.ts'
import { zeros, type Tensor } from '../../../src/tensor/index.ts'
import { DataError } from '../../../src/util/errors.ts'

const all = async <B>(loader: AsyncIterable<B>): Promise<B[]> => {
  const found: B[] = []
  for await (const batch of loader) found.push(batch)
  return found
}
const numbers = (n: number): data.Dataset<number> => ({ length: n, get: i => i })
const order = async (loader: AsyncIterable<Tensor>): Promise<number[][]> =>
  (await all(loader)).map(b => [...b.dataSync()])
/** What TypeScript would refuse. */
const js = (x: unknown): any => x

describe('goes on with another batch size: no example is lost, none is seen twice', () => {
  const kinds: [
    string,
    () => data.Dataset<number> | data.IterableDataset<number>,
    data.LoaderOptions<number, Tensor>,
  ][] = [
    ['by number', () => numbers(23), { shuffle: true }],
    ['by a sampler', () => numbers(23), { sampler: new data.SubsetRandomSampler([...Array(23).keys()]) }],
    ['iterated', () => new Set(Array(23).keys()), {}],
    ['iterated in another way each epoch', () => new data.ShuffleBuffer([...Array(23).keys()], { size: 7 }), {}],
  ]
  for (const [name, source, options] of kinds) {
    test.each([[3, 8], [8, 3], [5, 1], [4, 40]])(`${name}: %d, then %d`, async (before, after) => {
      const make = (batchSize: number, seed: number) =>
        new data.DataLoader<number>(js(source()), js({ ...options, batchSize, seed }))
      const whole = (await order(make(1, 2))).flat()
      const first = make(before, 2)
      const seen: number[] = []
      let state = first.state()
      for await (const batch of first) {
        seen.push(...batch.dataSync())
        state = first.state()
        if (seen.length === 2 * before) break
      }
      const second = make(after, 9)
      second.loadState(JSON.parse(JSON.stringify(state)))
      for await (const batch of second) seen.push(...batch.dataSync())
      expect(seen).toEqual(whole)
      expect(second.state()).toEqual({ seed: 2, epoch: 1, examples: 0 })
    })
  }
  test('small last batches are left out, and examples that fail count', async () => {
    const set: data.Dataset<number> = { length: 10, get: i => { if (i === 1) throw new Error('bad'); return i } }
    const first = new data.DataLoader(set, { batchSize: 3, onError: 'skip' })
    let state = first.state()
    for await (const _ of first) { state = first.state(); break }
    expect(state.examples).toBe(3)
    const second = new data.DataLoader(set, { batchSize: 4, dropLast: true })
    second.loadState(state)
    expect(await order(second)).toEqual([[3, 4, 5, 6]])
  })
  test('states of before, which counted batches, are still read', async () => {
    const loader = new data.DataLoader(numbers(7), { batchSize: 3 })
    loader.loadState({ seed: 0, epoch: 2, position: 2 })
    expect(loader.state()).toEqual({ seed: 0, epoch: 2, examples: 6 })
    expect(await order(loader)).toEqual([[6]])
    loader.loadState({ seed: 0, epoch: 2, position: 3 })
    expect(await order(loader)).toEqual([])
  })
  test('a state of a larger data set is refused', () => {
    const loader = new data.DataLoader(numbers(7), { batchSize: 3 })
    expect(() => loader.loadState({ seed: 0, epoch: 0, examples: 8 })).toThrow(
      "8 examples of the epoch were handed out, and this loader's has 7")
    expect(() => loader.loadState(js({ seed: 0, epoch: 0 }))).toThrow('examples is undefined')
  })
})

describe('what it takes', () => {
  test('arrays, of which each element is an example, in order or shuffled', async () => {
    const array = Array.from({ length: 9 }, (_, i) => i)
    const loader = new data.DataLoader(array, { batchSize: 4, shuffle: true, seed: 1 })
    expect(loader.length).toBe(3)
    const found = (await order(loader)).flat()
    expect(found).not.toEqual(array)
    expect([...found].sort()).toEqual(array)
    expect(await order(new data.DataLoader<number>(Float32Array.of(5, 6), { sampler: [1, 0, 1] }))).toEqual(
      [[6], [5], [6]])
    expect(await order(new data.DataLoader(new data.TransformDataset(array, i => i * 2), { batchSize: 9 }))).toEqual([
      [0, 2, 4, 6, 8, 10, 12, 14, 16],
    ])
    expect(await order(new data.DataLoader(new data.ConcatDataset([1, 2], numbers(2)), { batchSize: 9 }))).toEqual(
      [[1, 2, 0, 1]])
  })
  test('an array of indices as the order of each epoch', async () => {
    const loader = new data.DataLoader(numbers(4), { sampler: [3, 1, 2], batchSize: 2 })
    expect(loader.length).toBe(2)
    expect([await order(loader), await order(loader)]).toEqual([[[3, 1], [2]], [[3, 1], [2]]])
  })
  test('arrays that a collate returns become tensors', async () => {
    const set: data.Dataset<number[]> = { length: 3, get: i => Array.from({ length: i + 1 }, () => i) }
    const loader = new data.DataLoader(set, {
      batchSize: 3,
      collate: rows => ({ ...data.padSequences(rows), name: 'x', sizes: [{ data: Int32Array.of(1), shape: [1] }] }),
    })
    for await (const batch of loader) {
      expectTypeOf(batch.ids).toEqualTypeOf<Tensor>()
      expect(batch.ids.arraySync()).toEqual([[0, 0, 0], [1, 1, 0], [2, 2, 2]])
      expect([batch.mask.dtype, batch.name, batch.sizes[0].dtype]).toEqual(['bool', 'x', 'int32'])
    }
    const later = new data.DataLoader(numbers(1), {
      collate: async () => [{ data: Int32Array.of(4), shape: [1] }, zeros([2])] as const,
    })
    const [[x, y]] = await all(later)
    expectTypeOf(x).toEqualTypeOf<Tensor>()
    expect([x.arraySync(), y.shape]).toEqual([[4], [2]])
  })
  test('labels by key; BigInts', async () => {
    const set = { length: 2, get: (i: number) => ({ x: [i, 0], y: i, id: i }) }
    const [batch] = await all(new data.DataLoader(set, { batchSize: 2, labels: { y: 'int32' } }))
    expect([batch.y.dtype, batch.id.dtype]).toEqual(['int32', 'float32'])
    expect(data.collate([[zeros([1]), { kind: 3 }]] as [Tensor, { kind: number }][], { labels: { kind: 'int32' } })[1])
      .toMatchObject({ kind: { dtype: 'int32' } })
    expect(data.collate([4, 5], { labels: 'int32' }).dtype).toBe('int32')
    expect(data.collate([[[1], 2n], [[2], 3n]] as [number[], bigint][])[1].arraySync()).toEqual([2, 3])
    expect(data.collate([{ x: 1n }]).x.dtype).toBe('int32')
  })
})

describe('what it does not take', () => {
  const objects = (labels: unknown) => () => data.collate([{ x: [1], y: 2 }], js({ labels }))
  const loader = (set: unknown, options: unknown = {}) => () => new data.DataLoader(js(set), js(options))
  const cases: [string, () => unknown, string][] = [
    ['labels of an object', objects('int32'), "keys of an example, x, y, none is 'label': name it, as in labels: { y:"],
    ['a key that is not there', objects({ z: 'int32' }), "labels names the key 'z', an example has the keys x, y"],
    ['keys of a tuple', () => data.collate([[1, 2]], { labels: { y: 'int32' } }), 'part 1 of an example is no object'],
    ['int64', objects('int64'), "labels is the text 'int64': expected 'int32' or 'float32' (there is no int64"],
    ['int64 of a loader', loader(numbers(1), { labels: 'int64' }), 'DataLoader: labels is the text'],
    ['int64 by key', objects({ y: 'int64' }), "labels gives the text 'int64'"],
    ['a BigInt that does not fit', () => data.collate([2n ** 40n]), 'an example is 1099511627776n: a BigInt becomes'],
    ['a length that is a function', loader({ length: () => 10, get: () => 1 }), 'has a length that is a function'],
    ['a length of NaN', loader({ length: NaN, get: () => 1 }), 'has a length that is NaN: write a whole number'],
    ['a table', loader(data.parseCsv('a\n1')), 'is a Table: new data.TensorDataset(table.tensor('],
    ['a number', loader(5), 'the data set is 5: it has neither length and get(i)'],
    ['a sampler of another kind', loader(numbers(3), { sampler: new Set([1]) }), 'the sampler is a Set with no order'],
    ['a sampler without length', loader(numbers(3), { sampler: { length: () => 1, order: () => [1] } }),
      'a length that is a function: expected { length, order(epoch, seed) }'],
    ['an index', loader(numbers(3), { sampler: [0, 3] }), 'the sampler gives example 3: there are 3'],
    ['no index', loader(numbers(3), { sampler: [] }), 'an array without indices'],
    ['a collate', loader(numbers(3), { collate: 'x' }), "collate is the text 'x'"],
    [
      'a data set of a transform',
      () => new data.TransformDataset(js(3), x => x),
      'TransformDataset: the data set is 3',
    ],
    ['what is iterated', () => new data.Subset(js(new Set([1])), [0]), 'examples by number are needed'],
    ['a length of a subset', () => new data.Subset(js({ length: () => 3, get: () => 1 }), [0]), 'that is a function'],
  ]
  test.each(cases)('%s', (_, call, message) => {
    expect(call).toThrow(DataError)
    expect(call).toThrow(message)
  })
  test('labels of a data set that makes its own batches: they are what they are, which is said', async () => {
    const x = zeros([2, 3])
    const run = (y: Tensor) => all(new data.DataLoader(new data.TensorDataset(x, y), { labels: 'int32' }))
    await expect(run(zeros([2]))).rejects.toThrow('whose last part is float32: make it of whole numbers')
    expect((await run(zeros([2], { dtype: 'int32' })))[0][1].dtype).toBe('int32')
    expect((await run(zeros([2, 3])))[0][1].shape).toEqual([1, 3])
  })
  test('what a data set throws names the example', async () => {
    const bad = (get: (i: number) => any): data.Dataset<number> => ({ length: 5, get: i => (i === 3 ? get(i) : i) })
    const cause = new TypeError('x is undefined')
    for (const get of [() => { throw cause }, () => Promise.reject(cause)]) {
      const run = order(new data.DataLoader(bad(get), { batchSize: 5 }))
      await expect(run).rejects.toThrow('DataLoader: example 3: x is undefined')
      await expect(run).rejects.toMatchObject({ cause })
    }
  })
})
