import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { data, fit, nn, optim, type Tensor } from 'diffeo'
import { beforeAll, describe, expect, test } from 'vitest'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'diffeo-'))
  return () => rm(folder, { recursive: true })
})
let made = 0
/** A module of this code; its data set has 10 examples unless it says otherwise. */
async function module(code: string): Promise<URL> {
  const path = join(folder, `${made++}.mjs`)
  await writeFile(path, code)
  return pathToFileURL(path)
}
const images = `export default ({ offset = 0 } = {}) => ({
  length: 10,
  get: async (i, draw) => [{ data: Float32Array.of(i + offset, draw), shape: [1, 2] }, i % 3, 'n' + i],
})`
type Image = [data.NdArray, number, string]
const here = (offset = 0): data.Dataset<Image> =>
  ({ length: 10, get: (i, draw = 0) => [{ data: Float32Array.of(i + offset, draw), shape: [1, 2] }, i % 3, `n${i}`] })
const values = async (loader: AsyncIterable<[Tensor, Tensor, string[]]>): Promise<unknown[]> => {
  const found: unknown[] = []
  for await (const [x, y, names] of loader) found.push([x.arraySync(), y.dtype, [...y.dataSync()], names])
  return found
}

describe('workers make the batches', () => {
  test('the same ones, in the same order, whatever their number', async () => {
    const url = await module(images)
    const options = { batchSize: 3, shuffle: true, seed: 4, labels: 'int32' as const }
    const loader = new data.DataLoader(here(), options)
    const expected = [await values(loader), await values(loader)]
    for (const count of [1, 3]) {
      const threaded = new data.DataLoader(here(), { ...options, workers: { count, module: url, persistent: true } })
      expect([await values(threaded), await values(threaded)]).toEqual(expected)
      threaded.close()
    }
  })
  test('options reach the module; a pass that is broken off stops them and the next one works', async () => {
    const workers = { count: 2, module: await module(images), options: { offset: 100 } }
    const loader = new data.DataLoader(here(), { batchSize: 2, workers })
    for await (const [x] of loader) {
      expect(x.arraySync()).toEqual([[[100, 0]], [[101, 0]]])
      break
    }
    expect(await values(loader)).toHaveLength(5)
  })
  test('resumes in mid-epoch', async () => {
    const options = { batchSize: 2, shuffle: true, seed: 1, workers: { count: 2, module: await module(images) } }
    const whole = await values(new data.DataLoader(here(), options))
    const resumed = new data.DataLoader(here(), options)
    resumed.loadState({ seed: 1, epoch: 0, examples: 6 })
    expect(await values(resumed)).toEqual(whole.slice(3))
  })
  test('a collate of the loader gets the examples, one of the module makes batches there', async () => {
    const collate = (examples: Image[]): number => examples.reduce((s, [x, y]) => s + x.data[0] + y, 0)
    const own = new data.DataLoader(here(), {
      batchSize: 5,
      collate,
      workers: { count: 2, module: await module(images) },
    })
    const sums: number[] = []
    // arrays come as tensors, since a batch may hold nothing else
    for await (const sum of own as AsyncIterable<unknown>) sums.push(Number(sum))
    expect(sums).toEqual([0 + 1 + 2 + 3 + 4 + 4, 5 + 6 + 7 + 8 + 9 + 5])
    const code = `${images}
const sum = examples => Float32Array.of(examples.reduce((s, [x]) => s + x.data[0], 0))
export const collate = examples => ({ sum: { data: sum(examples), shape: [1] }, names: examples.map(e => e[2]) })`
    const there = new data.DataLoader(here(), { batchSize: 5, workers: { count: 1, module: await module(code) } })
    const batches: unknown[] = []
    for await (const b of there as AsyncIterable<any>) batches.push([b.sum.itemSync(), b.names[0]])
    expect(batches).toEqual([[10, 'n0'], [35, 'n5']])
  })
  test('an example that fails: which, and why; or it is left out', async () => {
    const url = await module(
      `export default () => ({ length: 4, get: i => { if (i > 1) throw new Error('file ' + i + ' is bad'); return i } })`,
    )
    const set: data.Dataset<number> = { length: 4, get: i => i }
    const strict = new data.DataLoader(set, { batchSize: 2, workers: { count: 1, module: url } })
    await expect((async () => { for await (const _ of strict) continue })()).rejects.toThrow(
      'in a worker: example 2: file 2 is bad')
    const lenient = new data.DataLoader(set, { batchSize: 3, onError: 'skip', workers: { count: 2, module: url } })
    const found: number[][] = []
    for await (const x of lenient) found.push([...x.dataSync()])
    expect(found).toEqual([[0, 1]])
    expect(lenient.skipped.map(s => s.index)).toEqual([2, 3])
  })
})

