/**
 * @file Random programs of uncompiled ops under DIFFEO_GUARD=1 (every buffer ends on an inaccessible page, what is not
 * written reads as NaN), against the interpreter; and DIFFEO_VERIFY=1. The grammar keeps away from near-ties and poles.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Workshop } from './support/child.ts'

let shop: Workshop
beforeAll(async () => { shop = await Workshop.open() })
afterAll(() => shop.close())

const fuzz = `
import { concat, gradients, Parameter, setDevice, slice, tensor, where } from './diffeo.js'
const [first, count] = process.argv.slice(2).map(Number)
function generator(seed) {
  let s = seed * 2654435761 >>> 0
  return n => { s ^= s << 13; s >>>= 0; s ^= s >>> 17; s ^= s << 5; s >>>= 0; return s % n }
}
const unary = [
  x => x.tanh(), x => x.sigmoid(), x => x.mul(0.5).exp(), x => x.square().add(1).sqrt(), x => x.neg(),
  x => x.square().add(0.5).log(), x => x.sin(),
]
const bits = size => Uint8Array.from({ length: size }, (_, k) => k % 3 > 0 ? 1 : 0)
// a mask of which two in three are true
const mask = ({ size, shape }) => tensor(bits(size), { shape, dtype: 'bool' })

const binary = [(a, b) => a.add(b), (a, b) => a.sub(b), (a, b) => a.mul(b), (a, b) => a.div(b.square().add(1))]
const at = (x, axis, index) => x.shape.map((n, k) => (k === axis ? index(n) : slice()))
/** One program: its values on the device in force. */
function run(seed, used) {
  const pick = generator(seed)
  const data = n => Float32Array.from({ length: n }, () => (pick(2001) - 1000) / 1000)
  const fresh = () => {
    const shape = Array.from({ length: 1 + pick(3) }, () => 1 + pick(7))
    return tensor(data(shape.reduce((a, b) => a * b, 1)), { shape })
  }
  const w = new Parameter(fresh())
  const values = [w, fresh(), fresh()]
  const add = (name, t) => { used[name] = (used[name] ?? 0) + 1; values.push(t) }
  for (let i = 0; i < 4 + pick(8); i++) {
    const x = values[pick(values.length)]
    const axis = pick(Math.max(1, x.rank))
    if (x.rank === 0) { add('unary', unary[pick(unary.length)](x)); continue }
    switch (pick(12)) {
      case 0: case 1: add('unary', unary[pick(unary.length)](x)); break
      case 2: {
        const y = values[pick(values.length)]
        if (String(y.shape) === String(x.shape)) add('binary', binary[pick(4)](x, y))
        else add('broadcast', x.add(y.mean()))
        break
      }
      case 3: add('sum', x.sum(axis).mul(1 / x.shape[axis])); break
      case 4: add('transpose', x.rank > 1 ? x.transpose(0, x.rank - 1) : x.flip(0)); break
      case 5: add('slice', x.index(...at(x, axis, n => slice(Math.min(1, n - 1), n)))); break
      case 6: add('pad', x.pad(x.shape.map((_, k) => (k === axis ? [1, 2] : [0, 0])))); break
      case 7: add('matmul', x.reshape([x.shape[0], -1]).mul(0.3).matmul(x.reshape([x.shape[0], -1]).T)); break
      case 8: add('softmax', x.softmax(axis)); break
      case 9: add('concat', concat([x, x.mul(2)], axis)); break
      case 10: add('gather', x.index(...at(x, axis, n => [0, n - 1, pick(n)]))); break
      case 11: add('where', where(mask(x), x, x.mul(0.5))); break
    }
    if (values.at(-1).size > 4000) values.pop()
  }
  const out = values.slice(3)
  const [g] = gradients(out.map(t => t.mean()).reduce((a, b) => a.add(b), w.mean()), [w])
  w.assign(w.sub(g))
  return [...out, g, w].map(t => Array.from(t.dataSync()))
}
const used = {}
for (let seed = first; seed < first + count; seed++) {
  await setDevice('interp')
  const want = run(seed, {})
  await setDevice('native')
  const got = run(seed, used)
  want.forEach((row, i) => row.forEach((y, k) => {
    const bound = 1e-4 * (1 + Math.max(...row.map(Math.abs)))
    if (Math.abs(got[i][k] - y) <= bound) return
    console.error('seed', seed, 'value', i, 'element', k, got[i][k], y)
    process.exit(2)
  }))
}
console.log(JSON.stringify(used))
`
describe('DIFFEO_GUARD=1', () => {
  it.each([
    [1, 150],
    [1000, 150],
  ])(
    'random programs from seed %i, %i of them',
    async (first, count) => {
      const ended = await shop.run(`fuzz-${first}`, fuzz, {
        env: { DIFFEO_GUARD: '1' },
        args: [`${first}`, `${count}`],
        limit: 170_000,
      })
      expect(ended, ended.stderr).toMatchObject({ status: 0, signal: null })
      const used = JSON.parse(ended.stdout) as Record<string, number>
      expect(Object.keys(used).sort()).toEqual([
        'binary',
        'broadcast',
        'concat',
        'gather',
        'matmul',
        'pad',
        'slice',
        'softmax',
        'sum',
        'transpose',
        'unary',
        'where',
      ])
    },
    180_000,
  )
})

const steps = `
import { compile, nn, optim, rand, seed, setDevice } from './diffeo.js'
await setDevice(process.argv[2])
seed(1)
const net = new nn.Sequential(
  new nn.Conv2d(1, 4, 3), new nn.ReLU(), new nn.Dropout(0.3), new nn.MaxPool2d(2), new nn.Flatten(),
  new nn.Linear(36, 3),
)
const optimizer = new optim.Adam(net.parameters(), { lr: 1e-2 })
const step = compile((x, lr) => {
  const loss = net.forward(x).mul(lr).square().mean()
  optimizer.minimize(loss)
  return loss
})
const losses = []
for (let i = 0; i < 30; i++) losses.push(await step(rand([8, 1, 8, 8]), 1 + i / 100).item())
optimizer.lr = 1e-3
net.eval()
losses.push(await step(rand([8, 1, 8, 8]), 2).item())
console.log(losses.every(Number.isFinite), losses.length)
`
describe('switches of the environment', () => {
  for (const env of [
    { DIFFEO_GUARD: '1' },
    { DIFFEO_VERIFY: '1' },
    { DIFFEO_GUARD: '1', DIFFEO_THREADS: '3' },
  ] as Record<string, string>[]) {
    for (const device of ['native', 'wasm']) {
      it(`a training step on ${device} with ${JSON.stringify(env)}`, async () => {
        const ended = await shop.run(`steps-${device}`, steps, { env, args: [device] })
        expect(ended, ended.stderr).toMatchObject({ status: 0, stdout: 'true 31' })
      })
    }
  }
})
