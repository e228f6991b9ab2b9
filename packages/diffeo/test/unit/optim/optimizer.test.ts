import { beforeEach, describe, expect, test } from 'vitest'
import { interp } from './setup.ts'
import * as nn from '../../../src/nn/index.ts'
import * as optim from '../../../src/optim/index.ts'
import { compile, ones, Parameter, seed, tensor, zeros, type Tensor } from '../../../src/tensor/index.ts'
import { DataError, GradientError, ShapeError } from '../../../src/util/errors.ts'

beforeEach(() => seed(1))
const param = (...values: number[]): Parameter => new Parameter(tensor(values), { name: 'w' })
const values = (t: Tensor): number[] => [...t.dataSync()]
const makers: Record<string, (p: Parameter[], accumulate?: number) => optim.Optimizer<any>> = {
  SGD: (p, accumulate) => new optim.SGD(p, { lr: 0.1, momentum: 0.9, dampening: 0.5, weightDecay: 0.01, accumulate }),
  Adam: (p, accumulate) => new optim.Adam(p, { lr: 0.1, amsgrad: true, accumulate }),
  AdamW: (p, accumulate) => new optim.AdamW(p, { lr: 0.1, accumulate }),
  RMSprop: (p, accumulate) => new optim.RMSprop(p, { lr: 0.1, centered: true, momentum: 0.9, accumulate }),
  Adagrad: (p, accumulate) => new optim.Adagrad(p, { lr: 0.1, lrDecay: 0.1, accumulate }),
  Adadelta: (p, accumulate) => new optim.Adadelta(p, { accumulate }),
  Adamax: (p, accumulate) => new optim.Adamax(p, { lr: 0.1, accumulate }),
  NAdam: (p, accumulate) => new optim.NAdam(p, { lr: 0.1, weightDecay: 0.1, accumulate }),
  RAdam: (p, accumulate) => new optim.RAdam(p, { lr: 0.1, accumulate }),
  ASGD: (p, accumulate) => new optim.ASGD(p, { lr: 0.1, t0: 2, accumulate }),
  Rprop: (p, accumulate) => new optim.Rprop(p, { accumulate }),
  Adafactor: (p, accumulate) => new optim.Adafactor(p, { lr: 0.1, accumulate }),
  Lion: (p, accumulate) => new optim.Lion(p, { lr: 0.1, accumulate }),
  LAMB: (p, accumulate) => new optim.LAMB(p, { lr: 0.1, weightDecay: 0.1, accumulate }),
}
const inputs = [0.5, -1, 2, 0.25, 3, -0.5].map(v => tensor([v, 1 - v]))

describe('a tiny network learns XOR', () => {
  const x = tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
  const y = tensor([0, 1, 1, 0], { dtype: 'int32' })
  for (const compiled of [true, false]) {
    test(compiled ? 'compiled' : 'by hand', () => {
      const model = new nn.Sequential(new nn.Linear(2, 8), new nn.Tanh(), new nn.Linear(8, 2))
      const optimizer = new optim.Adam(model.parameters(), { lr: 0.05 })
      const body = (a: Tensor, b: Tensor): Tensor => {
        const loss = nn.crossEntropy(model.forward(a), b)
        optimizer.minimize(loss)
        return loss
      }
      const step = compiled ? compile(body) : body
      let loss = Infinity
      for (let i = 0; i < 150; i++) loss = step(x, y).itemSync()
      expect(loss).toBeLessThan(0.05)
      expect(values(model.forward(x).argmax(1))).toEqual([0, 1, 1, 0])
    })
  }
})

