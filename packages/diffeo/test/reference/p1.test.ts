import { expect, test } from 'vitest'
import * as nn from '../../src/nn/index.ts'
import * as optim from '../../src/optim/index.ts'
import { gradients, tensor, type Tensor } from '../../src/tensor/index.ts'
import { expectClose, fixture, type FixtureArray } from './support.ts'

interface Large {
  shape: number[]
  sum: number
  sumSquares: number
  maxAbs: number
  indices: number[]
  values: number[]
}
type Summary = FixtureArray | Large
interface P1 {
  keys: string[]; labels: number[]; loss: number; logits: FixtureArray; grads: Record<string, Summary>
  adam: { lr: number; steps: number; losses: number[] }; after: Record<string, Summary>
}
const p1 = fixture<P1>('p1')

function hash(key: number, i: number): number {
  let h = (Math.imul(key, 0x9e3779b9) + i + 1) >>> 0
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  h ^= h >>> 16
  return h >>> 0
}
const filled = (key: number, shape: readonly number[], value: (h: number) => number): Tensor =>
  tensor(Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => value(hash(key, i))), { shape })

function network(): nn.Sequential {
  const net = new nn.Sequential(
    new nn.Conv2d(1, 32, 3), new nn.ReLU(), new nn.MaxPool2d(2),
    new nn.Conv2d(32, 64, 3), new nn.ReLU(), new nn.MaxPool2d(2),
    new nn.Flatten(), new nn.Linear(1600, 128), new nn.ReLU(), new nn.Linear(128, 10),
  ).to('float64')
  const named = net.namedParameters()
  expect(named.map(([name]) => name)).toEqual(p1.keys)
  const fanIn = (i: number): number => named[i - (i % 2)][1].shape.slice(1).reduce((a, b) => a * b, 1)
  net.loadStateDict(Object.fromEntries(named.map(([name, p], i) =>
    [name, filled(i, p.shape, h => ((h / 2 ** 32 - 0.5) * 2) / Math.sqrt(fanIn(i)))])))
  return net
}

function expectSummary(found: Tensor, wanted: Summary, what: string, tolerance = 1e-10): void {
  if ('data' in wanted) { expectClose(found, wanted, what, tolerance); return }
  expect(found.shape).toEqual(wanted.shape)
  const values = found.dataSync() as Float64Array
  const near = (x: number, y: number, name: string): void =>
    expect(Math.abs(x - y), `${name} of ${what}: ${x}, PyTorch ${y}`).toBeLessThan(tolerance * Math.max(1, Math.abs(y)))
  near(values.reduce((a, b) => a + b, 0), wanted.sum, 'sum')
  near(values.reduce((a, b) => a + b * b, 0), wanted.sumSquares, 'sum of squares')
  near(values.reduce((a, b) => Math.max(a, Math.abs(b)), 0), wanted.maxAbs, 'greatest')
  wanted.indices.forEach((at, i) => near(values[at], wanted.values[i], `element ${at}`))
}

test("P1's digit CNN: loss, gradients, three steps of Adam", { timeout: 240_000 }, () => {
  const net = network()
  const x = filled(100, [4, 1, 28, 28], h => (h / 2 ** 32 < 0.3 ? 0 : h / 2 ** 32))
  const y = tensor(Int32Array.from({ length: 4 }, (_, i) => hash(101, i) % 10))
  expect([...y.dataSync()]).toEqual(p1.labels)
  const logits = net.forward(x)
  const loss = nn.crossEntropy(logits, y)
  const named = net.namedParameters()
  const found = gradients(loss, named.map(([, p]) => p))
  expect(loss.itemSync()).toBeCloseTo(p1.loss, 10)
  expectClose(logits, p1.logits, 'logits')
  named.forEach(([name], i) => expectSummary(found[i] as Tensor, p1.grads[name], `gradient of ${name}`))
  const optimizer = new optim.Adam(net.parameters(), { lr: p1.adam.lr })
  const losses = p1.adam.losses.map(() => {
    const l = nn.crossEntropy(net.forward(x), y)
    optimizer.minimize(l)
    return l.itemSync()
  })
  losses.forEach((l, i) => expect(l).toBeCloseTo(p1.adam.losses[i], 9))
  // where a gradient is about 0, Adam divides noise by noise
  named.forEach(([name, p]) => expectSummary(p, p1.after[name], name, 1e-6))
})
