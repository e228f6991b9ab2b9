/** @file Training loops for child processes, that watch their own memory. */
import { expect } from 'vitest'
import type { Workshop } from './child.ts'

/** Prints samples: RSS, ArrayBuffers, external memory; and the heap after a collection, early and at the end. */
const script = `
import { compile, nn, optim, seed, setDevice, tensor } from './diffeo.js'
const [device, model, compiled, turn, count] = process.argv.slice(2)
await setDevice(device)
seed(0)
const layers = model === 'mlp'
  ? [new nn.Linear(784, 16), new nn.ReLU(), new nn.Linear(16, 10)]
  : [new nn.Conv2d(1, 4, 3, { stride: 2 }), new nn.ReLU(), new nn.MaxPool2d(2), new nn.Flatten(),
    new nn.Linear(144, 10)]
const net = new nn.Sequential(...layers)
const optimizer = new optim.Adam(net.parameters(), { lr: 1e-3 })
const train = (x, y) => {
  const loss = nn.crossEntropy(net.forward(x), y)
  if (turn === 'item-first') loss.itemSync()
  optimizer.minimize(loss)
  return loss
}
const step = compiled === 'compiled' ? compile(train) : train
const shape = model === 'mlp' ? [64, 784] : [64, 1, 28, 28]
const samples = []
const heap = []
for (let i = 0; i < Number(count); i++) {
  // 200 kB made anew each turn
  const x = tensor(new Float32Array(64 * 784).fill((i % 7) / 7), { shape })
  const y = tensor(new Int32Array(64).fill(i % 10))
  const loss = step(x, y)
  if (turn === 'await') await loss.item()
  if (turn === 'sync') loss.itemSync()
  if (i % Math.ceil(count / 200) === 0) {
    const { rss, arrayBuffers, external } = process.memoryUsage()
    samples.push([rss, arrayBuffers, external])
  }
  if (i === Math.floor(count / 5) || i === count - 1) { gc(); heap.push(process.memoryUsage().heapUsed) }
}
console.log(JSON.stringify({ samples, heap }))
`

export interface Loop {
  readonly device: 'native' | 'wasm'
  readonly model: 'mlp' | 'cnn'
  readonly compiled: boolean
  /** What is done with the loss each turn: awaited, read at once, dropped, or read before `minimize`. */
  readonly turn: 'await' | 'sync' | 'drop' | 'item-first'
  readonly count: number
}

const MB = 2 ** 20
const greatest = (rows: readonly number[][], column: number): number => Math.max(...rows.map(r => r[column]))
/** Where the saw teeth of collection begin: a leak lifts them, the collector's mood does not. */
const least = (rows: readonly number[][], column: number): number => Math.min(...rows.map(r => r[column]))
/** RSS has no troughs, and steps of its own (code, semi-spaces) while the engine warms up. */
const middle = (rows: readonly number[][], column: number): number =>
  rows.map(r => r[column]).sort((p, q) => p - q)[rows.length >> 1]

/** Runs the loop in a small heap, and fails if memory grows from one part of it to a later one. */
export async function expectFlat(shop: Workshop, loop: Loop): Promise<void> {
  const { device, model, compiled, turn, count } = loop
  const args = [device, model, compiled ? 'compiled' : 'eager', turn, String(count)]
  const ended = await shop.run(args.join('-'), script, {
    args,
    flags: ['--expose-gc', '--max-old-space-size=64'],
    limit: 170_000,
  })
  if (ended.status !== 0) expect.fail(`${ended.status} ${ended.signal}: ${ended.stderr}`)
  const { samples, heap } = JSON.parse(ended.stdout) as { samples: number[][]; heap: number[] }
  const n = samples.length
  const [before, after] = [samples.slice(n / 4, n / 2), samples.slice(n / 2)]
  const resident = (middle(after, 0) - middle(before, 0)) / MB
  const [arrays, external] = [1, 2].map(k => (least(after, k) - least(before, k)) / MB)
  const grown = [resident, arrays, external].map(x => x.toFixed(1)).join(', ')
  const what = `${args.join(' ')}: RSS, ArrayBuffers and external grew by ${grown} MB`
  expect(resident, what).toBeLessThan(40)
  expect(Math.max(arrays, external), what).toBeLessThan(16)
  expect(greatest(samples, 0) / MB, `${what}; RSS at most`).toBeLessThan(300)
  expect(greatest(samples, 1) / MB, `${what}; ArrayBuffers at most`).toBeLessThan(160)
  expect((heap[1] - heap[0]) / MB, `${what}; heap`).toBeLessThan(3)
}
