import { describe, expect, test } from 'vitest'
import './setup.ts'
import * as optim from '../../../src/optim/index.ts'
import { Parameter, zeros } from '../../../src/tensor/index.ts'

const sgd = (lr = 1, momentum = 0): optim.SGD => new optim.SGD([new Parameter(zeros([1]))], { lr, momentum })
const rates = (optimizer: optim.Optimizer<any>, schedule: { step(): void }, n: number): number[] =>
  Array.from({ length: n }, () => {
    const { lr } = optimizer
    schedule.step()
    return lr
  })
const near = (found: number[], wanted: number[]): void => wanted.forEach((w, i) => expect(found[i]).toBeCloseTo(w, 10))

describe('rates as PyTorch has them', () => {
  const check = (make: (o: optim.SGD) => optim.Schedule, wanted: number[]): void => {
    const optimizer = sgd()
    near(rates(optimizer, make(optimizer), wanted.length), wanted)
  }
  test('StepLR', () => check(o => new optim.StepLR(o, 2, { gamma: 0.5 }), [1, 1, 0.5, 0.5, 0.25]))
  test('MultiStepLR', () => check(o => new optim.MultiStepLR(o, [1, 3]), [1, 0.1, 0.1, 0.01]))
  test('ExponentialLR', () => check(o => new optim.ExponentialLR(o, 0.5), [1, 0.5, 0.25]))
  test('CosineAnnealingLR', () => check(o => new optim.CosineAnnealingLR(o, 4, { etaMin: 0.2 }),
    [1, 0.2 + 0.4 * (1 + Math.SQRT1_2), 0.6, 0.2 + 0.4 * (1 - Math.SQRT1_2), 0.2, 0.2 + 0.4 * (1 - Math.SQRT1_2)]))
  test('LambdaLR', () => check(o => new optim.LambdaLR(o, e => 2 / (1 + e)), [2, 1, 2 / 3]))
})

describe('OneCycleLR', () => {
  // torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1, total_steps=10): phases end at 2 and 9
  const cosine = (from: number, to: number, part: number): number =>
    to + ((from - to) / 2) * (1 + Math.cos(Math.PI * part))
  test('rates and momentum', () => {
    const optimizer = sgd(1, 0.9)
    const schedule = new optim.OneCycleLR(optimizer, 1, { totalSteps: 10 })
    const seen: [number, number][] = [[optimizer.lr, optimizer.groups[0].options.momentum]]
    for (let i = 0; i < 9; i++) {
      schedule.step()
      seen.push([optimizer.lr, optimizer.groups[0].options.momentum])
    }
    near(
      seen.map(s => s[0]),
      Array.from({ length: 10 }, (_, i) => (i <= 2 ? cosine(0.04, 1, i / 2) : cosine(1, 4e-6, (i - 2) / 7))),
    )
    near(
      seen.map(s => s[1]),
      Array.from({ length: 10 }, (_, i) => (i <= 2 ? cosine(0.95, 0.85, i / 2) : cosine(0.85, 0.95, (i - 2) / 7))),
    )
    // a loop calls step after the last batch too: as in PyTorch that is a step beyond the end of the cosine
    schedule.step()
    near([optimizer.lr], [cosine(1, 4e-6, 8 / 7)])
    expect(() => schedule.step()).toThrow('more than the 10 times')
  })
  test('linear, three phases, betas', () => {
    const optimizer = new optim.Adam([new Parameter(zeros([1]))])
    const schedule = new optim.OneCycleLR(optimizer, 1, {
      epochs: 5,
      stepsPerEpoch: 2,
      annealStrategy: 'linear',
      threePhase: true,
    })
    for (let i = 0; i < 2; i++) schedule.step()
    expect(optimizer.lr).toBeCloseTo(1, 10)
    expect(optimizer.groups[0].options.betas[0]).toBeCloseTo(0.85, 10)
    for (let i = 0; i < 2; i++) schedule.step()
    expect(optimizer.lr).toBeCloseTo(0.04, 10)
  })
  test('errors', () => {
    expect(() => new optim.OneCycleLR(sgd(), 1, { totalSteps: 5 })).toThrow('cycleMomentum: false')
    expect(() => new optim.OneCycleLR(sgd(), 1)).toThrow('give totalSteps')
    expect(() => new optim.OneCycleLR(sgd(), { maxLr: 1, totalSteps: 5 } as never)).toThrow('the second argument')
    expect(() => new optim.OneCycleLR(sgd(), [1, 2], { totalSteps: 5 })).toThrow('2 rates for 1 groups')
    expect(() => new optim.OneCycleLR(sgd(), 1, { totalSteps: 5, pctStart: 2 })).toThrow('pctStart is 2')
    expect(() => new optim.OneCycleLR(sgd(), 1, { totalSteps: 0 })).toThrow('totalSteps is 0')
  })
})

describe('ReduceLROnPlateau', () => {
  test('falls after patience, waits, has a floor', () => {
    const optimizer = sgd()
    const schedule = new optim.ReduceLROnPlateau(optimizer, { patience: 1, factor: 0.5, cooldown: 1, minLr: 0.2 })
    const seen = [1, 1, 1, 1, 1, 1, 1, 1, 1].map(metric => {
      schedule.step(metric)
      return optimizer.lr
    })
    expect(seen).toEqual([1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2])
  })
  test('greater is better, absolute threshold, NaN is no progress', () => {
    const optimizer = sgd()
    const schedule = new optim.ReduceLROnPlateau(optimizer, {
      mode: 'max',
      patience: 0,
      threshold: 0.1,
      thresholdMode: 'abs',
    })
    for (const metric of [1, 1.2, 1.25]) schedule.step(metric)
    expect(optimizer.lr).toBeCloseTo(0.1, 10)
    schedule.step(NaN)
    expect(optimizer.lr).toBeCloseTo(0.01, 10)
  })
  test('state and errors', () => {
    const [a, b] = [sgd(), sgd()]
    const options = { patience: 1, factor: 0.5 }
    const [first, second] = [new optim.ReduceLROnPlateau(a, options), new optim.ReduceLROnPlateau(b, options)]
    for (const m of [1, 1]) first.step(m)
    second.loadStateDict(first.stateDict())
    for (const s of [first, second]) s.step(1)
    expect([a.lr, b.lr]).toEqual([0.5, 0.5])
    expect(() => first.step('1' as never)).toThrow('takes the metric as a number')
    expect(() => new optim.ReduceLROnPlateau(a, { factor: 1 })).toThrow('factor is 1')
    expect(() => first.loadStateDict({ ...first.stateDict(), rates: [] })).toThrow('of 0 groups, the optimizer has 1')
  })
})

test('schedules: state, and errors', () => {
  const [a, b] = [sgd(0.8), sgd(0.1)]
  const [first, second] = [new optim.StepLR(a, 1), new optim.StepLR(b, 1)]
  first.step()
  second.loadStateDict(first.stateDict())
  expect(b.lr).toBe(a.lr)
  expect(second.epoch).toBe(1)
  expect(() => first.loadStateDict({ epoch: 0, bases: [] })).toThrow('of 0 groups, the optimizer has 1')
  expect(() => new optim.StepLR(a, 0)).toThrow('stepSize is 0')
  expect(() => new optim.CosineAnnealingLR(a, 1.5)).toThrow('tMax is 1.5')
  expect(() => new optim.LambdaLR(a, [])).toThrow('0 functions for 1 groups')
})
