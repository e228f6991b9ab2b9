/** @file Values from data that a program looks at while it runs, and functions near overflow, on every backend. */
import { afterAll, describe, expect, test } from 'vitest'
import { installExecutor, type Executor } from '../../src/graph/executor.ts'
import * as nn from '../../src/nn/index.ts'
import { CompiledExecutor } from '../../src/runtime/compiled-executor.ts'
import { InterpExecutor } from '../../src/runtime/interp-executor.ts'
import { compile, full, grad, slice, tensor, type Tensor } from '../../src/tensor/index.ts'
import { DataError } from '../../src/util/errors.ts'
import { backends } from './support/backends.ts'

const reference = new InterpExecutor()
afterAll(() => installExecutor(reference))
const executors: [string, Executor][] = [
  ['interp', reference],
  ...backends().map(({ name, linker, target }): [string, Executor] => [
    name, new CompiledExecutor({ device: name === 'wasm' ? 'wasm' : 'native', linker, target }),
  ]),
]
const ids = (...values: number[]): Tensor => tensor(values, { dtype: 'int32' })

describe.each(executors)('%s', (_, executor) => {
  const on = (name: string, body: () => void): void => { test(name, () => { installExecutor(executor); body() }) }

  on('oneHot', () => {
    expect(ids(2, 0).oneHot(3).arraySync()).toEqual([[0, 0, 1], [1, 0, 0]])
    expect(tensor([[1], [0]], { dtype: 'uint8' }).oneHot(2).arraySync()).toEqual([[[0, 1]], [[1, 0]]])
    expect(ids().oneHot(2).shape).toEqual([0, 2])
    for (const wrong of [[3], [-1], [0, 1, 99]])
      expect(() => ids(...wrong).oneHot(3).dataSync(), String(wrong)).toThrow(DataError)
    expect(() => compile((x: Tensor) => x.oneHot(3).sum())(ids(0, 5)).dataSync()).toThrow(DataError)
  })
  on('running sums and products of float32 are chained in float64', () => {
    const n = 400_000
    for (const shape of [[n], [4, n / 4], [n / 16, 16]]) {
      const axis = shape[0] > 4 ? 0 : 1
      const sums = full(shape, 0.1).cumsum(axis).dataSync()
      expect(sums[sums.length - 1] / (Math.fround(0.1) * shape[axis])).toBeCloseTo(1, 7)
      const product = full(shape, 1 + 2 ** -20).cumprod(axis).dataSync()
      expect(product[product.length - 1] / (1 + 2 ** -20) ** shape[axis]).toBeCloseTo(1, 7)
    }
    expect(tensor([1, Infinity, -Infinity]).cumsum(0).arraySync()).toEqual([1, Infinity, NaN])
  })
  on('a quotient has one value, whatever it is computed with', () => {
    // 41 · (1/41) < 1, and 1/1e-40 is infinite
    const rows = [41, 47, 55, 61, 82, 1e-40].map(v => Array.from({ length: 64 }, (_, i) => (i === 3 ? v : 0)))
    const x = tensor(rows)
    const ones = [1, 1, 1, 1, 1, 1]
    for (const f of [
      (x: Tensor) => x.div(x.amax(1, { keepdims: true })).floor().amax(1),
      (x: Tensor) => x.div(x.sum(1, { keepdims: true })).amax(1),
      (x: Tensor) => x.div(x).index(slice(), 3),
    ]) for (const g of [f, compile(f)]) expect(g(x).arraySync()).toEqual(ones)
    expect(full([41], 1).mean().itemSync()).toBe(1)
  })
  on('binaryCrossEntropy looks at its probabilities', () => {
    const y = tensor([1, 0, 1])
    const loss = (x: Tensor): Tensor => nn.binaryCrossEntropy(x, y)
    expect(loss(tensor([0.5, 0, 1])).itemSync()).toBeCloseTo(Math.LN2 / 3, 6)
    expect(
      grad(loss)(tensor([0.5, 0.5, 0.5]))
        .arraySync()
        .map((v: number) => v * 3),
    ).toEqual([-2, 2, -2].map(v => expect.closeTo(v, 5)))
    for (const wrong of [2, -0.1, NaN]) {
      const x = tensor([0.5, wrong, 0.5])
      expect(() => loss(x).itemSync(), String(wrong)).toThrow(DataError)
      expect(() => loss(x).itemSync()).toThrow(/binaryCrossEntropyWithLogits/)
      expect(() => grad(loss)(x).dataSync(), `gradient at ${wrong}`).toThrow(DataError)
      expect(() => compile(grad(loss))(x).dataSync(), `compiled, at ${wrong}`).toThrow(DataError)
    }
  })
  on('sinh and cosh overflow where they do, not where e^x does', () => {
    const x = tensor([-89, 89, 89.4, -89.5, 79.9, 80.1, 0, 1e-4])
    const [s, c] = [[...x.sinh().dataSync()], [...x.cosh().dataSync()]]
    for (const [i, v] of [
      -89,
      89,
      Math.fround(89.4),
      -Infinity,
      Math.fround(79.9),
      Math.fround(80.1),
      0,
      Math.fround(1e-4),
    ].entries()) {
      expect(s[i] / Math.sinh(v) || 1, `sinh ${v}`).toBeCloseTo(1, 5)
      expect(c[i] / Math.cosh(v) || 1, `cosh ${v}`).toBeCloseTo(1, 5)
    }
    expect(s[3]).toBe(-Infinity)
    const slopes = grad((v: Tensor) => v.sinh().sum())(x).dataSync()
    expect(slopes[0] / Math.cosh(89)).toBeCloseTo(1, 5)
    const second = grad((v: Tensor) => grad((u: Tensor) => u.cosh().sum())(v).sum())(tensor([0, 1])).dataSync()
    expect(second[0]).toBeCloseTo(1, 6)
    expect(second[1]).toBeCloseTo(Math.cosh(1), 5)
  })
})
