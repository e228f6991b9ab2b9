/** @file What P1's whole training step becomes, counted without running it. */
import { expect, test } from 'vitest'
import { count, input } from './support.ts'
import * as nn from '../../../src/nn/index.ts'
import * as optim from '../../../src/optim/index.ts'
import { explain, gradients, rand, zeros, type Tensor } from '../../../src/tensor/index.ts'

const model = new nn.Sequential(
  new nn.Conv2d(1, 32, 3), new nn.ReLU(), new nn.MaxPool2d(2),
  new nn.Conv2d(32, 64, 3), new nn.ReLU(), new nn.MaxPool2d(2),
  new nn.Flatten(), new nn.Linear(1600, 128), new nn.ReLU(), new nn.Linear(128, 10),
)

test('the whole step is at most 40 kernels, packing and fixed-tree sums being part of their group', () => {
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 })
  const step = (x: Tensor, y: Tensor): Tensor => {
    const loss = nn.crossEntropy(model.forward(x), y)
    optimizer.minimize(loss)
    return loss
  }
  const { kernels } = explain(step, rand([64, 1, 28, 28]), zeros([64], { dtype: 'int32' }))
  const groups = kernels.filter(k => !/\.(pack|sum)$/.test(k.name))
  expect(groups.length).toBeLessThanOrEqual(40)
  // and all of the work is there: forward, and both gradients but that of the images
  const contractions = [[676 * 32 * 9, 2], [121 * 64 * 288, 3], [1600 * 128, 3], [128 * 10, 3]]
  const least = contractions.reduce((sum, [n, times]) => sum + 2 * 64 * n * times, 0)
  const total = kernels.reduce((sum, k) => sum + k.flops, 0)
  expect(total).toBeGreaterThanOrEqual(least)
  // the data gradient slides over the whole 13×13 image, its border included, where forward has 11×11 places
  expect(total).toBeLessThan(least * 1.2)
})

test('the data gradient of a stride-2 convolution multiplies no inserted zero', () => {
  const [x, w] = [input([8, 16, 32, 32]), input([32, 16, 3, 3])]
  const y = nn.conv2d(x, w, null, { stride: 2, padding: 1 })
  const [dx] = gradients(y.mul(input(y.shape)).sum(), [x])
  const { calls } = count([dx!])
  const products = calls.filter(k => k.name.startsWith('conv')).reduce((sum, k) => sum + k.flops, 0)
  // each output element meets 9 taps · 16 channels once; at the borders a few taps meet padding
  const exact = 2 * 8 * 32 * 16 * 16 * 16 * 9
  expect(products).toBeGreaterThan(exact * 0.9)
  expect(products).toBeLessThan(exact * 1.1)
})
