import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { load } from '../../../src/io/index.ts'
import * as nn from '../../../src/nn/index.ts'
import * as optim from '../../../src/optim/index.ts'
import {
  CSVLogger,
  EarlyStopping,
  fit,
  LearningRateScheduler,
  ModelCheckpoint,
  ProgressBar,
  type Callback,
} from '../../../src/train/index.ts'
import { adam, Batches, network, temporary, weights } from './support.ts'

const loss = nn.crossEntropy
let folder = ''
beforeAll(async () => {
  folder = await temporary()
  return () => rm(folder, { recursive: true })
})
const run = (callbacks: Callback[], epochs = 3): ReturnType<typeof fit> => {
  const model = network()
  return fit(model, new Batches(), { loss, optimizer: adam(model), epochs, callbacks, metrics: ['accuracy'] })
}

test('hooks come in their order', async () => {
  const calls: string[] = []
  const hooks = ['onTrainBegin', 'onEpochBegin', 'onBatchBegin', 'onBatchEnd', 'onEpochEnd', 'onTrainEnd'] as const
  const spy = Object.fromEntries(hooks.map(h => [h, () => { calls.push(h) }])) as Callback
  await run([spy], 1)
  const batch = ['onBatchBegin', 'onBatchEnd']
  expect(calls).toEqual([
    'onTrainBegin',
    'onEpochBegin',
    ...batch,
    ...batch,
    ...batch,
    ...batch,
    'onEpochEnd',
    'onTrainEnd',
  ])
})

describe('EarlyStopping', () => {
  test('stops, and puts the best weights back', async () => {
    const model = network()
    const kept: number[][] = []
    const score: Callback = {
      onEpochEnd: async (t, r) => {
        r.score = [1, 3, 2, 2.5, 9][t.epoch - 1]
        kept.push(await weights(model))
      },
    }
    const early = new EarlyStopping({ monitor: 'score', mode: 'max', patience: 2 })
    const history = await fit(model, new Batches(), {
      loss,
      optimizer: adam(model),
      epochs: 9,
      callbacks: [score, early],
    })
    expect(history).toMatchObject({
      ending: 'stopped',
      reason: 'score did not get better for 2 epochs; the best was epoch 2',
    })
    expect(early.bestEpoch).toBe(2)
    expect(await weights(model)).toEqual(kept[1])
  })
  test.each([
    ['dice', [0.2, 0.4, 0.8, 0.9], 4], ['mae', [0.9, 0.5, 0.7, 0.8], 2], ['valLoss', [3, 2, 1, 2], 3],
    ['valAccuracy', [0.1, 0.5, 0.3, 0.2], 2],
  ])('%s: what is better is what its metric says', async (monitor, values, best) => {
    const score: Callback = { onEpochEnd: (t, r) => { r[monitor] = values[t.epoch - 1] } }
    const early = new EarlyStopping({ monitor, patience: 9 })
    await run([score, early], 4)
    expect(early.bestEpoch).toBe(best)
  })
  test('a value of which nobody knows needs a mode', async () => {
    const score: Callback = {
      onEpochEnd: (t, r) => {
        r.points = t.epoch
      },
    }
    await expect(run([score, new EarlyStopping({ monitor: 'points' })])).rejects.toThrow(
      /'points' is better is not known/,
    )
    await expect(
      run([score, new ModelCheckpoint(join(folder, 'p.safetensors'), { monitor: 'points' })]),
    ).rejects.toThrow(/ModelCheckpoint: whether less or more/)
    const metric = {
      name: 'points', higherIsBetter: true, update: () => {}, reset: () => {}, compute: () => 1,
    }
    const early = new EarlyStopping({ monitor: 'points' })
    const model = network()
    await fit(model, new Batches(), {
      loss, optimizer: adam(model), epochs: 2, metrics: [metric as never], callbacks: [score, early],
    })
    expect(early.bestEpoch).toBe(2)
  })
  test('a name that is not there is an error that says which are', async () => {
    await expect(run([new EarlyStopping()])).rejects.toThrow(
      /no 'valLoss' to look at \(fit was given no validation data\?\); there are epoch, lr, loss, accuracy/,
    )
    await expect(run([new EarlyStopping({ monitor: 'Loss', mode: 'min' })])).rejects.toThrow(
      /no 'Loss' to look at: did you mean 'loss'\?/,
    )
  })
})

test('LearningRateScheduler sets the rate, by epoch and by step', async () => {
  const byEpoch = await run([new LearningRateScheduler((epoch, lr) => lr / epoch)])
  expect(byEpoch.series('lr').map(v => Number(v.toPrecision(6)))).toEqual([0.02, 0.01, 0.00666667])
  const seen: number[] = []
  await run(
    [
      new LearningRateScheduler((step, lr) => lr * (step + 1), { every: 'step' }),
      {
        onBatchEnd: t => {
          seen.push(Math.round(t.optimizer.lr / 0.02))
        },
      },
    ],
    1,
  )
  expect(seen).toEqual([1, 2, 3, 4])
  await expect(run([new LearningRateScheduler(() => NaN)])).rejects.toThrow(/the rate for epoch 1 is NaN/)
})

