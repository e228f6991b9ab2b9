import { beforeEach, describe, expect, test } from 'vitest'
import { counts } from './device.ts'
import { Buffer, compile, gradients, Parameter, tensor, type Tensor } from '../../../../src/tensor/index.ts'
import { assignAll } from '../../../../src/tensor/cells.ts'
import { GradientError } from '../../../../src/util/errors.ts'

const ones3 = [1, 1, 1]
let w: Parameter
beforeEach(() => { w = new Parameter([1, 2, 3], { name: 'w' }) })
/** What an optimizer's minimize does. */
function minimize(loss: Tensor, options: { retain?: boolean } = {}): void {
  const [g] = gradients(loss, [w])
  assignAll([[w, w.sub(g!.mul(0.5))]], { results: [loss], keep: options.retain })
}

describe('Values', () => {
  test('A Tensor is immutable: what was built or handed out never changes afterwards', () => {
    const data = new Float32Array([1, 2, 3])
    const x = tensor(data)
    const y = x.add(1)
    data[0] = 100
    expect(x.arraySync()).toEqual([1, 2, 3])
    const copy = x.dataSync()
    copy[1] = 100
    expect([x.arraySync(), y.arraySync()]).toEqual([[1, 2, 3], [2, 3, 4]])
  })
  test("An op reads a parameter's value at that moment", () => {
    const before = w.mul(2)
    w.assign([4, 5, 6])
    const after = w.mul(2)
    expect([before.arraySync(), after.arraySync()]).toEqual([[2, 4, 6], [8, 10, 12]])
  })
  test('assign never changes what was handed out earlier: data, detach', async () => {
    const snapshot = w.detach()
    const data = await w.data()
    w.assign(ones3)
    expect([snapshot.arraySync(), Array.from(data), w.arraySync()]).toEqual([[1, 2, 3], [1, 2, 3], ones3])
  })
  test('inside compile, later reads see the new value', () => {
    const f = compile(() => {
      const before = w.mul(1)
      w.assign(w.mul(10))
      return [before, w.mul(1)]
    })
    const [before, after] = f()
    expect([before.arraySync(), after.arraySync()]).toEqual([[1, 2, 3], [10, 20, 30]])
  })
  test('item() and data() cache the value', async () => {
    const y = tensor([1, 2]).exp().sum()
    await y.item()
    const count = counts.realized
    await y.item()
    await y.data()
    expect(counts.realized).toBe(count)
  })
  test('item() keeps history, so minimize(loss) afterwards works', async () => {
    const loss = w.square().sum()
    expect(await loss.item()).toBe(14)
    minimize(loss)
    expect(w.arraySync()).toEqual([0, 0, 0])
  })
  test('and does not repeat the forward pass', async () => {
    const total = w.square().sum()
    await total.exp().item()
    expect(total.node.storage).not.toBe(null)
  })
  test('detach() cuts history', () => {
    const [g] = gradients(w.mul(w.detach()).sum(), [w])
    expect(g!.arraySync()).toEqual([1, 2, 3])
  })
  test('leaving compile cuts history', () => {
    const f = compile((x: Tensor) => w.mul(x).sum(), { name: 'f' })
    const x = tensor(ones3)
    const y = f(x)
    expect(() => gradients(y, [w])).toThrow(/cut when it left compile\('f'\)/)
    expect(() => gradients(y, [x])).toThrow(GradientError)
  })
  test('outside a trace minimize(loss) cuts its history', () => {
    const loss = w.square().sum()
    minimize(loss)
    expect(() => minimize(loss)).toThrow(/minimize cut it/)
    expect(loss.itemSync()).toBe(14)
  })
  test('unless { retain: true }', () => {
    const loss = w.square().sum()
    minimize(loss, { retain: true })
    expect(gradients(loss, [w])[0]!.arraySync()).toEqual([2, 4, 6])
  })
  test('inside, minimize and realize only record', async () => {
    const f = compile((x: Tensor) => {
      const loss = w.mul(x).sum()
      void loss.realize()
      minimize(loss)
      return loss
    })
    expect(f(tensor(ones3)).itemSync()).toBe(6)
    expect(w.arraySync()).toEqual([0.5, 1.5, 2.5])
  })
  test('gradients through a cut throws', () => {
    const x = tensor([1, 2, 3])
    const y = x.mul(2)
    y.arraySync()
    expect(() => gradients(y.sum(), [x])).toThrow(GradientError)
    expect(() => gradients(y.sum(), [x])).toThrow(/tensors\[0\], of shape \[3\] was cut when it was realized/)
  })
  test('a gradient that is null without a cut stays null', () => {
    const [x, z] = [tensor([1, 2]), tensor([3])]
    x.mul(2).arraySync()
    expect(gradients(x.sum(), [z])).toEqual([null])
  })
  test('Every output of a compiled call is a buffer of its own: losses.push(step(x, y)) holds them all', () => {
    const step = compile((x: Tensor) => {
      w.assign(w.add(x))
      return w.sum()
    })
    const losses = [1, 2, 3].map(i => step(tensor([i, i, i])))
    expect(losses.map(l => l.itemSync())).toEqual([9, 15, 24])
  })
  test('several parameters assigned together see the values before', () => {
    const v = new Parameter([10, 20, 30])
    assignAll([[w, v.mul(1)], [v, w.mul(1)]])
    expect([w.arraySync(), v.arraySync()]).toEqual([[10, 20, 30], [1, 2, 3]])
  })
  test('two losses of one version: each gradient is of the value read', () => {
    const [a, b] = [w.square().sum(), w.mul(3).sum()]
    minimize(a)
    expect(gradients(b, [w])[0]!.arraySync()).toEqual([3, 3, 3])
  })
  test('Parameter and Buffer: assign checks shape and dtype', () => {
    const b = new Buffer([1, 2], { name: 'stats' })
    expect(() => b.assign([1, 2, 3])).toThrow('assign: stats has shape [2], the value [3]')
    expect(() => w.assign(tensor([1, 2, 3], { dtype: 'int32' }))).toThrow("write value.cast('float32')")
    expect(b.assign([5, 6]).arraySync()).toEqual([5, 6])
  })
})
