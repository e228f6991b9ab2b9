import { describe, expect, expectTypeOf, test } from 'vitest'
import './setup.ts'
import * as data from '../../../src/data/index.ts'
import { arange, tensor, zeros, type Tensor } from '../../../src/tensor/index.ts'
import { DataError, ShapeError } from '../../../src/util/errors.ts'

const all = async <B>(loader: AsyncIterable<B>): Promise<B[]> => {
  const found: B[] = []
  for await (const batch of loader) found.push(batch)
  return found
}
const numbers = (n: number): data.Dataset<number> => ({ length: n, get: i => i })
const order = async (loader: data.DataLoader<number>): Promise<number[][]> =>
  (await all(loader)).map(b => [...b.dataSync()])

describe('TensorDataset', () => {
  const x = Float32Array.from({ length: 12 }, (_, i) => i)
  const set = new data.TensorDataset({ data: x, shape: [6, 2] }, tensor(Int32Array.of(5, 4, 3, 2, 1, 0)))
  test('rows, and batches of them, with their dtypes', () => {
    const [row, label] = set.get(2)
    expect(row.arraySync()).toEqual([4, 5])
    expect([label.dtype, label.shape, label.itemSync()]).toEqual(['int32', [], 3])
    const [rows, labels] = set.batch([5, 0, 1, 2])
    expect(rows.arraySync()).toEqual([[10, 11], [0, 1], [2, 3], [4, 5]])
    expect(labels.arraySync()).toEqual([0, 5, 4, 3])
  })
  test('of bool, and of images', () => {
    const set = new data.TensorDataset(tensor([true, false]), zeros([2, 1, 3, 3]))
    const [mask, images] = set.batch([1, 0])
    expect(mask.arraySync()).toEqual([false, true])
    expect(images.shape).toEqual([2, 1, 3, 3])
  })
  test('batches are copied by runs of rows', () => {
    let copies = 0
    class Counted extends Float32Array {
      override set(from: ArrayLike<number>, at?: number): void {
        copies++
        super.set(from, at)
      }
    }
    const wide = new data.TensorDataset({ data: new Counted(100 * 50), shape: [100, 50] })
    wide.batch([3, 90, 1, 60])
    expect(copies).toBe(4)
    wide.batch(Array.from({ length: 100 }, (_, i) => i))
    expect(copies).toBe(5)
  })
  test('errors', () => {
    expect(() => new data.TensorDataset()).toThrow('there are no sources')
    expect(() => new data.TensorDataset(tensor(1))).toThrow('source 0 is 0-d')
    expect(() => new data.TensorDataset(zeros([2]), zeros([3]))).toThrow('source 1 has 3 rows, source 0 has 2')
    expect(() => new data.TensorDataset({ data: x, shape: [5, 2] })).toThrow('has 12 values for shape [5,2]')
    expect(() => set.get(6)).toThrow('there is no example 6: there are 6')
    expect(() => set.batch([0, -1])).toThrow(DataError)
  })
})

