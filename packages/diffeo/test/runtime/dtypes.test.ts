/** @file Every dtype on the compiled devices, from outside: made, cast, computed, trained, saved and loaded. */
import { afterEach, describe, expect, test } from 'vitest'
import {
  compile, device, grad, nn, ones, optim, Parameter, randn, seed, setDevice, tensor, type Device, type DType,
  type Tensor,
} from '../../src/index.node.ts'
import { decodeSafetensors, encodeSafetensors } from '../../src/io/index.ts'

const here = device()
afterEach(() => setDevice(here))

const floats = ['float64', 'float16', 'bfloat16'] as const

describe.each(['native', 'wasm'] as Device[])('%s', (name) => {
  const all: readonly DType[] = [...floats, 'float32', 'int8', 'uint8', 'int32', 'uint32']
  test.each(all)('%s: there and back', async dtype => {
    await setDevice(name)
    const x = tensor([1, 2, 3, 100], { dtype })
    expect(x.dtype).toBe(dtype)
    expect(await x.add(1).array()).toEqual([2, 3, 4, 101])
    expect(await x.cast('float32').array()).toEqual([1, 2, 3, 100])
    expect(await ones([3]).cast(dtype).sum().cast('float32').item()).toBe(3)
  })

  test('float64 keeps its digits, halves round to theirs', async () => {
    await setDevice(name)
    expect(await tensor([0.1], { dtype: 'float64' }).add(0.2).item()).toBe(0.1 + 0.2)
    expect(await tensor([0.1], { dtype: 'float16' }).item()).toBe(0.0999755859375)
    expect(await tensor([0.1]).cast('bfloat16').item()).toBe(0.10009765625)
    // 2048 + 1 is no float16, so each sum is 2048: nodes are rounded where they are fused, too
    expect(await tensor([2048], { dtype: 'float16' }).add(1).add(1).item()).toBe(2048)
    expect(await tensor([70000]).cast('float16').item()).toBe(Infinity)
    // but a sum is float32 inside
    expect(await ones([4096], { dtype: 'float16' }).mul(0.5).sum().item()).toBe(2048)
    expect(await ones([300, 4], { dtype: 'bfloat16' }).sum(0).array()).toEqual([300, 300, 300, 300])
  })

  test.each(floats)('a model goes to %s, trains, and comes back', async (dtype) => {
    await setDevice(name)
    seed(1)
    const model = new nn.Sequential(new nn.Linear(3, 16), new nn.GELU(), new nn.LayerNorm(16), new nn.Linear(16, 2))
    model.to(dtype)
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
    const step = compile((x: Tensor, y: Tensor) => {
      const loss = nn.crossEntropy(model.forward(x), y)
      optimizer.minimize(loss)
      return loss
    })
    const x = randn([32, 3]).cast(dtype)
    const y = x.cast('float32').sum(1).gt(0).cast('int32')
    const first = await step(x, y).item()
    for (let i = 0; i < 30; i++) step(x, y)
    const last = await step(x, y).item()
    expect(last).toBeLessThan(first * 0.8)
    expect(model.parameters().every(p => p.dtype === dtype)).toBe(true)
    model.to('float32')
    expect(model.forward(x.cast('float32')).dtype).toBe('float32')
  })

  test.each(floats)('%s: what a file holds', async (dtype) => {
    await setDevice(name)
    const w = new Parameter(tensor([[0.5, -1.25], [3, 1024]], { dtype }))
    const file = Buffer.concat(encodeSafetensors({ w: { dtype, shape: [2, 2], data: await w.data() } }))
    const { data, shape, dtype: stored } = decodeSafetensors(file).tensors.w
    const back = tensor(data, { dtype: stored, shape })
    expect([back.dtype, await back.array()]).toEqual([dtype, [[0.5, -1.25], [3, 1024]]])
    const products = {
      float64: [[-3.5, -1280.625], [3073.5, 1048572.25]], float16: [[-3.5, -1281], [3074, Infinity]],
      bfloat16: [[-3.5, -1280], [3072, 1048576]],
    }
    expect(await back.matmul(w).array()).toEqual(products[dtype])
  })

  test('numbers and derivatives in float64', async () => {
    await setDevice(name)
    const f = compile((x: Tensor, n: number) => x.mul(n).exp().sum())
    expect(await f(tensor([0.5], { dtype: 'float64' }), 0.2).item()).toBeCloseTo(Math.exp(0.1), 15)
    const slope = grad((x: Tensor) => x.sin().sum())(tensor([1.25], { dtype: 'float64' }))
    expect(await slope.item()).toBeCloseTo(Math.cos(1.25), 15)
  })
})
