/** @file What goes around a step, as PyTorch has it. */
import { describe, expect, test } from 'vitest'
import * as nn from '../../src/nn/index.ts'
import * as optim from '../../src/optim/index.ts'
import { Parameter, zeros } from '../../src/tensor/index.ts'
import { expectClose, fixture, toTensor, toTensors, type Arrays, type FixtureArray } from './support.ts'

interface Clip { op: string; max: number; normType?: number | string; norm?: number; clipped: FixtureArray[] }
const { losses, factors, plateaus, clips, averages } = fixture<{
  losses: number[]
  factors: { op: 'LambdaLR' | 'MultiplicativeLR'; factor: [number, number, number]; seen: number[] }[]
  plateaus: { options: object; seen: number[] }[]
  clips: { grads: FixtureArray[]; cases: Clip[] }
  averages: {
    updates: Arrays[]; averaged: Arrays; batches: FixtureArray[]
    mean: FixtureArray; variance: FixtureArray; count: number
  }
}>('training')

const optimizer = (): optim.SGD => new optim.SGD([new Parameter(zeros([1]))], { lr: 0.8 })

describe('schedules', () => {
  test.each(factors)('$op: $factor', ({ op, factor: [first, base, slope], seen }) => {
    const o = optimizer()
    const factor = (epoch: number): number => first * base ** epoch + slope * epoch
    const schedule = op === 'LambdaLR' ? new optim.LambdaLR(o, factor) : new optim.MultiplicativeLR(o, factor)
    seen.forEach((lr, i) => {
      if (i > 0) schedule.step()
      expect(o.lr, `epoch ${i}`).toBeCloseTo(lr, 12)
    })
  })
  test.each(plateaus)('ReduceLROnPlateau: $options', ({ options, seen }) => {
    const o = optimizer()
    expect(o).toBeInstanceOf(optim.Optimizer)
    const schedule = new optim.ReduceLROnPlateau(o, options)
    seen.forEach((lr, i) => {
      schedule.step(losses[i])
      expect(o.lr, `epoch ${i}`).toBeCloseTo(lr, 12)
    })
  })
})

describe('clipped gradients', () => {
  const grads = clips.grads.map(toTensor)
  test.each(clips.cases)('$op: $max, norm $normType', ({ op, max, normType, norm, clipped }) => {
    if (op === 'clipGradValue') {
      optim.clipGradValue(grads, max).forEach((g, i) => expectClose(g, clipped[i], `gradient ${i}`))
      return
    }
    const found = optim.clipGradNorm(grads, max, { normType: Number(normType) })
    expect(found.norm!.itemSync()).toBeCloseTo(norm!, 11)
    found.grads.forEach((g, i) => expectClose(g, clipped[i], `gradient ${i}`))
  })
})

test('AveragedModel and updateBn', async () => {
  const model = new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3)).to('float64')
  const averaged = new optim.AveragedModel(model)
  for (const update of averages.updates) {
    model.loadStateDict(toTensors(update), { strict: false })
    averaged.updateParameters()
  }
  const state = averaged.stateDict()
  for (const [name, wanted] of Object.entries(averages.averaged)) expectClose(state[`module.${name}`], wanted!, name)
  await optim.updateBn(averages.batches.map(toTensor), averaged)
  const after = averaged.stateDict()
  expectClose(after['module.1.running_mean'], averages.mean, 'mean')
  expectClose(after['module.1.running_var'], averages.variance, 'variance')
  expect(after['module.1.num_batches_tracked'].itemSync()).toBe(averages.count)
})
