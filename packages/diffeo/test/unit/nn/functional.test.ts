/** @file Functions whose numbers follow by hand, or are random. */
import { describe, expect, test } from 'vitest'
import './setup.ts'
import * as nn from '../../../src/nn/index.ts'
import * as optim from '../../../src/optim/index.ts'
import { arange, gradients, ones, seed, tensor, zeros } from '../../../src/tensor/index.ts'

describe('pooling with the places of the maxima', () => {
  const line = tensor([[3, 1, 2, 5, 4]])
  const image = arange(12).reshape(1, 3, 4)
  test('adaptive', () => {
    const [values, at] = nn.adaptiveMaxPool1dWithIndices(line, 2)
    expect([values.arraySync(), at.arraySync()]).toEqual([[[3, 5]], [[0, 3]]])
    expect(nn.adaptiveMaxPool2dWithIndices(image, [1, 2])[1].arraySync()).toEqual([[[9, 11]]])
    expect(nn.adaptiveMaxPool3dWithIndices(image.unsqueeze(0), 1)[1].arraySync()).toEqual([[[[11]]]])
  })
  test('in windows', () => {
    expect(nn.maxPool1dWithIndices(line, 2)[1].arraySync()).toEqual([[0, 3]])
    expect(nn.maxPool3dWithIndices(image.unsqueeze(0), [1, 2, 2])[1].arraySync()).toEqual([[[[5, 7]]]])
  })
  test('in random windows, which lie in the input', () => {
    seed(2)
    const [values, at] = nn.fractionalMaxPool2dWithIndices(image.flip(2), 2, { outputSize: 2 })
    expect(values.arraySync()).toEqual(at.arraySync<number[][][]>().map(c => c.map(r => r.map(i =>
      i - i % 4 + 3 - i % 4))))
    const [, places] = nn.fractionalMaxPool3dWithIndices(ones([1, 4, 4, 4]), 2, { outputRatio: 0.5 })
    expect(places.shape).toEqual([1, 2, 2, 2])
  })
  test('errors', () => {
    expect(() => nn.maxUnpool1d(line, ones([1, 5]), 2)).toThrow('the indices are float32')
    expect(() => nn.maxUnpool1d(line, zeros([1, 4], { dtype: 'int32' }), 2)).toThrow('the indices are [1,4]')
    const places = arange(5, { dtype: 'int32' }).reshape(1, 5)
    expect(() => nn.maxUnpool1d(line, places, 2, { outputSize: [12] })).toThrow('less than a stride from [10]')
    expect(() => nn.maxUnpool1d(line, places.add(6), 2).dataSync()).toThrow()
    expect(() => nn.fractionalMaxPool2d(image, 2, {})).toThrow('give either outputSize or outputRatio')
    expect(() => nn.fractionalMaxPool2d(image, 2, { outputSize: 3 }))
      .toThrow('3 windows of 2 elements do not fit into 3')
    expect(() => nn.fractionalMaxPool2d(image, 2, { outputRatio: 1.5 })).toThrow('outputRatio is 1.5')
  })
})

describe('gumbelSoftmax', () => {
  const logits = tensor([Math.log(0.2), Math.log(0.7), Math.log(0.1)]).expand([20_000, 3])
  test('takes each class as often as its probability says', () => {
    seed(0)
    const hard = nn.gumbelSoftmax(logits, { hard: true })
    const [a, b, c] = hard.mean(0).dataSync()
    expect(a).toBeCloseTo(0.2, 1.7)
    expect(b).toBeCloseTo(0.7, 1.7)
    expect(c).toBeCloseTo(0.1, 1.7)
    expect(hard.sum(1).sub(1).abs().max().itemSync()).toBeLessThan(1e-6)
  })
  test('soft at a high temperature, with a gradient also where it is hard', () => {
    const soft = nn.gumbelSoftmax(logits, { tau: 100 })
    expect(soft.sub(1 / 3).abs().max().itemSync()).toBeLessThan(0.1)
    const x = zeros([4, 3])
    seed(1)
    const [hard] = gradients(nn.gumbelSoftmax(x, { hard: true }).mul(tensor([1, 2, 3])).sum(), [x])
    seed(1)
    const [gradient] = gradients(nn.gumbelSoftmax(x).mul(tensor([1, 2, 3])).sum(), [x])
    hard!.dataSync().forEach((g, i) => expect(g).toBeCloseTo(gradient!.dataSync()[i], 6))
    expect(() => nn.gumbelSoftmax(x, { tau: 0 })).toThrow('tau is 0')
  })
})

test('oneHot', () => {
  expect(nn.oneHot(tensor([2, 0], { dtype: 'int32' }), 3).arraySync()).toEqual([[0, 0, 1], [1, 0, 0]])
})

test('fuseConvBnWeights and fuseLinearBnWeights: w·s and (b − mean)·s + bias', () => {
  const bn = { runningMean: tensor([1]), runningVar: tensor([3]), eps: 1, weight: tensor([4]), bias: tensor([5]) }
  const found = [
    nn.utils.fuseConvBnWeights(ones([1, 1, 1, 1]), null, bn),
    nn.utils.fuseLinearBnWeights(ones([1, 1]), tensor([2]), bn),
  ]
  expect(found.map(pair => pair.map(t => t.dataSync()[0]))).toEqual([[2, 3], [2, 7]])
})

test('getTotalNorm and clipGradsWithNorm', () => {
  const grads = [tensor([3]), null, tensor([[-4]])] as const
  expect(optim.getTotalNorm(grads)!.itemSync()).toBe(5)
  expect(optim.getTotalNorm(grads, { normType: 1 })!.itemSync()).toBe(7)
  expect(optim.getTotalNorm(grads, { normType: Infinity })!.itemSync()).toBe(4)
  expect(optim.getTotalNorm([null])).toBeNull()
  const [a, none, b] = optim.clipGradsWithNorm(grads, 1, tensor(10))
  expect([a.dataSync()[0], none, b.dataSync()[0]]).toEqual([expect.closeTo(0.3, 6), null, expect.closeTo(-0.4, 6)])
  const { grads: clipped, norm } = optim.clipGradNorm(grads, 1, { normType: Infinity })
  expect([clipped[0].dataSync()[0], norm!.itemSync()]).toEqual([expect.closeTo(0.75, 6), 4])
})
