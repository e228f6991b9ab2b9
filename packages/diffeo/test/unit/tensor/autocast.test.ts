import { describe, expect, test } from 'vitest'
import '../../../src/index.node.ts'
import * as nn from '../../../src/nn/index.ts'
import * as optim from '../../../src/optim/index.ts'
import {
  autocast,
  compile,
  einsum,
  grad,
  randn,
  seed,
  setDevice,
  tensor,
  type Tensor,
} from '../../../src/index.node.ts'
import { evaluate, fit } from '../../../src/train/index.ts'

const numbers = async (t: Tensor): Promise<number[]> => [...await t.data()]
/** What a bfloat16 says of x. */
const rounded = (x: Tensor): Tensor => x.cast('bfloat16').cast('float32')

describe.each(['interp', 'native', 'wasm'] as const)('on %s', device => {
  test('products are of rounded operands, everything else is as it was', async () => {
    await setDevice(device)
    seed(1)
    const [a, b] = [randn([5, 7]), randn([7, 3])]
    const expected = await numbers(rounded(a).matmul(rounded(b)).add(a.sum()))
    expect(await numbers(autocast('bfloat16', () => a.matmul(b).add(a.sum())))).toEqual(expected)
    expect(await numbers(autocast('bfloat16', () => einsum('ij,jk->ik', a, b)))).toEqual(
      await numbers(rounded(a).matmul(rounded(b))))
    expect(await numbers(a.matmul(b))).not.toEqual(await numbers(rounded(a).matmul(rounded(b))))
    const [x, w] = [randn([2, 3, 6, 6]), randn([4, 3, 3, 3])]
    expect(await numbers(autocast('bfloat16', () => nn.conv2d(x, w)))).toEqual(
      await numbers(nn.conv2d(rounded(x), rounded(w))))
    // whole numbers and float64 have no narrower form
    expect(
      await numbers(
        autocast('float16', () =>
          tensor([[2049, 1]])
            .cast('int32')
            .matmul(tensor([[1], [1]]).cast('int32')),
        ),
      ),
    ).toEqual([2050])
  })

  test('gradients are those of the rounded product', async () => {
    await setDevice(device)
    seed(2)
    const [a, b] = [randn([4, 6]), randn([6, 2])]
    const found = grad((w: Tensor) => autocast('bfloat16', () => a.matmul(w)).square().sum())(b)
    const product = rounded(a).matmul(rounded(b))
    const expected = rounded(rounded(a).transpose(0, 1).matmul(product.mul(2)))
    expect(await numbers(found)).toEqual(await numbers(expected))
  })
})

test('what was compiled is compiled anew inside of it, and outside again', async () => {
  await setDevice('interp')
  const f = compile((x: Tensor) => x.matmul(x))
  const x = tensor([[1.001, 0], [0, 1]])
  const [outside, inside, after] = [f(x), autocast('bfloat16', () => f(x)), f(x)]
  expect((await numbers(inside))[0]).toBe(1)
  expect((await numbers(outside))[0]).toBeCloseTo(1.002001, 5)
  expect(await numbers(after)).toEqual(await numbers(outside))
  expect(() => autocast('bfloat16', () => { throw new Error('inside') })).toThrow('inside')
  expect(await numbers(f(x))).toEqual(await numbers(outside))
  expect(() => autocast('half' as never, () => 0)).toThrow(/the type is the text 'half'; it must be 'bfloat16' or/)
})

test('fit and evaluate take the precision', async () => {
  await setDevice('native')
  const trained = async (precision: 'float32' | 'bfloat16'): Promise<[number, number, number]> => {
    seed(3)
    const model = new nn.Sequential(new nn.Linear(4, 16), new nn.Tanh(), new nn.Linear(16, 1))
    const x = randn([64, 4])
    const y = x.square().sum(1, { keepdims: true })
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 })
    const history = await fit(model, [x, y], { loss: nn.mseLoss, optimizer, epochs: 20, seed: 4, precision })
    const [first, last] = [history.series('loss')[0], history.series('loss').at(-1)!]
    expect(model.parameters().every(p => p.dtype === 'float32')).toBe(true)
    const measured = await evaluate(model, [x, y], { loss: nn.mseLoss, precision })
    return [first, last, measured.loss]
  }
  const [[first, last, measured], whole] = [await trained('bfloat16'), await trained('float32')]
  expect(last).toBeLessThan(first / 2)
  expect(last).not.toBe(whole[1])
  expect(Math.abs(last - whole[1]) / whole[1]).toBeLessThan(0.05)
  expect(Math.abs(measured - whole[2]) / whole[2]).toBeLessThan(0.05)
  await expect(trained('float16' as never)).rejects.toThrow(/precision is the text 'float16'.*scaled loss/)
})
