/** @file What `fit` does beyond the plain loop, option by option. */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import * as nn from '../../../src/nn/index.ts'
import * as optim from '../../../src/optim/index.ts'
import { TensorDataset } from '../../../src/data/index.ts'
import { compile, tensor, type Tensor } from '../../../src/tensor/index.ts'
import {
  DivergenceError, EarlyStopping, evaluate, findLearningRate, fit, Profiler, type Callback,
} from '../../../src/train/index.ts'
import { adam, Batches, circle, network, temporary, weights } from './support.ts'

const loss = nn.crossEntropy
let folder = ''
beforeAll(async () => {
  folder = await temporary()
  return () => rm(folder, { recursive: true })
})
const points = (): TensorDataset<any> => {
  const { x, y } = circle(50)
  return new TensorDataset({ data: x, shape: [50, 2] }, { data: y, shape: [50] })
}

test('fastDevRun: one epoch of a batch or a few, nothing is written', async () => {
  for (const [fastDevRun, steps] of [[true, 1], [3, 3]] as const) {
    const model = network()
    const run = join(folder, 'fast')
    const history = await fit(model, new Batches(), {
      loss, optimizer: adam(model), epochs: 9, fastDevRun, run, saveEvery: 1, validation: new Batches(),
    })
    expect([history.steps, history.epochs.length, existsSync(run)]).toEqual([steps, 1, false])
    expect(history.last).toHaveProperty('valLoss')
  }
  const model = network()
  const plain = await fit(model, new Batches(), { loss, optimizer: adam(model), epochs: 2, fastDevRun: false })
  expect(plain.steps).toBe(8)
})

test('overfitBatches: the same batches in each epoch, of validation too; resumed with the same bits', async () => {
  const seen = async (epochs: number, extra: object): Promise<[string[], number[], number]> => {
    const model = network()
    const all: string[] = []
    const history = await fit(model, new Batches(), {
      epochs,
      optimizer: adam(model),
      overfitBatches: 2,
      validation: new Batches(20),
      ...extra,
      step: (m, [x, y]: [Tensor, Tensor]) => ({
        loss: loss(m.forward(x), y),
        first: x.index(0, 0),
        size: tensor(x.shape[0]),
      }),
    })
    all.push(...history.epochs.map(e => `${e.first} ${e.size} ${e.valFirst}`))
    return [all, await weights(model), history.steps]
  }
  const [all, whole, steps] = await seen(3, {})
  expect([new Set(all).size, steps]).toEqual([1, 6])
  const run = join(folder, 'overfit')
  await seen(1, { run })
  expect((await seen(3, { run, resume: true }))[1]).toEqual(whole)
})

test('validationSplit keeps the last part of a data set', async () => {
  const model = network()
  const sizes: number[] = []
  const { x, y } = circle(50)
  const history = await fit(model, points(), {
    loss, optimizer: adam(model), epochs: 1, validationSplit: 0.3, batchSize: 5, seed: 1,
    callbacks: [{ onEpochEnd: t => { sizes.push(t.examples) } }],
  })
  expect(sizes).toEqual([35])
  const held = [tensor(x.subarray(70), { shape: [15, 2] }), tensor(y.subarray(35))] as const
  expect(history.last!.valLoss).toBeCloseTo((await evaluate(model, held, { loss })).loss, 6)
  const go = (data: any, validationSplit: number): Promise<unknown> =>
    fit(model, data, { loss, optimizer: adam(model), epochs: 1, validationSplit })
  await expect(go(new Batches(), 0.2)).rejects.toThrow(/of a loader give `validation`/)
  await expect(go(points(), 0.01)).rejects.toThrow(/0\.01 of 50 examples is less than one/)
  await expect(go(points(), 20)).rejects.toThrow(/validationSplit is 20; it must be between 0 and 1/)
})

test('sanityBatches: validation that fails does so before training, and changes nothing', async () => {
  const bad = {
    async *[Symbol.asyncIterator]() {
      yield [tensor([[1, 2, 3]]), tensor(Int32Array.of(0))] as [Tensor, Tensor]
    },
  }
  const model = network()
  const before = await weights(model)
  await expect(
    fit(model, new Batches(), { loss, optimizer: adam(model), epochs: 1, validation: bad, sanityBatches: 1 }),
  ).rejects.toThrow(/\[1,3\]/)
  expect(await weights(model)).toEqual(before)
  const results: unknown[] = []
  for (const sanityBatches of [undefined, 2]) {
    const trained = network(0.3)
    const history = await fit(trained, new Batches(), {
      loss, optimizer: adam(trained), epochs: 2, validation: new Batches(), seed: 1,
      ...(sanityBatches ? { sanityBatches } : {}),
    })
    results.push([await weights(trained), history.series('valLoss')])
  }
  expect(results[1]).toEqual(results[0])
})