describe('DataLoader', () => {
  test('in order, with a last small batch or without', async () => {
    expect(await order(new data.DataLoader(numbers(5), { batchSize: 2 }))).toEqual([[0, 1], [2, 3], [4]])
    expect(await order(new data.DataLoader(numbers(5), { batchSize: 2, dropLast: true }))).toEqual([[0, 1], [2, 3]])
    expect(new data.DataLoader(numbers(5), { batchSize: 2 }).length).toBe(3)
    expect(new data.DataLoader(numbers(5), { batchSize: 2, dropLast: true }).length).toBe(2)
  })
  test('shuffled: each epoch another order, each seed the same ones', async () => {
    const make = (seed: number): data.DataLoader<number> =>
      new data.DataLoader(numbers(50), { batchSize: 10, shuffle: true, seed })
    const [a, b] = [make(1), make(1)]
    const first = await order(a)
    expect(first.flat().sort((p, q) => p - q)).toEqual(Array.from({ length: 50 }, (_, i) => i))
    const second = await order(a)
    expect(second).not.toEqual(first)
    expect([await order(b), await order(b)]).toEqual([first, second])
    expect(await order(make(2))).not.toEqual(first)
  })
  test('every place is as likely', async () => {
    const counts = new Array<number>(4).fill(0)
    const loader = new data.DataLoader(numbers(4), { shuffle: true, seed: 3 })
    for (let i = 0; i < 2000; i++) counts[(await order(loader)).flat().indexOf(0)]++
    // 500 ± 4 deviations of √(2000 · ¼ · ¾)
    for (const n of counts) expect(Math.abs(n - 500)).toBeLessThan(78)
  })
  test('tuples and objects, with their types', async () => {
    const set: data.Dataset<[Float32Array, number]> = { length: 4, get: i => [Float32Array.of(i, i), i] }
    const loader = new data.DataLoader(set, { batchSize: 4, labels: 'int32' })
    for await (const [x, y] of loader) {
      expectTypeOf(x).toEqualTypeOf<Tensor>()
      expect([x.shape, x.dtype, y.shape, y.dtype]).toEqual([[4, 2], 'float32', [4], 'int32'])
    }
    const objects: data.Dataset<{ x: number[]; name: string; label: number; flag: boolean; t: Tensor }> = {
      length: 2, get: i => ({ x: [i, 0], name: `n${i}`, label: i, flag: i > 0, t: zeros([3]) }),
    }
    const [batch] = await all(new data.DataLoader(objects, { batchSize: 2, labels: 'int32' }))
    expectTypeOf(batch.name).toEqualTypeOf<string[]>()
    expect([batch.x.shape, batch.name, batch.label.dtype, batch.flag.dtype, batch.t.shape]).toEqual([
      [2, 2],
      ['n0', 'n1'],
      'int32',
      'bool',
      [2, 3],
    ])
  })
  test('numbers are float32, whatever they are', async () => {
    expect((await all(new data.DataLoader(numbers(2))))[0].dtype).toBe('float32')
  })
  test('a TensorDataset makes its own batches, also as a part', async () => {
    const set = new data.TensorDataset(arange(6), arange(6, { dtype: 'int32' }))
    const [[x, y]] = await all(new data.DataLoader(set, { batchSize: 4 }))
    expectTypeOf(x).toEqualTypeOf<Tensor>()
    expect([x.arraySync(), y.dtype]).toEqual([[0, 1, 2, 3], 'int32'])
    const part = await all(new data.DataLoader(new data.Subset(set, [5, 3]), { batchSize: 4 }))
    expect(part[0][0].arraySync()).toEqual([5, 3])
  })
  test('a collate of one\'s own', async () => {
    const loader = new data.DataLoader(numbers(3), { batchSize: 2, collate: examples => examples.length })
    expectTypeOf(loader).toEqualTypeOf<data.DataLoader<number, number>>()
    expect(await all(loader)).toEqual([2, 1])
  })
  test('asynchronous examples are loaded ahead, in order', async () => {
    let running = 0
    let most = 0
    const slow: data.Dataset<number> = {
      length: 12,
      async get(i) {
        most = Math.max(most, ++running)
        await new Promise(resolve => { setTimeout(resolve, i % 3) })
        running--
        return i
      },
    }
    expect((await order(new data.DataLoader(slow, { batchSize: 2, prefetch: 2 }))).flat()).toEqual(
      Array.from({ length: 12 }, (_, i) => i),
    )
    expect(most).toBeGreaterThan(2)
    expect(most).toBeLessThanOrEqual(6)
  })
  test('an example that fails is an error of its batch', async () => {
    const bad: data.Dataset<number> = {
      length: 8,
      get: async i => {
        if (i === 6) throw new Error('no file')
        return i
      },
    }
    const seen: number[] = []
    await expect(async () => {
      for await (const b of new data.DataLoader(bad, { batchSize: 2 })) seen.push(b.size)
    }).rejects.toThrow('no file')
    expect(seen).toHaveLength(3)
  })
  test('iterables, asynchronous or not', async () => {
    const stream = { async* [Symbol.asyncIterator]() { yield* [0, 1, 2] } }
    expect(await order(new data.DataLoader<number>(stream, { batchSize: 2 }))).toEqual([[0, 1], [2]])
    expect(await order(new data.DataLoader<number>(new Set([0, 1, 2]), { batchSize: 2, dropLast: true }))).toEqual([
      [0, 1],
    ])
    expect(() => new data.DataLoader<number>(stream).length).toThrow('does not say how long')
    expect(() => new data.DataLoader<number>(stream, { shuffle: true })).toThrow('has an order of its own')
    await expect(all(new data.DataLoader<number>(new Set<number>()))).rejects.toThrow('the data set is empty')
  })
  test('goes on where a state was taken', async () => {
    const make = (): data.DataLoader<number> =>
      new data.DataLoader(numbers(10), { batchSize: 3, shuffle: true, seed: 5 })
    const whole = make()
    const epochs = [await order(whole), await order(whole)]
    const stopped = make()
    await order(stopped)
    let state: data.LoaderState | undefined
    for await (const _ of stopped) {
      state = stopped.state()
      if (state.examples === 6) break
    }
    expect(state).toEqual({ seed: 5, epoch: 1, examples: 6 })
    expect(stopped.state()).toEqual({ seed: 5, epoch: 2, examples: 0 })
    const resumed = new data.DataLoader(numbers(10), { batchSize: 3, shuffle: true, seed: 99 })
    resumed.loadState(state!)
    expect(await order(resumed)).toEqual(epochs[1].slice(2))
    expect(resumed.state()).toEqual({ seed: 5, epoch: 2, examples: 0 })
    const stream = new data.DataLoader<number>(new Set([0, 1, 2, 3, 4]), { batchSize: 2 })
    stream.loadState({ seed: 0, epoch: 0, examples: 2 })
    expect(await order(stream)).toEqual([[2, 3], [4]])
  })
  test('a state loaded inside the loop is for the next one', async () => {
    const loader = new data.DataLoader(numbers(4))
    for await (const _ of loader) loader.loadState({ seed: 0, epoch: 0, examples: 3 })
    expect(loader.state()).toEqual({ seed: 0, epoch: 0, examples: 3 })
  })
  test('timers run between batches', async () => {
    let ticks = 0
    const timer = setInterval(() => {
      ticks++
    }, 1)
    const busy: data.Dataset<number> = {
      length: 8,
      get: i => {
        const end = performance.now() + 12
        while (performance.now() < end) continue
        return i
      },
    }
    await all(new data.DataLoader(busy))
    clearInterval(timer)
    expect(ticks).toBeGreaterThan(0)
  })
  const bad: [string, () => unknown, string][] = [
    ['batch size', () => new data.DataLoader(numbers(1), { batchSize: 0 }), 'batchSize is 0'],
    ['prefetch', () => new data.DataLoader(numbers(1), { prefetch: -1 }), 'prefetch is -1'],
    ['seed', () => new data.DataLoader(numbers(1), { seed: 0.5 }), 'seed is 0.5'],
    ['empty', () => new data.DataLoader(numbers(0)), 'the data set is empty'],
    ['no data set', () => new data.DataLoader({} as never), 'neither length and get(i)'],
    ['state', () => new data.DataLoader(numbers(1)).loadState({ seed: 0, epoch: -1, examples: 0 }), 'epoch is -1'],
    ['subset', () => new data.Subset(numbers(2), [2]), 'there is no example 2: there are 2'],
  ]
  for (const [name, run, message] of bad) {
    test(`error: ${name}`, () => {
      expect(run).toThrow(DataError)
      expect(run).toThrow(message)
    })
  }
})

