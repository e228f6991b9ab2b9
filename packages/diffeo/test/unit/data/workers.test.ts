import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { data, type Tensor } from 'diffeo'
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
    resumed.loadState({ seed: 1, epoch: 0, position: 3 })
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
    for await (const b of there as AsyncIterable<any>) batches.push([b.sum.data[0], b.names[0]])
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
      /a data set of 3 examples in a worker, the loader's has 10/,
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
