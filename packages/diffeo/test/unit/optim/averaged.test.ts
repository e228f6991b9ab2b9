import { describe, expect, test } from 'vitest'
import './setup.ts'
import * as nn from '../../../src/nn/index.ts'
import * as optim from '../../../src/optim/index.ts'
import { compile, ones, randn, seed, tensor, type Tensor } from '../../../src/tensor/index.ts'

/** A layer whose one weight goes through the values, with the average taken at each. */
function follow(values: number[], options: optim.AveragedModelOptions = {}, compiled = false): number[] {
  const model = new nn.Linear(1, 1, { bias: false })
  const averaged = new optim.AveragedModel(model, options)
  const plain = (): void => averaged.updateParameters()
  const update = compiled ? compile(plain) : plain
  return values.map(value => {
    model.weight.assign([[value]])
    update()
    return averaged.forward(tensor([[1]])).itemSync()
  })
}

describe('AveragedModel', () => {
  // torch.optim.swa_utils.AveragedModel of the same weights
  for (const compiled of [false, true]) {
    test(`the mean, an exponential average, one of your own${compiled ? ', compiled' : ''}`, () => {
      expect(follow([1, 2, 6], {}, compiled)).toEqual([1, 1.5, 3])
      expect(follow([1, 2, 6], { avgFn: optim.getEmaAvgFn(0.5) }, compiled)).toEqual([1, 1.5, 3.75])
      const least = (a: Tensor, b: Tensor): Tensor => a.minimum(b)
      expect(follow([3, 2, 6], { avgFn: least }, compiled)).toEqual([3, 2, 2])
    })
  }
  test('state dict, and the model is left as it is', () => {
    const model = new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3))
    const averaged = new optim.AveragedModel(model)
    averaged.updateParameters()
    const state = averaged.stateDict()
    expect(Object.keys(state)).toEqual([
      'n_averaged', 'module.0.weight', 'module.0.bias', 'module.1.weight', 'module.1.bias', 'module.1.running_mean',
      'module.1.running_var', 'module.1.num_batches_tracked',
    ])
    expect(averaged.parameters()).toEqual([])
    const other = new optim.AveragedModel(new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3)))
    other.loadStateDict(state)
    model.apply(m => { if (m instanceof nn.Linear) nn.init.zeros(m.weight) })
    const x = randn([4, 2])
    expect(other.eval().forward(x).allClose(averaged.eval().forward(x)).itemSync()).toBe(1)
    expect(model.training).toBe(true)
    expect(averaged.forward(x).allClose(model.eval().forward(x)).itemSync()).toBe(0)
  })
  test('its mode is its own, compiled too: no call is traced again', () => {
    const model = new nn.Sequential(new nn.Dropout(0.5))
    const averaged = new optim.AveragedModel(model).eval()
    let traces = 0
    const run = compile((x: Tensor) => {
      traces++
      return averaged.forward(x)
    })
    for (let i = 0; i < 3; i++) expect(run(ones([8])).sum().itemSync()).toBe(8)
    expect([traces, model.training]).toEqual([1, true])
    averaged.train()
    seed(1)
    expect([...run(ones([8])).dataSync()]).toContain(0)
    expect(traces).toBe(2)
  })
  test('buffers are copied, or averaged', () => {
    const found = [false, true].map(useBuffers => {
      const model = new nn.BatchNorm1d(1)
      const averaged = new optim.AveragedModel(model, { useBuffers })
      for (const mean of [2, 4]) {
        model.runningMean!.assign([mean])
        averaged.updateParameters()
      }
      return averaged.stateDict()['module.running_mean'].itemSync()
    })
    expect(found).toEqual([4, 3])
  })
  test('errors', () => {
    expect(() => optim.getEmaAvgFn(2)).toThrow('decay is 2')
    expect(() => new optim.AveragedModel(new nn.Linear(1, 1)).updateParameters(new nn.Identity()))
      .toThrow("the model has no 'weight'")
  })
})

describe('updateBn', () => {
  const batches = [tensor([[1], [3]]), tensor([[2], [10]])]
  for (const averaged of [false, true]) {
    test(`means over the batches${averaged ? ', of an average' : ''}`, async () => {
      seed(0)
      const model = new nn.Sequential(new nn.BatchNorm1d(1), new nn.Dropout(0.5))
      model.forward(tensor([[100], [200]]))
      const target = averaged ? new optim.AveragedModel(model) : model
      target.eval()
      await optim.updateBn(batches.map(x => [x, null]), target)
      const state = target.stateDict()
      const prefix = averaged ? 'module.' : ''
      expect(state[`${prefix}0.running_mean`].itemSync()).toBe(4)
      expect(state[`${prefix}0.running_var`].itemSync()).toBe(17)
      expect(state[`${prefix}0.num_batches_tracked`].itemSync()).toBe(2)
      expect(target.training).toBe(false)
      expect((model.at(0) as nn.BatchNorm1d).momentum).toBe(0.1)
    })
  }
  test('a batch without a tensor', async () => {
    await expect(optim.updateBn([[3]], new nn.BatchNorm1d(1))).rejects.toThrow('a batch must be a tensor')
  })
})
