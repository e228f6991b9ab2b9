/** @file Losses with margins, likelihoods and others: what float32 shows, and what does not fit. */
import { describe, expect, test } from 'vitest'
import './setup.ts'
import * as nn from '../../../src/nn/index.ts'
import { gradients, ones, tensor, zeros, type Tensor } from '../../../src/tensor/index.ts'
import { DataError } from '../../../src/util/errors.ts'

const ids = (...labels: number[]): Tensor => tensor(labels, { dtype: 'int32' })

describe('values', () => {
  test('are finite where e to them is not', () => {
    const x = tensor([1000, -1000])
    expect(nn.softMarginLoss(x, tensor([-1, 1]), { reduction: 'none' }).arraySync()).toEqual([1000, 1000])
    expect(nn.focalLoss(x, tensor([0, 1]), { reduction: 'none', alpha: null }).arraySync()).toEqual([1000, 1000])
  })
  test('a count of 0 in full, which PyTorch differentiates to NaN', () => {
    const y = tensor([0, 1])
    const [g] = gradients(nn.poissonNLLLoss(tensor([0, 0]), y, { full: true, reduction: 'sum' }), [y])
    expect(g!.arraySync()).toEqual([0, 0])
  })
  test('what is empty in both is no Dice loss', () => {
    expect(nn.diceLoss(zeros([1, 1, 4]), zeros([1, 1, 4])).itemSync()).toBe(0)
    expect(nn.diceLoss(ones([2, 1, 4]), ones([2, 1, 4], { dtype: 'bool' }), { reduction: 'none' }).shape).toEqual([
      2, 1,
    ])
  })
  test('rows that are zero have no direction', () => {
    const x = zeros([2, 3])
    const [g] = gradients(nn.infoNCE(x, ones([2, 3]), { temperature: 1 }), [x])
    expect(g!.isFinite().all().itemSync()).toBeTruthy()
  })
  test('targets of whole numbers', () => {
    expect(nn.hingeEmbeddingLoss(tensor([2, 0.5]), ids(1, -1)).itemSync()).toBe(1.25)
    expect(nn.marginRankingLoss(tensor([1]), tensor([3]), ids(1)).itemSync()).toBe(2)
    expect(nn.cosineEmbeddingLoss(tensor([[1, 0]]), tensor([[0, 1]]), ids(1)).itemSync()).toBe(1)
  })
})

describe('what the program finds', () => {
  test('labels out of range', () => {
    for (const bad of [-1, 3]) expect(() => nn.multiMarginLoss(zeros([1, 3]), ids(bad)).itemSync()).toThrow(DataError)
    for (const bad of [-2, 3]) {
      expect(() => nn.multilabelMarginLoss(zeros([1, 3]), ids(0, bad, -1).reshape(1, 3)).itemSync()).toThrow(DataError)
    }
  })
  test('a variance below 0', () => {
    expect(() => nn.gaussianNLLLoss(zeros([1]), zeros([1]), tensor([-1])).itemSync()).toThrow(DataError)
  })
})

describe('what does not fit', () => {
  const [row, rows, labels] = [zeros([3]), zeros([2, 3]), ids(0, 1)]
  const cases: [string, () => unknown, string][] = [
    ['a column of signs', () => nn.hingeEmbeddingLoss(row, zeros([3, 1])), 'write target.reshape(3)'],
    ['float labels', () => nn.multiMarginLoss(rows, zeros([2])), "write target.cast('int32')"],
    ['class probabilities', () => nn.multiMarginLoss(rows, rows), 'write target.argmax(1)'],
    [
      'an image',
      () => nn.multiMarginLoss(zeros([2, 3, 4]), zeros([2, 4], { dtype: 'int32' })),
      'expected [batch, classes]',
    ],
    ['a cube', () => nn.multiMarginLoss(rows, labels, { p: 3 as never }), 'p is 3: expected 1 or 2'],
    ['weights', () => nn.multiMarginLoss(rows, labels, { weight: ones([2]) }), 'one weight for each of the 3 classes'],
    ['float label lists', () => nn.multilabelMarginLoss(rows, rows), "write target.cast('int32')"],
    ['0-d', () => nn.multilabelSoftMarginLoss(tensor(0), tensor(0)), 'expected [..., classes]'],
    ['two signs', () => nn.cosineEmbeddingLoss(rows, rows, zeros([3])), 'the inputs are [2,3], the target [3]'],
    ['two sizes', () => nn.cosineEmbeddingLoss(rows, row, zeros([2])), 'the input1 is [2,3], the input2 [3]'],
    ['ranks', () => nn.marginRankingLoss(row, row, rows), 'the input1 is [3], the target [2,3]'],
    ['triplets', () => nn.tripletMarginLoss(rows, rows, row), 'the anchor is [2,3], the negative [3]'],
    ['no margin', () => nn.tripletMarginLoss(rows, rows, rows, { margin: 0 }), 'margin is 0'],
    ['variance', () => nn.gaussianNLLLoss(rows, rows, zeros([3])), 'the input is [2,3], the variance [3]'],
    ['eps', () => nn.gaussianNLLLoss(rows, rows, rows, { eps: 0 }), 'eps is 0'],
    ['gamma', () => nn.focalLoss(row, row, { gamma: -1 }), 'gamma is -1'],
    ['a mask without channel', () => nn.diceLoss(rows, rows), 'write unsqueeze(1)'],
    ['temperature', () => nn.infoNCE(rows, rows, { temperature: 0 }), 'temperature is 0'],
    [
      'negatives',
      () => nn.infoNCE(rows, rows, { negatives: zeros([2, 4]) }),
      'the negatives are [2,4]: expected [count, 3]',
    ],
    ['vectors', () => nn.infoNCE(row, row), 'expected [batch, size]'],
    ['reduction', () => nn.poissonNLLLoss(row, row, { reduction: 'batchmean' as never }), "reduction is 'batchmean'"],
    ['option', () => new nn.PoissonNLLLoss({ log_input: false } as never), "did you mean 'logInput'"],
  ]
  test.each(cases)('%s', (_, call, message) => expect(call).toThrow(message))
})