test('maxTime ends it as a signal does, and the run can be resumed', async () => {
  const model = network()
  const run = join(folder, 'time')
  const slow: Callback = { onBatchEnd: () => new Promise(resolve => setTimeout(resolve, 30)) }
  const options = { loss, optimizer: adam(model), epochs: 50, run }
  const cut = await fit(model, new Batches(), { ...options, maxTime: 0.1, callbacks: [slow] })
  expect(cut).toMatchObject({ ending: 'aborted', reason: 'maxTime: 0.1 seconds are over' })
  expect(cut.steps).toBeLessThan(50)
  expect((await fit(model, new Batches(), { ...options, resume: true })).steps).toBe(200)
})

test('a callback that stops in the last batch of an epoch leaves its validation in', async () => {
  const model = network()
  const history = await fit(model, new Batches(), {
    loss, optimizer: adam(model), epochs: 3, validation: new Batches(),
    callbacks: [{ onBatchEnd: t => { if (t.step === 4) t.stop('enough') } }, new EarlyStopping()],
  })
  expect(history).toMatchObject({ ending: 'stopped', steps: 4 })
  expect(history.last).toHaveProperty('valLoss')
})

test.each([1, 2])('clipValue cuts gradients off, with accumulate %i', async accumulate => {
  const model = network()
  const before = await weights(model)
  const optimizer = new optim.SGD(model.parameters(), { lr: 1 })
  await fit(model, new Batches(32, 16), { loss, optimizer, epochs: 1, clipValue: 1e-3, accumulate })
  const moved = (await weights(model)).map((w, i) => Math.abs(w - before[i]))
  expect(Math.max(...moved)).toBeLessThan(1.01e-3 * (2 / accumulate))
  expect(Math.max(...moved)).toBeGreaterThan(0.9e-3)
})

describe('ema', () => {
  test('the averages are validated, seen by callbacks, and remain; training goes on with the weights', async () => {
    const data = points()
    const options = { loss, epochs: 3, batchSize: 10, seed: 1 }
    // by hand
    const plain = network()
    const optimizer = adam(plain)
    const ema = new optim.EMA(plain.parameters(), { decay: 0.9 })
    const update = compile(() => { ema.update() })
    await fit(plain, data, { ...options, optimizer, callbacks: [{ onBatchEnd: () => { update() } }] })
    const raw = await weights(plain)
    ema.swap()
    const expected = await weights(plain)

    const model = network()
    const seen: number[][] = []
    const history = await fit(model, data, {
      ...options, optimizer: adam(model), ema: 0.9, validation: data,
      callbacks: [{ onEpochEnd: async () => { seen.push(await weights(model)) } }],
    })
    const off = (a: readonly number[], b: readonly number[]): number => Math.max(...a.map((x, i) => Math.abs(x - b[i])))
    expect(off(await weights(model), expected)).toBeLessThan(1e-6)
    expect(off(seen[2], expected)).toBeLessThan(1e-6)
    expect(off(raw, expected)).toBeGreaterThan(1e-3)
    expect(history.last!.valLoss).toBeCloseTo((await evaluate(model, data, { loss })).loss, 6)
  })
  test('a resumed run has the bits of one that was not stopped', async () => {
    const train = async (epochs: number, extra: object): Promise<number[]> => {
      const model = network(0.2)
      await fit(model, new Batches(), {
        loss,
        optimizer: adam(model),
        epochs,
        seed: 2,
        ema: 0.8,
        accumulate: 2,
        ...extra,
      })
      return weights(model)
    }
    const whole = await train(4, {})
    const run = join(folder, 'ema')
    await train(2, { run })
    expect(await train(4, { run, resume: true, seed: 77 })).toEqual(whole)
    expect(await train(4, { run, resume: true })).toEqual(whole)
  })
})