test('augmentation is the same without workers and with any number of them', async () => {
  const path = join(folder, 'augmented.mjs')
  const source = fileURLToPath(new URL('../../../src/data/index.ts', import.meta.url))
  const contents = `
import { TransformDataset, transforms } from ${JSON.stringify(source)}
export default function make() {
  const pixels = i => Uint8Array.from({ length: 192 }, (_, k) => (k * i) % 256)
  const images = { length: 9, get: i => [{ data: pixels(i), shape: [3, 8, 8] }, i] }
  const { randomCrop, randomHorizontalFlip, colorJitter, gaussianNoise } = transforms
  const augment = transforms.compose(
    randomCrop(8, { padding: 2 }), randomHorizontalFlip(), colorJitter({ brightness: 0.4, hue: 0.2 }),
    gaussianNoise(0.05))
  return new TransformDataset(images, augment, { seed: 7 })
}`
  await build({ stdin: { contents, resolveDir: folder }, bundle: true, format: 'esm', platform: 'node', outfile: path })
  const { default: make } = (await import(pathToFileURL(path).href)) as {
    default(): data.Dataset<[data.NdArray, number]>
  }
  const epochs = async (count: number): Promise<number[][]> => {
    const workers = count > 0 ? { workers: { count, module: pathToFileURL(path), persistent: true } } : {}
    const loader = new data.DataLoader(make(), { batchSize: 2, shuffle: true, seed: 3, ...workers })
    const found: number[][] = []
    for (let epoch = 0; epoch < 2; epoch++)
      for await (const [x, y] of loader) found.push([...x.dataSync(), ...y.dataSync()])
    loader.close()
    return found
  }
  const alone = await epochs(0)
  expect(await epochs(1)).toEqual(alone)
  expect(await epochs(3)).toEqual(alone)
})

