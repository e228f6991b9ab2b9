import { expect, test } from 'vitest'
import './setup.ts'
import * as nn from '../../../src/nn/index.ts'
import * as optim from '../../../src/optim/index.ts'
import { compile, ones, randn, type Tensor } from '../../../src/tensor/index.ts'

const made = (): nn.Sequential => new nn.Sequential(
  new nn.LazyConv2d(4, 3), new nn.LazyBatchNorm2d(), new nn.ReLU(), new nn.Flatten(), new nn.LazyLinear(2),
)

test('sizes come from the first input, and names are those of the layers', () => {
  const model = made()
  expect(String(model)).toContain('(4): LazyLinear')
  expect(model.forward(randn([2, 3, 5, 6])).shape).toEqual([2, 2])
  const shapes = Object.entries(model.stateDict()).map(([name, t]) => `${name} ${t.shape.join('×')}`)
  expect(shapes).toEqual([
    '0.weight 4×3×3×3', '0.bias 4', '1.weight 4', '1.bias 4', '1.running_mean 4', '1.running_var 4',
    '1.num_batches_tracked ', '4.weight 2×48', '4.bias 2',
  ])
  expect(String(model)).toContain('(4): Linear 48→2')
  expect((model.at(4) as nn.LazyLinear).layer).toBeInstanceOf(nn.Linear)
})

test('before that there are no parameters, which is said; modes and summary are fine', () => {
  const model = made().eval()
  const asked: (() => unknown)[] = [
    () => model.parameters(), () => model.stateDict(), () => new optim.SGD(model.parameters()),
    () => model.loadStateDict({}), () => model.to('float64'),
  ]
  for (const ask of asked)
    expect(ask).toThrow('0: LazyConv2d has no parameters before it has seen an input: run the model once')
  expect(() => new nn.LazyLinear(2).parameters()).toThrow(/^LazyLinear has no parameters/)
  expect(model.summary([1, 3, 5, 6])).toMatch(/4 +Linear 48→2 +\[1, 2\] +98/)
  expect(model.parameters().length).toBe(6)
  expect((model.at(1) as nn.LazyBatchNorm2d).layer!.training).toBe(false)
  model.train()
  model.forward(ones([2, 3, 5, 6]))
  expect(model.stateDict()['1.num_batches_tracked'].itemSync()).toBe(1)
})

test('a first pass inside compile says to make it before', () => {
  const layer = new nn.LazyLinear(2)
  expect(() => compile((x: Tensor) => layer.forward(x))(ones([1, 3]))).toThrow(/LazyLinear.*make it before/)
  expect(layer.layer).toBeNull()
})
