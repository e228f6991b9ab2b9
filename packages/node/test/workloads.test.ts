/**
 * @file The networks of the workloads against PyTorch's in float64, from equal weights: logits, and losses that go
 * down.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { compile, nn, optim, tensor, type Parameter, type Tensor } from 'diffeo'
import { GPT, LSTMLanguageModel, resnet18 } from '../src/bench/models.ts'
import { emptyCaches, tokenLoss } from '../src/bench/workloads.ts'

interface Logits { readonly shape: readonly number[]; readonly data: readonly number[] }
interface Trained { readonly logits: Logits; readonly losses: readonly number[] }
interface Fixture { resnet: Trained; lstm: Trained; gpt: Trained; infer: { logits: Logits } }
const folder = new URL('../../diffeo/test/reference/fixtures/', import.meta.url)
const fixture = JSON.parse(readFileSync(new URL('workloads.json', folder), 'utf8')) as Fixture

// ---- numbers from the hash: the fixture's header says how ----

function keyOf(text: string): number {
  let h = 0x811c9dc5
  for (const byte of Buffer.from(text)) h = Math.imul(h ^ byte, 0x01000193)
  return h
}
function hash(key: number, i: number): number {
  let h = Math.imul(key, 0x9e3779b9) + i + 1 | 0
  h = Math.imul(h ^ h >>> 16, 0x85ebca6b)
  h = Math.imul(h ^ h >>> 13, 0xc2b2ae35)
  return (h ^ h >>> 16) >>> 0
}
const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)
const units = (name: string, shape: readonly number[], scale: number, shift = 0): Tensor => {
  const key = keyOf(name)
  const value = (_: unknown, i: number): number => (hash(key, i) / 2 ** 32 - 0.5) * scale + shift
  return tensor(Float32Array.from({ length: sizeOf(shape) }, value), { shape })
}
const ints = (name: string, below: number, ...shape: number[]): Tensor => {
  const key = keyOf(name)
  return tensor(Int32Array.from({ length: sizeOf(shape) }, (_, i) => hash(key, i) % below), { shape })
}

type State = Pick<nn.Module, 'namedParameters' | 'stateDict' | 'loadStateDict'>
function filled<M extends State>(net: M): M {
  const weights = net.namedParameters().map(([name, { shape }]) => [
    name,
    shape.length > 1
      ? units(name, shape, 2 / Math.sqrt(sizeOf(shape.slice(1))))
      : units(name, shape, 0.2, name.endsWith('weight') ? 1 : 0),
  ])
  net.loadStateDict({ ...net.stateDict(), ...Object.fromEntries(weights) })
  return net
}

/** To 10⁻⁴ of the greatest. */
function expectClose(found: Tensor, { shape, data }: Logits): void {
  expect(found.shape).toEqual(shape)
  const values = found.dataSync()
  const scale = Math.max(...data.map(Math.abs))
  const worst = Math.max(...data.map((v, i) => Math.abs(v - values[i])))
  expect(worst / scale).toBeLessThan(1e-4)
}

interface Update { minimize(loss: Tensor): unknown }
interface Net { forward(x: Tensor): Tensor; parameters(): Parameter[] }
function expectTrains(
  net: Net,
  optimizer: (parameters: Parameter[]) => Update,
  loss: (logits: Tensor, y: Tensor) => Tensor,
  [x, y]: readonly [Tensor, Tensor],
  { logits, losses }: Trained,
  sample: (logits: Tensor) => Tensor,
): void {
  const update = optimizer(net.parameters())
  const step = compile((x: Tensor, y: Tensor) => {
    const out = net.forward(x)
    const value = loss(out, y)
    update.minimize(value)
    return { value, sampled: sample(out) }
  })
  const found = losses.map(() => step(x, y))
  expectClose(found[0].sampled, logits)
  found.forEach(({ value }, i) => expect(Math.abs(value.itemSync() - losses[i]) / losses[i]).toBeLessThan(1e-3))
  for (let i = 1; i < losses.length; i++) expect(found[i].value.itemSync()).toBeLessThan(found[i - 1].value.itemSync())
}

const positions = (...at: number[]) => (logits: Tensor): Tensor => logits.indexSelect(1, tensor(Int32Array.from(at)))

describe('from equal weights, as PyTorch', { timeout: 240_000 }, () => {
  test('resnet-step', () => {
    const data = [units('x', [8, 3, 32, 32], 4), ints('y', 10, 8)] as const
    const sgd = (p: Parameter[]): Update => new optim.SGD(p, { lr: 0.001, momentum: 0.9 })
    const net = filled(resnet18({ small: true, classes: 10 }))
    expectTrains(net, sgd, nn.crossEntropy, data, fixture.resnet, logits => logits)
  })
  test('lstm-step', () => {
    const data = [ints('x', 1000, 2, 12), ints('y', 1000, 2, 12)] as const
    const adam = (p: Parameter[]): Update => new optim.Adam(p, { lr: 1e-3 })
    expectTrains(filled(new LSTMLanguageModel()), adam, tokenLoss, data, fixture.lstm, logits =>
      positions(0, 11)(logits).split([100, 900], 2)[0])
  })
  test('gpt-step', () => {
    const data = [ints('x', 256, 2, 32), ints('y', 256, 2, 32)] as const
    const adamW = (p: Parameter[]): Update => new optim.AdamW(p, { lr: 1e-3 })
    expectTrains(filled(new GPT()), adamW, tokenLoss, data, fixture.gpt, positions(0, 31))
  })
  test('gpt-decode: token by token with caches, the logits are those of all tokens at once', () => {
    const net = filled(new GPT()).eval()
    const caches = emptyCaches(32)
    const next = compile((token: Tensor) => net.forward(token, caches))
    const tokens = ints('x', 256, 2, 32).split(1, 0)[0].split(1, 1)
    const logits = tokens.map(token => next(token))
    const [first, last] = [0, 31].map(i => logits[i].dataSync())
    const { data } = fixture.gpt.logits
    expectClose(tensor(Float32Array.from([...first, ...last])), { shape: [512], data: data.slice(0, 512) })
  })
  test('resnet-infer', () => {
    const net = filled(resnet18({ small: false, classes: 1000 })).eval()
    expectClose(compile((x: Tensor) => net.forward(x))(units('x', [1, 3, 224, 224], 4)), fixture.infer.logits)
  })
})