test('LearningRateScheduler steps a schedule of optim, and keeps where it is', async () => {
  const model = network()
  const optimizer = adam(model)
  const make = () => new LearningRateScheduler(new optim.StepLR(optimizer, 1, { gamma: 0.5 }))
  const scheduler = make()
  const options = { loss, optimizer, epochs: 3, callbacks: [scheduler] }
  const rates = (await fit(model, new Batches(), options)).series('lr')
  expect(rates.map(lr => lr / rates[0])).toEqual([1, 0.5, 0.25])
  const again = make()
  again.loadStateDict(scheduler.stateDict() as any)
  expect(optimizer.lr / rates[0]).toBe(0.125)
  const oneCycle = new optim.OneCycleLR(optimizer, 1, { epochs: 1, stepsPerEpoch: 4 })
  const steps = [new LearningRateScheduler(oneCycle, { every: 'step' })]
  await fit(model, new Batches(), { loss, optimizer, epochs: 1, callbacks: steps })
  expect(oneCycle.epoch).toBe(4)
  // of a metric: a loss that is worse than 0 every time
  const patience = { patience: 0, factor: 0.5, threshold: 1, thresholdMode: 'abs' } as const
  const plateau = new optim.ReduceLROnPlateau(optimizer, patience)
  const before = optimizer.lr
  const wait = [new LearningRateScheduler(plateau, { monitor: 'loss' })]
  await fit(model, new Batches(), { loss, optimizer, epochs: 2, callbacks: wait })
  expect(optimizer.lr).toBe(before / 2)
  expect(() => new LearningRateScheduler(0.1 as never)).toThrow('the rate is 0.1')
})

test('what looks like a callback and is none is an error that says what to write', async () => {
  const optimizer = adam(network())
  await expect(run([new optim.StepLR(optimizer, 1) as never])).rejects.toThrow(
    /a StepLR, which has no hook: .*new LearningRateScheduler\(schedule\)/,
  )
  await expect(run([{} as never])).rejects.toThrow(/an object, which has no hook: expected an object with onTrainBegin/)
  const upward = new optim.ReduceLROnPlateau(optimizer, { mode: 'max' })
  expect(() => new LearningRateScheduler(upward)).toThrow(/mode 'max' is not for the loss/)
  expect(() => new LearningRateScheduler(upward, { monitor: 'accuracy' })).not.toThrow()
})

test('ModelCheckpoint and CSVLogger make their folders', async () => {
  await run([new ModelCheckpoint(join(folder, 'a/b/e.safetensors')), new CSVLogger(join(folder, 'c/log.csv'))], 1)
  expect(Object.keys(await load(join(folder, 'a/b/e.safetensors')))).toHaveLength(4)
  expect(await readFile(join(folder, 'c/log.csv'), 'utf8')).toMatch(/^epoch,/)
})

test('ModelCheckpoint keeps every epoch, or the best', async () => {
  await run([
    new ModelCheckpoint(join(folder, 'e{epoch}.safetensors')),
    new ModelCheckpoint(join(folder, 'best.safetensors'), { monitor: 'loss' }),
  ])
  expect(Object.keys(await load(join(folder, 'e3.safetensors'))).sort()).toEqual([
    '0.bias',
    '0.weight',
    '3.bias',
    '3.weight',
  ])
  const [best, last] = [await load(join(folder, 'best.safetensors')), await load(join(folder, 'e3.safetensors'))]
  expect([...await best['0.bias'].data()]).toEqual([...await last['0.bias'].data()])
})

test('CSVLogger writes a line an epoch', async () => {
  const path = join(folder, 'log.csv')
  await run([new CSVLogger(path)])
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n')
  expect(lines[0]).toBe('epoch,lr,loss,accuracy,seconds')
  expect(lines).toHaveLength(4)
  expect(lines[3].split(',')).toHaveLength(5)
})

describe('ProgressBar', () => {
  test('elsewhere than on a terminal each epoch is a line', async () => {
    const out: string[] = []
    await run([new ProgressBar({ write: text => out.push(text) })])
    expect(out).toHaveLength(3)
    expect(out[2]).toMatch(/^epoch 3\/3 {2}step 12 {2}loss \d\.\d{4} {2}accuracy \d+\.\d\d % {2}[\d,]+\/s {2}0:00\n$/)
  })
  test.each([
    { columns: 100, first: /^\repoch 1\/1 {2}━{5}─{15} 1\/4 {2}loss .* left *$/ },
    { columns: 80, first: /^\repoch 1\/1 {2}━{2,4}─+ 1\/4 {2}loss .* left *$/ },
    { columns: 50, first: /^\repoch 1\/1 {2}1\/4 {2}loss .*…$/ },
  ])(
    'on a terminal one line is rewritten, and the bar gives way to the numbers: $columns',
    async ({ columns, first }) => {
      const out: string[] = []
      const slow: Callback = { onBatchEnd: () => new Promise(resolve => setTimeout(resolve, 90)) }
      await run([slow, new ProgressBar({ write: text => out.push(text), live: true, columns })], 1)
      expect(out[0]).toMatch(first)
      expect(out.at(-1)).toBe('\n')
      for (const text of out) expect(text.trimEnd().length).toBeLessThanOrEqual(columns)
    },
  )
})
