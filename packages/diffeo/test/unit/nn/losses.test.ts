import { describe, expect, test } from 'vitest'
import './setup.ts'
import * as nn from '../../../src/nn/index.ts'
import { compile, gradients, ones, tensor, zeros, type Tensor } from '../../../src/tensor/index.ts'
import { DataError, DTypeError, ShapeError } from '../../../src/util/errors.ts'

const ids = (...labels: number[]): Tensor => tensor(labels, { dtype: 'int32' })
const near = (t: Tensor, ...wanted: number[]): void => {
  const found = t.dataSync()
  expect(found).toHaveLength(wanted.length)
  wanted.forEach((w, i) => expect(found[i]).toBeCloseTo(w, 5))
}

describe('values', () => {
  const [x, y] = [tensor([0.5, -2, 3]), tensor([0, 0, 0])]
  test('of differences', () => {
    near(new nn.L1Loss().forward(x, y), 5.5 / 3)
    near(new nn.MSELoss({ reduction: 'sum' }).forward(x, y), 13.25)
    near(new nn.HuberLoss({ delta: 2, reduction: 'none' }).forward(x, y), 0.125, 2, 4)
    near(new nn.SmoothL1Loss({ beta: 2, reduction: 'none' }).forward(x, y), 0.0625, 1, 2)
    near(new nn.SmoothL1Loss({ beta: 0, reduction: 'none' }).forward(x, y), 0.5, 2, 3)
  })
  test('nll is the second half of cross entropy', () => {
    const logits = tensor([[1, 2, 3], [3, 2, 1]])
    const options = { weight: tensor([1, 2, 3]), ignoreIndex: 1 }
    for (const reduction of ['none', 'mean', 'sum'] as const) {
      const wanted = nn.crossEntropy(logits, ids(2, 1), { ...options, reduction }).dataSync()
      near(new nn.NLLLoss({ ...options, reduction }).forward(logits.logSoftmax(1), ids(2, 1)), ...wanted)
    }
    near(nn.nllLoss(logits.logSoftmax(1), ids(2, 0)), nn.crossEntropy(logits, ids(2, 0)).itemSync())
  })
  test('divergence', () => {
    const [p, q] = [tensor([[0.5, 0.5]]), tensor([[1, 0]])]
    near(nn.klDiv(p.log(), q), Math.LN2 / 2)
    near(nn.klDiv(p.log(), q, { reduction: 'batchmean' }), Math.LN2)
    near(nn.klDiv(p.log(), q, { reduction: 'sum' }), Math.LN2)
    near(new nn.KLDivLoss({ reduction: 'none' }).forward(p.log(), q), Math.LN2, 0)
    near(
      nn.klDiv(p.log(), tensor([[0.25, 0.75]]).log(), { logTarget: true, reduction: 'sum' }),
      0.25 * Math.log(0.5) + 0.75 * Math.log(1.5),
    )
  })
  test('integer targets of binary losses', () => near(nn.binaryCrossEntropyWithLogits(tensor([0]), ids(1)), Math.LN2))
  test('uint8 labels', () => near(nn.crossEntropy(zeros([2, 4]), tensor(Uint8Array.of(0, 3))), Math.log(4)))
})

describe('cross entropy is stable', () => {
  test('for logits of any size, in float32', () => {
    const logits = tensor([[1e4, 0, -1e4], [-1e30, 1e30, 0]])
    const loss = nn.crossEntropy(logits, ids(0, 1), { reduction: 'none' })
    const [g] = gradients(loss.sum(), [logits])
    near(loss, 0, 0)
    near(g!, 0, 0, 0, 0, 0, 0)
  })
  test('a class that is impossible', () => {
    near(nn.crossEntropy(tensor([[0, -Infinity]]), ids(0)), 0)
    expect(nn.crossEntropy(tensor([[0, -Infinity]]), ids(1)).itemSync()).toBe(Infinity)
  })
  test('all ignored: NaN, as 0/0 is', () => expect(nn.crossEntropy(zeros([1, 2]), ids(-100)).itemSync()).toBeNaN())
})

describe('targets that do not fit', () => {
  const logits = zeros([2, 3])
  const cases: [string, Tensor, Tensor, new () => Error, string][] = [
    ['float labels', logits, tensor([0, 1]), DTypeError, "class labels are whole numbers: write target.cast('int32')"],
    ['bool labels', logits, tensor([true, false]), DTypeError, "write target.cast('int32')"],
    [
      'integer probabilities',
      logits,
      ids(0, 0, 0, 0, 0, 0).reshape(2, 3),
      DTypeError,
      "class probabilities are floats: write target.cast('float32')",
    ],
    ['another size', logits, ids(0, 1, 2), ShapeError, 'expected labels [2] of whole numbers, or probabilities [2,3]'],
    ['a column', logits, ids(0, 1).reshape(2, 1), ShapeError, 'the logits are [2,3], the target is int32 [2,1]'],
    ['integer logits', logits.cast('int32'), ids(0, 1), DTypeError, "write logits.cast('float32')"],
    ['0-d logits', tensor(1), ids(0).reshape([]), ShapeError, 'the logits are 0-d'],
  ]
  for (const [name, x, y, type, message] of cases) {
    test(name, () => {
      expect(() => nn.crossEntropy(x, y)).toThrow(type)
      expect(() => nn.crossEntropy(x, y)).toThrow(message)
    })
  }
  test('labels out of range are an error at run time, and update nothing', () => {
    for (const bad of [3, -1]) {
      expect(() => nn.crossEntropy(logits, ids(0, bad)).itemSync()).toThrow(DataError)
      const f = compile((x: Tensor, y: Tensor) => nn.crossEntropy(x, y))
      expect(() => f(logits, ids(0, bad)).itemSync()).toThrow(DataError)
    }
  })
  test('options', () => {
    expect(() => nn.crossEntropy(logits, ids(0, 1), { weight: ones([2]) })).toThrow(
      'weight is [2]: expected one weight for each of the 3 classes',
    )
    expect(() => nn.crossEntropy(logits, ids(0, 1), { labelSmoothing: 2 })).toThrow('labelSmoothing is 2')
    expect(() => nn.crossEntropy(logits, ids(0, 1), { reduction: 'max' as never })).toThrow(
      "reduction is 'max': there are 'none', 'mean', 'sum'",
    )
    expect(() => nn.nllLoss(logits, logits)).toThrow('nllLoss: the target is float')
  })
  test('pairs', () => {
    expect(() => nn.mseLoss(zeros([2, 1]), zeros([2]))).toThrow('they must have one shape: write target.reshape(2, 1)')
    expect(() => nn.l1Loss(zeros([2]), zeros([3]))).toThrow('the input is [2], the target [3]')
    expect(() => nn.mseLoss(ids(1), ids(1))).toThrow("write input.cast('float32')")
    expect(() => nn.huberLoss(zeros([1]), zeros([1]), { delta: 0 })).toThrow('delta is 0')
    expect(() => nn.smoothL1Loss(zeros([1]), zeros([1]), { beta: -1 })).toThrow('beta is -1')
    expect(() => nn.klDiv(zeros([1]), zeros([1]), { reduction: 'all' as never })).toThrow(
      "there are 'none', 'mean', 'sum', 'batchmean'",
    )
    expect(() => nn.mseLoss(zeros([1]), zeros([1]), { reduction: 'all' as never })).toThrow("reduction is 'all'")
  })
})