describe('collate', () => {
  test('rows, nested rows, single tensors and typed arrays', () => {
    expect(data.collate([[[1, 2], 0], [[3, 4], 1]] as [number[], number][])[0].arraySync()).toEqual([[1, 2], [3, 4]])
    expect(data.collate([[[[1], [2]]], [[[3], [4]]]] as [number[][]][])[0].shape).toEqual([2, 2, 1])
    expect(data.collate([zeros([3]), zeros([3])]).shape).toEqual([2, 3])
    expect(data.collate([Uint8Array.of(1), Uint8Array.of(2)]).dtype).toBe('uint8')
  })
  const bad: [string, () => unknown, string][] = [
    ['nothing', () => data.collate([]), 'a batch of no examples'],
    ['tuples of several lengths', () => data.collate([[1], [1, 2]]), 'differ in how many parts'],
    [
      'arrays of several lengths',
      () => data.collate([[Float32Array.of(1)], [Float32Array.of(1, 2)]]),
      'part 0 of an example has 1 values in one example, 2 in another',
    ],
    ['rows of several lengths', () => data.collate([{ x: [1] }, { x: [1, 2] }]), "collate: 'x' of an example"],
    ['tensors of several shapes', () => data.collate([zeros([2]), zeros([3])]), 'pad them to one shape'],
    ['null', () => data.collate([null]), 'an example is null'],
  ]
  for (const [name, run, message] of bad) {
    test(`error: ${name}`, () => {
      expect(run).toThrow(DataError)
      expect(run).toThrow(message)
    })
  }
})

