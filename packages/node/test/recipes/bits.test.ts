/** @file The seeds' CNN: what a seed gives is the same to the bit, again and with any number of threads. */
import { data, fit, nn, optim, seed, setDevice, setThreads, type Device, type Tensor } from 'diffeo'
import { datasets } from '@diffeo/node'
import { afterAll, describe, expect, test } from 'vitest'

/** The weights after one pass over some digits, as examples/mnist.ts trains them. */
async function weights(device: Device, threads: number, from: number, digits: number): Promise<Uint8Array> {
  await setDevice(device)
  setThreads(threads)
  seed(from)
  const { train } = await datasets.mnist()
  const some = new data.Subset(train.dataset, Array.from({ length: digits }, (_, i) => i))
  const model: nn.Module<[Tensor], Tensor> = new nn.Sequential(
    new nn.Conv2d(1, 32, 3), new nn.ReLU(), new nn.MaxPool2d(2),
    new nn.Conv2d(32, 64, 3), new nn.ReLU(), new nn.MaxPool2d(2),
    new nn.Flatten(), new nn.Linear(64 * 5 * 5, 128), new nn.ReLU(), new nn.Linear(128, 10),
  )
  const loader = new data.DataLoader(some, { batchSize: 32, shuffle: true, seed: from })
  await fit(model, loader, {
    loss: nn.crossEntropy, optimizer: new optim.Adam(model.parameters(), { lr: 3e-3 }), epochs: 1,
  })
  const parts = model.parameters().map(p => new Uint8Array(p.dataSync().buffer))
  return new Uint8Array(Buffer.concat(parts))
}

afterAll(async () => { await setDevice('cpu'); setThreads(1) })

describe.each([{ device: 'native', digits: 3200 }, { device: 'wasm', digits: 650 }] as const)('on $device', c => {
  test('with 1 thread, again, and with 2', { timeout: 120_000 }, async () => {
    const { device, digits } = c
    const first = await weights(device, 1, 3, digits)
    expect(first.length).toBe(4 * 225_034)
    expect(Buffer.compare(first, await weights(device, 1, 3, digits)), 'again').toBe(0)
    expect(Buffer.compare(first, await weights(device, 2, 3, digits)), 'with 2 threads').toBe(0)
    expect(Buffer.compare(first, await weights(device, 1, 4, digits)), 'another seed').not.toBe(0)
  })
})
