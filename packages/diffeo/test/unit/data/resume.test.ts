/** @file A run over random examples and random augmentation that is cut off in the middle of an epoch. */
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import './setup.ts'
import * as data from '../../../src/data/index.ts'
import { installFileSystem, nodeFileSystem } from '../../../src/io/index.ts'
import * as nn from '../../../src/nn/index.ts'
import * as optim from '../../../src/optim/index.ts'
import { seed } from '../../../src/tensor/index.ts'
import { fit, type Callback } from '../../../src/train/index.ts'

installFileSystem(nodeFileSystem(fs))
let folder = ''
beforeAll(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'diffeo-'))
  return () => fs.rm(folder, { recursive: true })
})

/** Ten pictures, drawn by weight with replacement, cropped and flipped at random. */
function loader(): data.DataLoader<any, any> {
  const images: data.Dataset<[data.NdArray<Uint8Array>, number]> = {
    length: 10,
    get: i => [{ data: Uint8Array.from({ length: 36 }, (_, k) => (k * i * 7) % 256), shape: [1, 6, 6] }, i % 2],
  }
  const { transforms: t } = data
  const augment = t.compose(
    t.randomCrop(6, { padding: 2 }),
    t.randomHorizontalFlip(),
    t.gaussianNoise(0.1),
    t.rescale(),
  )
  const sampler = new data.WeightedRandomSampler(
    Array.from({ length: 10 }, (_, i) => 1 + (i % 3)),
    14,
  )
  const set = new data.TransformDataset(images, augment, { seed: 4 })
  return new data.DataLoader(set, { batchSize: 4, sampler, seed: 2, labels: 'int32' })
}
function model() {
  seed(1)
  const net = new nn.Sequential(new nn.Flatten(), new nn.Linear(36, 2))
  return { net, optimizer: new optim.SGD(net.parameters(), { lr: 0.1, momentum: 0.9 }) }
}
const weights = (net: nn.Module<any, any>): number[] => net.parameters().flatMap(p => [...p.dataSync()])

test.each([2, 6, 8])('after step %i: it ends with the weights of a run that was not', async step => {
  const options = { loss: nn.crossEntropy, epochs: 3 }
  const whole = model()
  await fit(whole.net, loader(), { ...options, optimizer: whole.optimizer })

  const run = join(folder, String(step))
  const control = new AbortController()
  const stop: Callback = { onBatchEnd: t => { if (t.step === step) control.abort() } }
  const first = model()
  const cut = await fit(first.net, loader(), {
    ...options, optimizer: first.optimizer, run, signal: control.signal, callbacks: [stop],
  })
  expect(cut.steps).toBe(step)
  const second = model()
  await fit(second.net, loader(), { ...options, optimizer: second.optimizer, run, resume: true })
  expect(weights(second.net)).toEqual(weights(whole.net))
})

test('it goes on with another batch size: what is left of the epoch makes the batches', async () => {
  const numbers = (batchSize: number) => new data.DataLoader(Array.from({ length: 14 }, (_, i) => i), {
    batchSize, shuffle: true, seed: 3,
    collate: batch => {
      const values = { data: Float32Array.from(batch), shape: [batch.length, 1] }
      return [values, values] as const
    },
  })
  const train = async (batchSize: number, step: number | null): Promise<number> => {
    seed(1)
    const net = new nn.Linear(1, 1)
    const control = new AbortController()
    const history = await fit(net, numbers(batchSize), {
      loss: nn.mseLoss, epochs: 1, optimizer: new optim.SGD(net.parameters(), { lr: 0 }),
      run: join(folder, 'sizes'), resume: step === null, signal: control.signal,
      callbacks: [{ onBatchEnd: t => { if (t.step === step) control.abort() } }],
    })
    return history.steps
  }
  expect(await train(4, 2)).toBe(2)
  // 6 of 14 are left
  expect(await train(3, null)).toBe(4)
})