describe.each(Object.keys(makers))('%s', name => {
  const run = (optimizer: optim.Optimizer<any>, w: Parameter, from: number, to: number, compiled = false): void => {
    const body = (x: Tensor): void => optimizer.minimize(w.mul(x).square().sum())
    const step = compiled ? compile(body) : body
    for (let i = from; i < to; i++) step(inputs[i])
  }
  test('a state taken and loaded goes on to the bit', () => {
    const [a, b] = [param(1, 2), param(1, 2)]
    const [first, second] = [makers[name]([a]), makers[name]([b])]
    run(first, a, 0, 3)
    const state = first.stateDict()
    const weights = a.detach()
    run(first, a, 3, 6)
    b.assign(weights)
    second.loadStateDict(state)
    run(second, b, 3, 6, true)
    expect(values(b)).toEqual(values(a))
    // the state is a snapshot
    expect(state.state[0].step.itemSync()).toBe(3)
    expect(second.stateDict().state[0].step.itemSync()).toBe(6)
  })
  test('accumulated calls are one step by their mean', () => {
    const [a, b] = [param(1, 2), param(1, 2)]
    const whole = makers[name]([a])
    const parts = makers[name]([b], 2)
    const gradient = compile((g: Tensor) => { parts.step([g]) })
    for (let i = 0; i < 3; i++) {
      whole.step([inputs[2 * i].add(inputs[2 * i + 1]).mul(0.5)])
      const before = values(b)
      gradient(inputs[2 * i])
      expect(values(b)).toEqual(before)
      gradient(inputs[2 * i + 1])
      values(a).forEach((v, k) => expect(b.dataSync()[k]).toBeCloseTo(v, 5))
    }
  })
  test('gathered gradients are part of the state', () => {
    const [a, b] = [param(1, 2), param(1, 2)]
    const [first, second] = [makers[name]([a], 2), makers[name]([b], 2)]
    first.step([inputs[0]])
    second.loadStateDict(first.stateDict())
    for (const o of [first, second]) o.step([inputs[1]])
    expect(values(b)).toEqual(values(a))
    expect(values(a)).not.toEqual([1, 2])
  })
  test('a parameter that steps skip begins where it is', () => {
    const [late, skipping] = [param(1, 2), param(1, 2)]
    const other = param(0, 0)
    const alone = makers[name]([late])
    const optimizer = makers[name]([other, skipping])
    optimizer.step([ones([2]), null])
    skipping.frozen = true
    optimizer.step([ones([2]), ones([2])])
    skipping.frozen = false
    for (const x of inputs) {
      alone.step([x])
      optimizer.step([ones([2]), x])
    }
    expect(values(skipping)).toEqual(values(late))
    const { state } = optimizer.stateDict()
    expect([0, 1].map(i => state[i].step.itemSync())).toEqual([8, 6])
    const restored = makers[name]([param(0, 0), param(0, 0)])
    restored.loadStateDict(optimizer.stateDict())
    expect([0, 1].map(i => restored.stateDict().state[i].step.itemSync())).toEqual([8, 6])
  })
})

describe('inside compile', () => {
  test('a new learning rate is seen, and nothing is traced again', () => {
    const w = param(1)
    const optimizer = new optim.SGD([w], { lr: 1 })
    const step = compile((g: Tensor) => { optimizer.step([g]) })
    step(tensor([1]))
    const { compiled } = interp.counts
    optimizer.lr = 0.5
    step(tensor([1]))
    optimizer.groups[0].set({ lr: 0.25 })
    step(tensor([1]))
    expect(values(w)).toEqual([-0.75])
    expect(interp.counts.compiled).toBe(compiled)
  })
  test('weight decay that comes later is seen', () => {
    const w = param(1)
    const optimizer = new optim.SGD([w], { lr: 1 })
    const step = compile((g: Tensor) => { optimizer.step([g]) })
    step(tensor([0]))
    expect(values(w)).toEqual([1])
    optimizer.groups[0].set({ weightDecay: 0.5 })
    step(tensor([0]))
    expect(values(w)).toEqual([0.5])
  })
  test('frozen parameters are skipped at call time', () => {
    const [w, other] = [param(1), param(1)]
    const optimizer = new optim.SGD([w, other], { lr: 1 })
    const step = compile((x: Tensor) => { optimizer.minimize(w.add(other).mul(x).sum()) })
    step(tensor([1]))
    w.frozen = true
    step(tensor([1]))
    expect(values(w)).toEqual([0])
    expect(values(other)).toEqual([-1])
    other.frozen = true
    expect(() => step(tensor([1]))).toThrow(GradientError)
    expect(() => step(tensor([1]))).toThrow(/all parameters of the optimizer are frozen/)
    w.frozen = false
    step(tensor([1]))
    expect(values(w)).toEqual([-1])
  })
})

