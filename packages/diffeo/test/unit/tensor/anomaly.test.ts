import { describe, expect, test } from 'vitest'
import './setup.ts'
import * as nn from '../../../src/nn/index.ts'
import * as optim from '../../../src/optim/index.ts'
import {
  compile, detectAnomaly, gradients, Parameter, rand, scan, seed, tensor, where, type Tensor,
} from '../../../src/tensor/index.ts'
import { randomState } from '../../../src/tensor/internal.ts'

const found = async (f: (x: Tensor) => unknown, ...x: number[]): Promise<string> =>
  String(await detectAnomaly(f, tensor(x))).replace(/at .*\/anomaly\.test\.ts:\d+/, 'at this file')

describe('forward', () => {
  test.each([
    ['log of 0', (x: Tensor) => x.log().sum(), [0, 2], 'log [2] makes infinity of numbers from 0 to 2: at this file'],
    [
      'root of less than 0',
      (x: Tensor) => x.sqrt().mul(2).sum(),
      [-1, 4],
      'sqrt [2] makes NaN of numbers from -1 to 4: at this file',
    ],
    [
      'too great for exp',
      (x: Tensor) => x.exp().mean(),
      [100],
      'exp [1] makes infinity of numbers from 100 to 100: at this file',
    ],
    // x − x is NaN, but the infinities were there first
    [
      '∞ − ∞',
      (x: Tensor) => x.exp().sub(x.mul(2).exp()).sum(),
      [100],
      'exp [1] makes infinity of numbers from 100 to 100: at this file',
    ],
    ['an argument', (x: Tensor) => x.mul(3).sum(), [1, NaN], 'an argument [2] holds NaN already'],
    [
      'an argument that is infinite',
      (x: Tensor) => x.mul(3).sum(),
      [1, Infinity],
      'an argument [2] holds infinity already',
    ],
  ])('%s', async (_, f, x, message) => expect(await found(f, ...x)).toBe(message))

  test('in a loop: the loop', async () => {
    const sqrts = (x: Tensor): unknown => scan((c: Tensor, s: Tensor) => [c.add(s.sqrt()), c] as const, tensor(0), x)
    expect(await found(sqrts, 1, -1)).toMatch(/^scan \[\d*\] makes NaN of numbers from /)
  })
  test.each([
    ['nothing', (x: Tensor) => x.log().sum(), [1, 2]],
    ['a branch that is not taken', (x: Tensor) => where(x.gt(0), x.log(), 0).sum(), [0, 2]],
    ['a mask before a softmax', (x: Tensor) => where(x.gt(0), x, -Infinity).softmax(0).sum(), [-1, 2, 3]],
    ['no floats', (x: Tensor) => x.gt(0), [1]],
  ])('none: %s', async (_, f, x) => expect(await found(f, ...x)).toBe('null'))
})

describe('backward', () => {
  test('a branch that was not taken: 0 · ∞ in the gradient of what is there', async () => {
    const w = new Parameter(tensor([0, 2]), { name: 'w' })
    const step = (): unknown => gradients(where(w.gt(0), w.sqrt(), 0).sum(), [w])
    expect(String(await detectAnomaly(step))).toMatch(
      /^\w+ \[2\] makes (infinity|NaN) of numbers from .*: in the gradient of what was written, at .*test\.ts:\d+$/,
    )
    const anomaly = (await detectAnomaly(compile(step)))!
    expect(anomaly).toMatchObject({ backward: true, shape: [2] })
  })
  test('a parameter that is NaN already is named', async () => {
    const w = new Parameter(tensor([NaN]), { name: 'the.weight' })
    expect(String(await detectAnomaly(() => w.mul(2).sum()))).toBe(
      'a parameter or buffer (the.weight) [1] holds NaN already',
    )
  })
})

test('names the layer; parameters, buffers and the random state stay as they were', async () => {
  seed(1)
  class Log extends nn.Module<[Tensor], Tensor> { override forward(x: Tensor): Tensor { return x.sub(1e3).log() } }
  const model = new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4), new nn.Dropout(0.5), new Log())
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.1 })
  const step = (x: Tensor): Tensor => {
    const loss = model.forward(x).mean()
    optimizer.minimize(loss)
    return loss
  }
  const all = async (): Promise<unknown> =>
    [await Promise.all(Object.values(model.stateDict()).map(async t => [...await t.data()])), randomState()]
  const x = await rand([5, 3]).realize()
  const before = await all()
  const anomaly = (await detectAnomaly(step, x))!
  expect(anomaly).toMatchObject({ op: 'log', made: 'NaN', module: '3', backward: false, shape: [5, 4] })
  expect(anomaly.line).toMatch(/anomaly\.test\.ts:\d+$/)
  expect(await all()).toEqual(before)
})

test('inside a trace there is nothing to look at', () =>
  expect(new Promise((resolve, reject) => {
    compile((x: Tensor) => { detectAnomaly(() => x).then(resolve, reject); return x })(tensor(1))
  })).rejects.toThrow(/inside a trace/))
