/** @file What a compiled mapping computes from cells alone is kept until one of them is written. */
import { describe, expect, test } from 'vitest'
import { installExecutor } from '../../src/graph/executor.ts'
import * as nn from '../../src/nn/index.ts'
import * as optim from '../../src/optim/index.ts'
import { compile, profile, seed, tensor, type Tensor } from '../../src/tensor/index.ts'
import { watched } from './support/executors.ts'

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