describe('minimize', () => {
  test('reads the value before or after, keeps what was handed out, cuts history unless told', () => {
    const w = param(3)
    const optimizer = new optim.SGD([w], { lr: 0.1 })
    const loss = w.square().sum()
    expect(loss.itemSync()).toBe(9)
    optimizer.minimize(loss)
    expect(loss.itemSync()).toBe(9)
    expect(w.itemSync()).toBeCloseTo(2.4, 5)
    expect(() => optimizer.minimize(loss)).toThrow(GradientError)
    const kept = w.square().sum()
    optimizer.minimize(kept, { retain: true })
    optimizer.minimize(kept)
    expect(w.itemSync()).toBeCloseTo(2.4 - 2 * 0.48, 5)
  })
  test('clips by norm, by value, and what was gathered', () => {
    const make = (accumulate?: number): [Parameter, optim.SGD] => {
      const w = param(0, 0)
      return [w, new optim.SGD([w], { lr: 1, accumulate })]
    }
    const loss = (w: Parameter, x: number[]): Tensor => w.mul(tensor(x)).sum()
    const [a, byNorm] = make()
    byNorm.minimize(loss(a, [3, 4]), { clipNorm: 1 })
    expect(values(a)[0]).toBeCloseTo(-0.6, 5)
    const [b, byValue] = make()
    byValue.minimize(loss(b, [3, -4]), { clipValue: 2 })
    expect(values(b)).toEqual([-2, 2])
    const [c, gathered] = make(2)
    for (const x of [[6, 0], [0, 8]]) gathered.minimize(loss(c, x), { clipNorm: 1 })
    expect(values(c)[1]).toBeCloseTo(-0.8, 5)
  })
  test('groups with rates of their own', () => {
    const [a, b] = [param(0), param(0)]
    const optimizer = new optim.SGD([{ parameters: [a], lr: 1 }, { parameters: [b] }], { lr: 0.5 })
    optimizer.minimize(a.add(b).sum())
    expect([...values(a), ...values(b)]).toEqual([-1, -0.5])
    expect(optimizer.groups.map(g => g.lr)).toEqual([1, 0.5])
    optimizer.lr = 0.1
    expect(optimizer.groups.map(g => g.lr)).toEqual([0.1, 0.1])
    expect(optimizer.lr).toBe(0.1)
  })
  test('float64 parameters are stepped in float64', () => {
    const w = new Parameter(tensor([1], { dtype: 'float64' }))
    new optim.SGD([w], { lr: 0.1 }).minimize(w.sum())
    expect(w.itemSync()).toBe(0.9)
  })
})

describe('errors', () => {
  const w = param(1)
  const cases: [string, () => unknown, new () => Error, string][] = [
    ['nothing to train', () => new optim.SGD([]), DataError, 'SGD: there is nothing to train'],
    ['empty groups', () => new optim.SGD([{ parameters: [] }]), DataError, 'the groups have no parameters'],
    ['mixed', () => new optim.SGD([w, { parameters: [w] }] as never), DataError, 'parameters and groups are mixed'],
    ['a tensor', () => new optim.SGD([tensor([1]) as never]), DataError, 'is no Parameter'],
    ['twice', () => new optim.SGD([w, w]), DataError, "'w' [1] is there twice"],
    ['rate', () => new optim.SGD([w], { lr: -1 }), DataError, 'lr is -1'],
    ['rate set', () => { new optim.SGD([w]).lr = NaN }, DataError, 'lr is NaN'],
    ['betas', () => new optim.Adam([w], { betas: [0.9, 1] }), DataError, 'Adam: betas are [0.9, 1]'],
    ['nesterov', () => new optim.SGD([w], { nesterov: true }), DataError, 'nesterov goes with momentum'],
    ['accumulate', () => new optim.SGD([w], { accumulate: 0 }), DataError, 'accumulate is 0'],
    ['gradient count', () => new optim.SGD([w]).step([]), ShapeError, '0 gradients for 1 parameters'],
    [
      'gradient shape',
      () => new optim.SGD([w]).step([ones([2])]),
      ShapeError,
      "gradient 0 has shape [2], the parameter 'w' [1]",
    ],
    ['a loss of others', () => new optim.SGD([w]).minimize(param(2).sum()), GradientError, 'depends on none'],
    [
      'state of others',
      () => new optim.SGD([w]).loadStateDict(new optim.SGD([param(1), param(2)]).stateDict()),
      DataError,
      'groups of [2] parameters, the optimizer of [1]',
    ],
    [
      'state shape',
      () => new optim.Adam([w]).loadStateDict(new optim.Adam([param(1, 2)]).stateDict()),
      ShapeError,
      "'exp_avg' of parameter 0 has shape [2]",
    ],
    [
      'state names',
      () => new optim.Adam([w]).loadStateDict(new optim.SGD([param(1)]).stateDict()),
      DataError,
      "has no 'exp_avg': it has step",
    ],
    ['clip bound', () => optim.clipGradNorm([ones([1])], 0), ShapeError, 'the bound is 0'],
  ]
  for (const [name, run, type, message] of cases) {
    test(name, () => {
      expect(run).toThrow(type)
      expect(run).toThrow(message)
    })
  }
})