describe('trainTestSplit', () => {
  test('the same places of each', () => {
    const [xTrain, xTest, yTrain, yTest] = data.trainTestSplit(arange(10).reshape(5, 2), ['a', 'b', 'c', 'd', 'e'], {
      testSize: 0.4,
      seed: 1,
    })
    expect([xTrain.shape, xTest.shape, yTrain.length, yTest.length]).toEqual([[3, 2], [2, 2], 3, 2])
    const letters = [...yTrain, ...yTest].map(l => l.charCodeAt(0) - 97)
    expect([...xTrain.arraySync<number[][]>(), ...xTest.arraySync<number[][]>()].map(r => r[0] / 2)).toEqual(letters)
    expect([...letters].sort()).toEqual([0, 1, 2, 3, 4])
  })
  test('without shuffling the last are tested; the same seed splits alike', () => {
    expect(data.trainTestSplit([1, 2, 3, 4], { shuffle: false })).toEqual([[1, 2, 3], [4]])
    expect(data.trainTestSplit([...'abcdefgh'], { seed: 7 })).toEqual(data.trainTestSplit([...'abcdefgh'], { seed: 7 }))
  })
  test('a data set', () => {
    const [train, tested] = data.trainTestSplit(numbers(10), { testSize: 3, seed: 0 })
    expect([train.length, tested.length]).toEqual([7, 3])
    expect(
      [
        ...Array.from({ length: 7 }, (_, i) => train.get(i)),
        ...Array.from({ length: 3 }, (_, i) => tested.get(i)),
      ].sort(),
    ).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })
  test('stratified', () => {
    const classes = Int32Array.from({ length: 100 }, (_, i) => Number(i % 10 === 0))
    const [, tested] = data.trainTestSplit([...classes], { testSize: 0.2, seed: 2, stratify: tensor(classes) })
    expect([tested.length, tested.filter(c => c === 1).length]).toEqual([20, 2])
  })
  const bad: [string, () => unknown, string][] = [
    ['empty part', () => data.trainTestSplit([1, 2], { testSize: 2 }), 'leaves one part empty'],
    ['lengths', () => data.trainTestSplit([1, 2], [1, 2, 3]), 'argument 1 has 3 examples, argument 0 has 2'],
    ['one of a class', () => data.trainTestSplit([1, 2, 3], { stratify: ['a', 'a', 'b'] }), 'class b has one example'],
    [
      'too many classes',
      () => data.trainTestSplit([1, 2, 3, 4, 5, 6], { testSize: 2, stratify: ['a', 'a', 'b', 'b', 'c', 'c'] }),
      '3 classes do not fit',
    ],
    ['strata', () => data.trainTestSplit([1, 2, 3], { stratify: ['a'] }), 'stratify has 1 classes for 3 examples'],
    [
      'strata in order',
      () => data.trainTestSplit([1, 2], { testSize: 1, shuffle: false, stratify: ['a', 'a'] }),
      'stratify goes with shuffle',
    ],
    ['seed', () => data.trainTestSplit([1, 2], { testSize: 1, seed: -1 }), 'seed is -1'],
  ]
  for (const [name, run, message] of bad) test(`error: ${name}`, () => expect(run).toThrow(message))
})

describe('scalers', () => {
  const x = tensor([[1, 10, 5], [3, 30, 5], [5, 20, 5]])
  test('standard', () => {
    const scaler = new data.StandardScaler()
    const y = scaler.fitTransform(x)
    expect(y.index('...', 2).arraySync()).toEqual([0, 0, 0])
    expect(y.arraySync()[0][0]).toBeCloseTo(-2 / Math.sqrt(8 / 3), 5)
    expect(scaler.inverseTransform(y).allClose(x).itemSync()).toBe(1)
  })
  test('to a range', () => {
    expect(new data.MinMaxScaler().fitTransform(x).arraySync()).toEqual([[0, 0, 0], [0.5, 1, 0], [1, 0.5, 0]])
    const y = new data.MinMaxScaler({ range: [-1, 1] }).fitTransform(x).arraySync<number[][]>()
    y.flat().forEach((v, i) => expect(v).toBeCloseTo([-1, -1, -1, 0, 1, -1, 1, 0, -1][i], 5))
  })
  test('missing values do not count', () => {
    const gaps = tensor([[1, NaN], [NaN, 4], [3, 8], [8, NaN], [NaN, NaN]])
    for (const Scaler of [data.StandardScaler, data.MinMaxScaler, data.RobustScaler, data.MaxAbsScaler]) {
      const scaled = new Scaler().fitTransform(gaps).arraySync<number[][]>()
      for (const [column, values] of [[1, 3, 8], [4, 8]].entries()) {
        const alone = new Scaler().fitTransform(tensor(values)).arraySync<number[]>()
        const found = scaled.map(row => row[column]).filter(v => !Number.isNaN(v))
        alone.forEach((v, i) => expect(found[i]).toBeCloseTo(v, 5))
        expect(found.length).toBe(values.length)
      }
    }
  })
  test('state, and errors', () => {
    const scaler = new data.StandardScaler()
    expect(() => scaler.transform(x)).toThrow('call fit(x) with the training data first')
    expect(() => scaler.stateDict()).toThrow('nothing was fitted')
    const other = new data.StandardScaler()
    other.loadStateDict(scaler.fit(x).stateDict())
    expect(other.transform(x).arraySync()).toEqual(scaler.transform(x).arraySync())
    expect(() => other.loadStateDict({})).toThrow('no shift and scale')
    expect(() => scaler.transform(zeros([2, 2]))).toThrow(ShapeError)
    expect(() => scaler.fit(zeros([0, 2]))).toThrow('there are no examples')
    expect(() => new data.MinMaxScaler({ range: [1, 0] })).toThrow('the range is [1, 0]')
  })
})
