import { describe, expect, test } from 'vitest'
import { count, input } from './support.ts'
import type { Tensor } from '../../../src/tensor/index.ts'
import * as nn from '../../../src/nn/index.ts'
import { adamStep } from '../../../src/optim/adam.ts'

const [rows, columns] = [64, 1000]
const matrix = rows * columns * 4

describe('one kernel each', () => {
  test('softmax', () => {
    const c = count([input([rows, columns]).softmax(1)])
    expect(c.kernels).toBe(1)
    expect(c.bytes).toBe(2 * matrix)
  })

  test('logSoftmax', () => expect(count([input([rows, columns]).logSoftmax(-1)]).kernels).toBe(1))

  test('layerNorm', () => {
    const [x, weight, bias] = [input([rows, columns]), input([columns]), input([columns])]
    const c = count([nn.layerNorm(x, [columns], { weight, bias })])
    expect(c.kernels).toBe(1)
    expect(c.bytes).toBe(2 * matrix + 2 * columns * 4)
  })

  test('cross entropy of labels, before the mean over the batch', () => {
    const c = count([nn.crossEntropy(input([rows, columns]), input([rows], 'int32'), { reduction: 'none' })])
    expect(c.kernels).toBe(1)
    expect(c.bytes).toBe(matrix + 2 * rows * 4)
  })

  test('cross entropy of probabilities, before the mean', () => {
    const c = count([nn.crossEntropy(input([rows, columns]), input([rows, columns]), { reduction: 'none' })])
    expect(c.kernels).toBe(1)
  })

  test('gelu', () => {
    const c = count([input([rows, columns]).gelu()])
    expect([c.kernels, c.bytes]).toEqual([1, 2 * matrix])
  })

  test('a linear layer with bias and relu', () => {
    const c = count([nn.linear(input([64, 32]), input([48, 32]), input([48])).relu()])
    expect(c.calls.filter(k => !k.name.includes('pack')).length).toBe(1)
    expect(c.flops).toBeGreaterThanOrEqual(2 * 64 * 32 * 48)
  })
})

test('softmax backward is one kernel', () => {
  const [y, g] = [input([rows, columns]), input([rows, columns])]
  const c = count([y.mul(g.sub(g.mul(y).sum(1, { keepdims: true })))])
  expect([c.kernels, c.bytes]).toEqual([1, 3 * matrix])
})

test('an Adam step reads and writes each byte once', () => {
  const shapes = [[128, 784], [128], [10, 128], [10]]
  const scalar = (): Tensor => input([])
  const h = {
    lr: scalar(),
    eps: scalar(),
    taken1: scalar(),
    beta2: scalar(),
    taken2: scalar(),
    logBeta1: scalar(),
    logBeta2: scalar(),
  }
  const step = scalar()
  const outputs: Tensor[] = []
  let expected = 0
  for (const shape of shapes) {
    const [p, g, m, v] = [input(shape), input(shape), input(shape), input(shape)]
    const made = adamStep(p, g, { exp_avg: m, exp_avg_sq: v }, { h, step })
    outputs.push(made.parameter, made.state.exp_avg, made.state.exp_avg_sq)
    expected += 7 * 4 * shape.reduce((a, b) => a * b, 1)
  }
  const c = count(outputs)
  expect(c.bytes - expected).toBeLessThanOrEqual(c.kernels * 9 * 4)
  expect(c.bytes).toBeGreaterThanOrEqual(expected)
  expect(c.kernels).toBeLessThanOrEqual(shapes.length + 2) // and the two numbers of the bias correction
})

test('nothing is computed of an empty batch', () => {
  expect(count([input([0, 10]).softmax(1)])).toMatchObject({ kernels: 0, flops: 0, bytes: 0 })
})

test('routines count what they touch', () => {
  const sum = count([input([100, 8]).cumsum(0)])
  expect([sum.kernels, sum.bytes]).toEqual([1, 2 * 100 * 8 * 4])
  const sorted = count([input([10, 50]).argsort(1)])
  expect([sorted.kernels, sorted.bytes]).toEqual([1, 2 * 10 * 50 * 4])
})