test("PyTorch's own state loads: snake case, no state for what never stepped", () => {
  const w = param(1, 2)
  const optimizer = new optim.Adam([w])
  optimizer.loadStateDict({
    state: {},
    param_groups: [{ lr: 0.5, betas: [0.8, 0.9], weight_decay: 0.1, params: [0], foreach: null }],
  })
  expect(optimizer.groups[0].options).toMatchObject({ lr: 0.5, betas: [0.8, 0.9], weightDecay: 0.1, eps: 1e-8 })
  expect(optimizer.stateDict().param_groups[0]).toMatchObject({ lr: 0.5, weight_decay: 0.1, params: [0] })
})

test('clipping is pure', () => {
  const { grads, norm } = optim.clipGradNorm([tensor([3, 0]), null, tensor([4])], 2.5)
  expect(norm!.itemSync()).toBe(5)
  expect(grads[1]).toBeNull()
  expect(values(grads[0] as Tensor)[0]).toBeCloseTo(1.5, 5)
  expect(values(optim.clipGradNorm([tensor([3, 4])], 10).grads[0])).toEqual([3, 4])
  expect(optim.clipGradNorm([null], 1)).toEqual({ grads: [null], norm: null })
  expect(values(optim.clipGradValue([tensor([3, -4, 1])], 2)[0])).toEqual([2, -2, 1])
})

test('clipping: a norm that is not finite is an error where that is asked for', () => {
  const strict = { errorIfNonfinite: true }
  const good = [tensor([3, 4]), null]
  expect(values(optim.clipGradNorm(good, 1, strict).grads[0] as Tensor)[0]).toBeCloseTo(0.6, 5)
  for (const bad of [NaN, Infinity]) {
    const call = (options: object): unknown => optim.clipGradNorm([tensor([1, bad]), tensor([2])], 1, options)
    expect(() => call(strict)).toThrow(DataError)
    expect(() => call(strict)).toThrow(`the norm of the gradients is ${bad}`)
    expect(() => call({})).not.toThrow()
  }
  const w = param(1)
  const step = compile((g: Tensor) => {
    const { grads, norm } = optim.clipGradNorm([g], 10, strict)
    w.assign(w.sub(grads[0]))
    return norm!
  })
  expect(step(tensor([3])).itemSync()).toBe(3)
  expect(() => step(tensor([NaN])).itemSync()).toThrow('clipGradNorm: the norm of the gradients is NaN or infinite')
  expect(values(w)).toEqual([-2])
})

test('EMA: averages, swapped in and back, and saved', () => {
  const w = param(0)
  const ema = new optim.EMA([w], { decay: 0.5 })
  const update = compile((x: Tensor) => { w.assign(x); ema.update() })
  update(tensor([4]))
  update(tensor([8]))
  expect(values(ema.values()[0])).toEqual([5])
  const back = ema.swap()
  expect(values(w)).toEqual([5])
  back()
  expect(values(w)).toEqual([8])
  const other = new optim.EMA([param(0)])
  other.loadStateDict(ema.stateDict())
  expect(values(other.values()[0])).toEqual([5])
  expect(() => other.loadStateDict({})).toThrow('no average of parameter 0')
  expect(() => other.loadStateDict({ 0: zeros([2]) })).toThrow('average 0 has shape [2]')
  expect(() => new optim.EMA([w], { decay: 2 })).toThrow('decay is 2')
})

test('a rate that is set inside compile would be set once: a TraceError', () => {
  const sgd = new optim.SGD([param(1)], { lr: 1 })
  const schedule = new optim.StepLR(sgd, 1)
  const x = tensor([1])
  expect(() => compile((x: Tensor) => { schedule.step(); return x })(x)).toThrow(/lr is set while compile is tracing/)
  expect(() => compile((x: Tensor) => { sgd.lr = 2; return x })(x)).toThrow(/between the calls/)
  expect(sgd.lr).toBe(1)
})