describe('findLearningRate', () => {
  test('finds a rate that trains, and leaves model and optimizer as they were', async () => {
    const model = network()
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.123 })
    const before = await weights(model)
    const { rates, losses, suggestion } = await findLearningRate(model, new Batches(50, 50), {
      loss, optimizer, range: { from: 1e-4, to: 1e3, steps: 60 },
    })
    expect([await weights(model), optimizer.lr]).toEqual([before, 0.123])
    expect(rates).toHaveLength(losses.length)
    expect(rates[0]).toBeCloseTo(1e-4, 10)
    expect(suggestion).toBeGreaterThan(1e-3)
    optimizer.lr = suggestion
    const history = await fit(model, new Batches(), { loss, optimizer, epochs: 20 })
    expect(history.last!.loss).toBeLessThan(history.epochs[0].loss)
  })
  test('what it cannot take', async () => {
    const model = network()
    const go = (range: object): Promise<unknown> =>
      findLearningRate(model, new Batches(), { loss, optimizer: adam(model), range })
    await expect(go({ from: 1, to: 0.1 })).rejects.toThrow(/expected 0 < from < to/)
    await expect(go({ from: 1e300, to: 1e301, steps: 20 })).rejects.toThrow(/did not fall at any/)
  })
})

test('Profiler times some steps, and says nothing of a run that is shorter', async () => {
  const model = network()
  const profiler = new Profiler({ skip: 2, steps: 4 })
  await fit(model, new Batches(), { loss, optimizer: adam(model), epochs: 2, callbacks: [profiler] })
  expect(profiler.profile!.kernels.length).toBeGreaterThan(3)
  expect(Math.min(...profiler.profile!.kernels.map(k => k.calls))).toBeLessThanOrEqual(4)
  const short = new Profiler({ steps: 100 })
  await fit(model, new Batches(), { loss, optimizer: adam(model), epochs: 2, callbacks: [short] })
  expect(short.profile).toBe(null)
  expect(() => new Profiler({ steps: 0 })).toThrow(/steps is 0; it must be a whole number from 1/)
})

describe('detectAnomaly', () => {
  /** Its output has a square root, whose slope at 0 is infinite. */
  class Root extends nn.Module<[Tensor], Tensor> {
    readonly inner = network()
    override forward(x: Tensor): Tensor { return this.inner.forward(x).sum(1).square().sqrt() }
  }
  const far = (): never =>
    [tensor(new Float32Array(20).fill(-1), { shape: [10, 2] }), tensor(new Float32Array(10))] as never

  test('the gradient of a finite loss: the op, before a parameter changes', async () => {
    const model = new Root()
    const before = await weights(model)
    const options = { step: () => model.forward(tensor([[0, 0], [9, 9]])).mean(), optimizer: adam(model) }
    // outputs of 0: 0 times an infinite slope
    model.inner.parameters().forEach(p => p.assign(p.mul(0)))
    const zero = await weights(model)
    expect(zero).not.toEqual(before)
    const error = await fit(model, far(), { ...options, epochs: 1, detectAnomaly: true }).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(DivergenceError)
    expect((error as Error).message).toMatch(
      /makes (infinity|NaN) of numbers from .*gradient of .*epoch 1, batch 1 of 1 \(step 1\)/,
    )
    expect(await weights(model)).toEqual(zero)
    // what is then not seen: the loss was finite, the weights are lost
    await fit(model, far(), { ...options, epochs: 1 })
    expect((await weights(model)).every(Number.isFinite)).toBe(false)
  })

  test.each([[{}], [{ accumulate: 3 }], [{ ema: 0.9, clipNorm: 1 }], [{ compile: false }]])(
    'a run without any has the bits of one that is not looked at: %o', async extra => {
      const [plain, looked] = [network(0.3), network(0.3)]
      for (const [model, detectAnomaly] of [[plain, false], [looked, true]] as const)
        await fit(model, new Batches(), { loss, optimizer: adam(model), epochs: 2, seed: 3, detectAnomaly, ...extra })
      expect(await weights(looked)).toEqual(await weights(plain))
    })
})

test.each([
  [{ saveEvery: 2 }, /saveEvery writes into the run's folder/],
  [{ saveEvery: 0, run: 'x' }, /saveEvery is 0; it must be a whole number from 1/],
  [{ maxTime: -1 }, /maxTime is -1; it must be above 0/],
  [{ clipValue: 0 }, /clipValue is 0; it must be above 0/],
  [{ fastDevRun: 'yes' }, /fastDevRun is .*; it must be true, or a number/],
  [{ fastDevRun: true, overfitBatches: 1 }, /choose one/],
  [{ ema: 2 }, /decay is 2: expected a number from 0 to 1/],
  [{ validation: new Batches(), validationSplit: 0.5 }, /both given: choose one/],
])('%o', async (extra, message) => {
  const model = network()
  await expect(
    fit(model, new Batches(), { loss, optimizer: adam(model), epochs: 1, ...extra } as never),
  ).rejects.toThrow(message)
})
