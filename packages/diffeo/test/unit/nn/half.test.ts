/** @file What is computed of halves is computed in float32 and rounded once: sums and squares would overflow. */
import { describe, expect, test } from 'vitest'
import '../tensor/setup.ts'
import { clipGradNorm } from '../../../src/optim/clip.ts'
import * as nn from '../../../src/nn/index.ts'
import { grad, nanmean, ones, tensor, zeros, type Tensor } from '../../../src/tensor/index.ts'

const spread = tensor([[[300, -300, 1, 2], [250, 260, 255, 251]]])
const many = ones([70_000])
const labels = zeros([70_000], { dtype: 'int32' })
const even = zeros([70_000, 2])
const cases: Record<string, [Tensor, (x: Tensor) => Tensor]> = {
  'mean of many': [many, x => x.mean()],
  'var of many': [many, x => x.var()],
  'logsumexp of many': [many, x => x.logsumexp()],
  'softmax of many': [many, x => x.softmax(0)],
  'logSoftmax of many': [many, x => x.logSoftmax(0)],
  'nanmean of many': [many, x => nanmean(x)],
  std: [spread, x => x.std()],
  norm: [spread, x => x.norm()],
  layerNorm: [spread, x => nn.layerNorm(x, [4], { weight: tensor([1, 2, 3, 4]), bias: tensor([1, 0, 0, 1]) })],
  rmsNorm: [spread, x => nn.rmsNorm(x, [4], { eps: 1e-3 })],
  groupNorm: [spread, x => nn.groupNorm(x, 2)],
  instanceNorm: [spread, x => nn.instanceNorm(x)],
  batchNorm: [spread, x => nn.batchNorm(x)],
  'batchNorm by what is kept': [spread, x =>
    nn.batchNorm(x, { runningMean: tensor([0, 250]), runningVar: tensor([45_000, 15]) })],
  avgPool: [ones([1, 1, 100]).mul(1000), x => nn.avgPool1d(x, 100)],
  'avgPool with padding': [spread, x => nn.avgPool1d(x.mul(200), 4, { padding: 2 })],
  lpPool: [spread, x => nn.lpPool1d(x, 2, 2)],
  cosineSimilarity: [spread, x => nn.cosineSimilarity(x, x)],
  pairwiseDistance: [spread, x => nn.pairwiseDistance(x, x.neg())],
  normalize: [spread, x => nn.normalize(x)],
  localResponseNorm: [spread, x => nn.localResponseNorm(x, 2, { alpha: 1 })],
  'crossEntropy over many rows': [even, x => nn.crossEntropy(x, labels)],
  'crossEntropy of probabilities': [even, x => nn.crossEntropy(x, even.add(0.5))],
  'nllLoss over many rows': [even, x => nn.nllLoss(x.sub(1), labels)],
  'norm of gradients': [spread, x => clipGradNorm([x], 1).grads[0]],
}

describe.each(['float16', 'bfloat16'] as const)('%s: what float32 gives, rounded', dtype => {
  test.each(Object.entries(cases))('%s', (_, [x, f]) => {
    const half = x.cast(dtype)
    const got = f(half)
    expect(got.dtype).toBe(dtype)
    const wanted = f(half.cast('float32'))
    expect(wanted.isFinite().all().itemSync()).toBeTruthy()
    expect(got.allClose(wanted.cast(dtype), { rtol: 1e-2, atol: 1e-6 }).itemSync()).toBeTruthy()
  })
  test('the running statistics of a BatchNorm of halves stay halves', () => {
    const layer = new nn.BatchNorm1d(2).to(dtype)
    const y = layer.forward(spread.cast(dtype))
    expect([y.dtype, layer.runningMean!.dtype]).toEqual([dtype, dtype])
    expect(layer.runningMean!.dataSync()[1]).toBeCloseTo(25.4, 0)
    expect(y.isFinite().all().itemSync()).toBeTruthy()
  })
})

test('the gradient of a mean over many halves is not 0', () => {
  const slope = grad((x: Tensor) => x.mean())(many.cast('float16'))
  expect(slope.dataSync()[0]).toBeCloseTo(1 / 70_000, 7)
})