describe('a data set that is iterated', () => {
  /** The numbers 0 … n − 1 of epoch e as 100e + i, those of a worker being i ≡ worker (mod workers). */
  const stream = `export default ({ n = 10, fail = -1 } = {}, { worker, workers }) => ({
  async *epoch(epoch, seed) {
    for (let i = worker; i < n; i += workers) {
      if (i === fail) throw new Error('line ' + i + ' is no number')
      yield [Float32Array.of(100 * epoch + i, seed), i]
    }
  },
  [Symbol.asyncIterator]() { return this.epoch(0, 0) },
})`
  const none = (async function* (): AsyncGenerator<[Float32Array, number]> { yield* [] })
  const source = { [Symbol.asyncIterator]: none }
  const loaderOf = async (
    options: data.LoaderOptions<any, any>, settings: unknown = {}, count = 2, code = stream,
  ): Promise<data.DataLoader<[Float32Array, number]>> => new data.DataLoader(source, {
    batchSize: 2, seed: 7, labels: 'int32', ...options,
    workers: { count, module: await module(code), options: settings, ...options.workers },
  })
  const rows = async (loader: AsyncIterable<[Tensor, Tensor]>): Promise<number[][]> => {
    const found: number[][] = []
    for await (const [x] of loader)
      found.push((x.arraySync() as number[][]).map(([i, seed]) => i + (seed === 7 ? 0 : NaN)))
    return found
  }

  test('each worker gives its share, one batch of each in turn; epochs and seed reach it', async () => {
    const loader = await loaderOf({})
    expect(await rows(loader)).toEqual([[0, 2], [1, 3], [4, 6], [5, 7], [8], [9]])
    expect(await rows(loader)).toEqual([[100, 102], [101, 103], [104, 106], [105, 107], [108], [109]])
    expect(await rows(await loaderOf({ dropLast: true }))).toEqual([[0, 2], [1, 3], [4, 6], [5, 7]])
    // 0, 3, 6, 9 and 1, 4, 7 and 2, 5, 8: those that have no more are left out
    expect(await rows(await loaderOf({}, { n: 10 }, 3))).toEqual([[0, 3], [1, 4], [2, 5], [6, 9], [7], [8]])
    expect(await rows(await loaderOf({ prefetch: 0 }, { n: 3 }, 5))).toEqual([[0], [1], [2]])
  })
  test.each([0, 1, 2, 3, 4, 5])('resumes after %d batches, also where workers end early', async batches => {
    const whole = await rows(await loaderOf({}, { n: 11 }, 3))
    const first = await loaderOf({}, { n: 11 }, 3)
    let state = first.state()
    for await (const _ of first) {
      if (state.shares!.batches === batches) break
      state = first.state()
    }
    const loader = await loaderOf({}, { n: 11 }, 3)
    loader.loadState(state)
    expect(await rows(loader)).toEqual(whole.slice(batches))
    // as states once were
    loader.loadState({ seed: 7, epoch: 0, position: batches })
    expect(await rows(loader)).toEqual(whole.slice(batches))
  })
  test('a state of other workers, of another batch size, or of none: an error, but at an epoch\'s start', async () => {
    const first = await loaderOf({}, { n: 11 }, 2)
    let state = first.state()
    for await (const _ of first) {
      state = first.state()
      break
    }
    expect(state).toEqual({ seed: 7, epoch: 0, examples: 2, shares: { workers: 2, batchSize: 2, batches: 1 } })
    const three = await loaderOf({}, { n: 11 }, 3)
    expect(() => three.loadState(state)).toThrow(
      'by a loader that has 2 workers that iterate it, in batches of 2; this one has 3 workers that iterate it, in ' +
        'batches of 2: examples would be lost or seen twice')
    const larger = await loaderOf({ batchSize: 4 }, { n: 11 }, 2)
    expect(() => larger.loadState(state)).toThrow('this one has 2 workers that iterate it, in batches of 4')
    const none = new data.DataLoader<number>(new Set([1, 2, 3]))
    expect(() => none.loadState(state)).toThrow('this one goes through the data set without workers')
    expect(() => three.loadState({ seed: 7, epoch: 0, examples: 2 })).toThrow('by a loader that goes through the data')
    three.loadState(first.state())
    expect((await rows(three)).flat()).toHaveLength(11)
  })
  test('workers that are kept go on to the next epoch; a pass that is broken off begins anew', async () => {
    const loader = await loaderOf({ workers: { persistent: true } as data.WorkerOptions })
    await rows(loader)
    expect((await rows(loader))[0]).toEqual([100, 102])
    for await (const [x] of loader) {
      expect(x.arraySync()).toEqual([[200, 7], [202, 7]])
      break
    }
    expect((await rows(loader)).flat()).toHaveLength(10)
    loader.close()
  })
  test('a collate of the loader, and one of the module', async () => {
    const collate = (examples: [Tensor, number][]): number => examples.reduce((s, [, i]) => s + i, 0)
    const sums: unknown[] = []
    for await (const sum of await loaderOf({ collate }) as AsyncIterable<unknown>) sums.push(sum)
    expect(sums.map(Number)).toEqual([2, 4, 10, 12, 8, 9])
    const code = `${stream}\nexport const collate = examples => ({ last: examples.at(-1)[1] })`
    const last: unknown[] = []
    for await (const b of await loaderOf({}, {}, 2, code) as AsyncIterable<any>) last.push(b.last)
    expect(last).toEqual([2, 3, 6, 7, 8, 9])
  })
  test('what goes wrong in a worker; nothing in any of them; another kind of data set', async () => {
    await expect(rows(await loaderOf({}, { fail: 5 }))).rejects.toThrow('in a worker: line 5 is no number')
    await expect(rows(await loaderOf({}, { n: 0 }))).rejects.toThrow('the data set is empty in each worker')
    const generator = 'export default async function *() { yield [Float32Array.of(1, 7), 0] }'
    const once = await loaderOf({ workers: { persistent: true } as data.WorkerOptions }, {}, 1, generator)
    expect(await rows(once)).toEqual([[1]])
    await expect(rows(once)).rejects.toThrow('in each worker: a generator can be gone through once')
    await expect(rows(await loaderOf({}, {}, 1, images))).rejects.toThrow(
      /makes a data set of 10 examples in a worker, the loader's is one that is iterated/)
  })
  test('shard: every so many examples, of streams and of what has epochs', async () => {
    const all = async (x: AsyncIterable<number>): Promise<number[]> => {
      const found: number[] = []
      for await (const i of x) found.push(i)
      return found
    }
    const parts = [0, 1, 2].map(worker => data.shard([5, 6, 7, 8, 9], { worker, workers: 3 }))
    expect(await Promise.all(parts.map(all))).toEqual([[5, 8], [6, 9], [7]])
    const shuffled = new data.ShuffleBuffer([1, 2, 3, 4, 5, 6], { size: 6 })
    const epochs = await Promise.all(
      [0, 1].map(worker => all(data.shard(shuffled, { worker, workers: 2 }).epoch(3, 1))),
    )
    expect(epochs.flat().sort()).toEqual([1, 2, 3, 4, 5, 6])
    expect(() => data.shard([], { worker: 2, workers: 2 })).toThrow(/worker 2 of 2: they count from 0/)
  })
  test('trains: fit goes through what workers stream', async () => {
    const loader = await loaderOf({}, { n: 8 })
    const model = new nn.Linear(2, 10)
    const optimizer = new optim.SGD(model.parameters(), { lr: 1e-6 })
    const history = await fit(model, loader as never, { loss: nn.crossEntropy, optimizer, epochs: 2 })
    expect(history.steps).toBe(8)
  })
})

describe('errors', () => {
  const run = async (workers: data.WorkerOptions): Promise<void> => {
    for await (const _ of new data.DataLoader(here(), { workers })) continue
  }
  const cases: [string, string, RegExp][] = [
    ['no default export', 'export const x = 1', /makes no data set in a worker: its default export is no function/],
    ['no data set', 'export default () => 5', /what its default export returns has no length and get/],
    [
      'another length',
      'export default () => ({ length: 3, get: i => i })',
      /a data set of 3 examples in a worker, the loader's is one of 10 examples/,
    ],
    ['a syntax error', 'export default (', /makes no data set in a worker: /],
    ['a worker that leaves', 'export default () => process.exit(3)', /worker 0 of .* ended: it left with code 3/],
    [
      'what cannot cross',
      'export default () => ({ length: 10, get: i => ({ f: [() => i] }) })',
      /arrays differ in length, or hold other than numbers/,
    ],
    [
      'what cannot cross in a batch',
      'export default () => ({ length: 10, get: i => i }); export const collate = e => () => e',
      /could not be cloned/,
    ],
  ]
  test.each(cases)('%s', async (_, code, message) => {
    const url = await module(code)
    await expect(run({ count: 1, module: url })).rejects.toThrow(message)
  })
  test('what is no module', () => {
    const wrong: [unknown, string][] = [
      [2, 'a data set cannot cross to a thread. Write workers: { count, module: new URL('],
      [{ count: 2, module: here() }, 'a live object cannot cross to a thread'],
      [{ count: 0, module: 'x' }, 'workers.count is 0'],
      [{ count: 1, module: './x.js' }, 'relative to no file'],
    ]
    for (const [workers, message] of wrong)
      expect(() => new data.DataLoader(here(), { workers: workers as data.WorkerOptions })).toThrow(message)
  })
})
