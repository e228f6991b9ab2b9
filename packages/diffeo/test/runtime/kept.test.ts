/** @file What a compiled mapping computes from cells alone is kept until one of them is written. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { installExecutor } from '../../src/graph/executor.ts'
import * as nn from '../../src/nn/index.ts'
import * as optim from '../../src/optim/index.ts'
import { compile, profile, seed, tensor, type Tensor } from '../../src/tensor/index.ts'
import { CompiledExecutor } from '../../src/runtime/compiled-executor.ts'
import { Workshop } from './support/child.ts'
import { makeLinker, watched } from './support/executors.ts'

const numbers = (n: number): Float32Array => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 0.7))

describe.each(['native', 'wasm'])('packed weights on %s', device => {
  const { executor } = watched(device)
  const made = () => {
    installExecutor(executor)
    seed(0)
    const net = new nn.Sequential(new nn.Linear(130, 170), new nn.ReLU(), new nn.Linear(170, 90))
    const x = tensor(numbers(70 * 130), { shape: [70, 130] })
    const forward = compile((x: Tensor) => net.forward(x))
    const check = () => {
      const [got, expected] = [forward(x).dataSync(), net.forward(x).dataSync()]
      got.forEach((v, i) => expect(v).toBeCloseTo(expected[i], 4))
    }
    return { net, x, forward, check }
  }

  test('are packed at the first call alone', async () => {
    const { x, forward, check } = made()
    check()
    const { kernels } = await profile(() => { forward(x) })
    expect(kernels.filter(k => k.name.includes('.pack')).length).toBe(0)
  })

  test('are packed anew when somebody assigned', async () => {
    const { net, x, forward, check } = made()
    check()
    const weight = net.parameters()[0]
    weight.assign(weight.mul(2).sub(0.1))
    const { kernels } = await profile(() => { forward(x) })
    expect(kernels.filter(k => k.name.includes('.pack')).length).toBeGreaterThan(0)
    check()
  })

  test('are packed anew when another compiled mapping trained them', () => {
    const { net, x, forward, check } = made()
    const optimizer = new optim.SGD(net.parameters(), { lr: 0.1 })
    const step = compile((x: Tensor) => {
      const loss = net.forward(x).square().mean()
      optimizer.minimize(loss)
      return loss
    })
    const before = forward(x).dataSync()
    for (let i = 0; i < 3; i++) { step(x); check() }
    expect(forward(x).dataSync()).not.toEqual(before)
  })
})

test('on wasm a call copies its argument and its result, and no weights', () => {
  const { linker, target } = makeLinker('wasm')
  let copied = 0
  const link = linker.link.bind(linker)
  linker.link = program => {
    const executable = link(program)
    const run = executable.run.bind(executable)
    executable.run = storages => {
      copied = storages.reduce((sum, s) => sum + (linker.isResident!(s) ? 0 : s.bytes), 0)
      return run(storages)
    }
    return executable
  }
  installExecutor(new CompiledExecutor({ device: 'wasm', linker, target }))
  const net = new nn.Linear(300, 500)
  const x = tensor(numbers(20 * 300), { shape: [20, 300] })
  const forward = compile((x: Tensor) => net.forward(x))
  for (let i = 0; i < 2; i++) forward(x).dispose()
  expect(copied).toBe(4 * 20 * (300 + 500))
})

describe('mappings that nobody holds', () => {
  let shop: Workshop
  beforeAll(async () => { shop = await Workshop.open() })
  afterAll(() => shop.close())
  const script = `
import { compile, nn, setDevice, tensor } from './diffeo.js'
await setDevice(process.argv[2])
let most = 0
for (let i = 0; i < 60; i++) {
  const net = new nn.Linear(1024, 1024)
  const forward = compile(x => net.forward(x))
  await forward(tensor(new Float32Array(64 * 1024).fill(i), { shape: [64, 1024] })).data()
  most = Math.max(most, process.memoryUsage().rss)
}
console.log(most / 2 ** 20)
`
  // 60 layers of 4 MiB and as much again in panels would be 480 MiB
  test.each(['native', 'wasm'])('give back their packed weights on %s', async device => {
    const { status, stdout, stderr } = await shop.run(`dropped-${device}`, script, { args: [device] })
    expect(status, stderr).toBe(0)
    expect(Number(stdout)).toBeGreaterThan(20)
    expect(Number(stdout)).toBeLessThan(300)
  }, 60_000)
})
