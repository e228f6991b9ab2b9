/** @file An index out of range is an error even where no address needs it: all elements along the axis are the same. */
import { describe, expect, test } from 'vitest'
import { installExecutor } from '../../src/graph/executor.ts'
import { binaryCrossEntropy, crossEntropy, Embedding, Linear, Sequential } from '../../src/nn/index.ts'
import { compile, eye, full, ones, randn, tensor, zeros, type Tensor } from '../../src/tensor/index.ts'
import { DataError } from '../../src/util/errors.ts'
import { makeExecutor } from './support/executors.ts'

const sources: Readonly<Record<string, () => Tensor>> = {
  zeros: () => zeros([3, 4]),
  'minus zeros': () => full([3, 4], -0),
  ones: () => ones([3, 4]),
  'what is not a number': () => full([3, 4], NaN),
  truths: () => ones([3, 4], { dtype: 'bool' }),
  'an expanded column': () => randn([3, 1]).expand([3, 4]),
  'an axis of one': () => randn([3, 1]),
}
const takes: Readonly<Record<string, (x: Tensor, i: Tensor) => Tensor>> = {
  taken: (x, i) => x.gather(1, i),
  'taken, then summed': (x, i) => x.gather(1, i).cast('float32').sum(),
  'taken twice': (x, i) => x.gather(1, i).gather(1, i.mul(0)),
}
const ids = (...values: number[]): Tensor => tensor(values, { dtype: 'int32' })

describe.each(['interp', 'native', 'wasm'])('%s', device => {
  const executor = makeExecutor(device)
  describe.each(Object.keys(sources))('%s', source => {
    test.each(Object.keys(takes))('%s', name => {
      installExecutor(executor)
      const f = (i: Tensor) => takes[name](sources[source](), i)
      for (const g of [f, compile(f)]) {
        for (const i of [-1, 4, 9]) expect(() => g(ids(0, i, 0).reshape([3, 1])).dataSync()).toThrow(DataError)
        expect(() => g(ids(0, 0, 0).reshape([3, 1])).dataSync()).not.toThrow()
      }
    })
  })
  test('a label, when all scores are the same', () => {
    installExecutor(executor)
    expect(() => crossEntropy(zeros([4, 10]), ids(0, 1, 2, 10)).itemSync()).toThrow(DataError)
    expect(crossEntropy(zeros([4, 10]), ids(0, 1, 2, 9)).itemSync()).toBeCloseTo(Math.log(10), 5)
  })
  test('the error says what it was: the lookup and its module, or what was tested', () => {
    installExecutor(executor)
    const model = new Sequential(new Embedding(7, 2), new Linear(2, 2))
    const table = device === 'interp' ? /gather: index 9 .* axis 0 of float32\[7, 2\]/
      : /axis of 7 is not one of 0 to 6 \(gather of float32\[7,2\] in '0'\)/
    const probability = /^binaryCrossEntropy: an input is no probability.* binaryCrossEntropyWithLogits/
    for (const wrap of [<F>(f: F) => f, compile]) {
      expect(() => wrap((i: Tensor) => model.forward(i).sum())(ids(0, 9)).itemSync()).toThrow(table)
      // an axis of two, beside the table of two ends of the test
      expect(() => wrap((i: Tensor) => eye(2).index(i).sum())(ids(0, 2)).itemSync()).not.toThrow(/binaryCrossEntropy/)
      expect(() => wrap((x: Tensor) => binaryCrossEntropy(x, ones([2])))(tensor([0.5, 1.5])).itemSync())
        .toThrow(probability)
    }
  })
})
