/** @file Weights of criteria are part of their state, under PyTorch's names. */
import { expect, test } from 'vitest'
import './setup.ts'
import * as nn from '../../../src/nn/index.ts'
import { compile, Parameter, ones, tensor, type Tensor } from '../../../src/tensor/index.ts'
import { DataError } from '../../../src/util/errors.ts'

const weight = tensor([1, 2, 3])
const labels = tensor([0, 2], { dtype: 'int32' })
const scores = tensor([[0.5, -1, 2], [1, 0, -0.5]])
const chances = tensor([[0.25, 0.5, 0.75], [0.5, 0.5, 0.125]])
const marks = tensor([[0, 1, 1], [1, 0, 0]])

/** Criterion, arguments, its keys in PyTorch, and PyTorch's loss with these weights, with twice these, without. */
const cases: [string, new (o: any) => nn.Module<[Tensor, Tensor]>, [Tensor, Tensor], string[], number[]][] = [
  ['CrossEntropyLoss', nn.CrossEntropyLoss, [scores, labels], ['weight'], [1.9086044, 1.9086044, 1.85284]],
  ['NLLLoss', nn.NLLLoss, [scores.logSoftmax(1), labels], ['weight'], [1.9086044, 1.9086044, 1.85284]],
  ['BCELoss', nn.BCELoss, [chances, marks], ['weight'], [0.8361764, 1.6723528, 0.4647228]],
  ['BCEWithLogitsLoss', nn.BCEWithLogitsLoss, [scores, marks], ['weight'], [1.1838619, 2.3677238, 0.6491254]],
  ['MultiMarginLoss', nn.MultiMarginLoss, [scores, labels], ['weight'], [2.4166667, 4.8333333, 1.0833333]],
  [
    'MultiLabelSoftMarginLoss', nn.MultiLabelSoftMarginLoss, [scores, marks], ['weight'],
    [1.1838619, 2.3677238, 0.6491254],
  ],
]
test.each(cases)('%s', (_, Criterion, args, keys, [once, twice, never]) => {
  const criterion = new Criterion({ weight })
  expect(Object.keys(criterion.stateDict())).toEqual(keys)
  expect(criterion.forward(...args).itemSync()).toBeCloseTo(once, 5)
  criterion.loadStateDict({ weight: weight.mul(2) })
  expect(criterion.forward(...args).itemSync()).toBeCloseTo(twice, 5)
  const compiled = compile((a: Tensor, b: Tensor) => criterion.forward(a, b))
  expect(compiled(...args).itemSync()).toBeCloseTo(twice, 5)
  criterion.loadStateDict({ weight })
  expect(compiled(...args).itemSync()).toBeCloseTo(once, 5)
  expect(() => criterion.loadStateDict({})).toThrow(DataError)
  expect(criterion.to('float64').stateDict().weight.dtype).toBe('float64')
  expect([criterion.parameters().length, criterion.buffers().length]).toEqual([0, 1])

  const plain = new Criterion({})
  expect(plain.stateDict()).toEqual({})
  expect(plain.forward(...args).itemSync()).toBeCloseTo(never, 5)
})

test('weights of positives are pos_weight', () => {
  const criterion = new nn.BCEWithLogitsLoss({ posWeight: weight, weight: ones([3]) })
  expect(Object.keys(criterion.stateDict()).sort()).toEqual(['pos_weight', 'weight'])
  expect(criterion.forward(scores, marks).itemSync()).toBeCloseTo(0.9103117, 5)
  criterion.loadStateDict({ pos_weight: ones([3]), weight })
  expect(criterion.forward(scores, marks).itemSync()).toBeCloseTo(1.1838619, 5)
})

test('LinearCrossEntropyLoss has them beside its own; a parameter stays one', () => {
  const criterion = new nn.LinearCrossEntropyLoss(4, 3, { weight, bias: true })
  expect(Object.keys(criterion.stateDict())).toEqual(['weight', 'linear.weight', 'linear.bias'])
  const trained = new Parameter(weight)
  expect(new nn.CrossEntropyLoss({ weight: trained }).parameters()).toEqual([trained])
})

test('a cluster of AdaptiveLogSoftmaxWithLoss has at least one hidden number', () => {
  // PyTorch makes a layer of size 0
  expect(() => new nn.AdaptiveLogSoftmaxWithLoss(6, 10, [3, 6])).toThrow(
    'cluster 2 has the hidden size ⌊6/4^2⌋ = 0, which tells none of its classes apart: give a lower divValue',
  )
  const { weight } = new nn.AdaptiveLogSoftmaxWithLoss(6, 10, [3, 6], { divValue: 2 }).tail.at(1)!.at(0) as nn.Linear
  expect(weight.shape).toEqual([1, 6])
})
