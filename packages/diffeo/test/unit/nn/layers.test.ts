import { beforeEach, describe, expect, test } from 'vitest'
import './setup.ts'
import * as nn from '../../../src/nn/index.ts'
import { arange, compile, gradients, ones, randn, seed, tensor, zeros, type Tensor } from '../../../src/tensor/index.ts'

beforeEach(() => seed(0))
const shapeOf = (layer: nn.Module, shape: number[]): readonly number[] => layer.forward(ones(shape)).shape

describe('shapes', () => {
  const cases: [string, () => nn.Module, number[], number[]][] = [
    ['Conv1d', () => new nn.Conv1d(16, 33, 3, { stride: 2 }), [20, 16, 50], [20, 33, 24]],
    ['Conv1d without batch', () => new nn.Conv1d(2, 3, 3, { padding: 1 }), [2, 7], [3, 7]],
    ['Conv2d', () => new nn.Conv2d(3, 8, 3, { padding: 1 }), [2, 3, 8, 8], [2, 8, 8, 8]],
    [
      "Conv2d 'same', even window",
      () => new nn.Conv2d(1, 1, 4, { padding: 'same', dilation: 2 }),
      [1, 1, 9, 7],
      [1, 1, 9, 7],
    ],
    ["Conv2d 'valid'", () => new nn.Conv2d(1, 1, 3, { padding: 'valid' }), [1, 1, 9, 7], [1, 1, 7, 5]],
    ['Conv3d', () => new nn.Conv3d(1, 4, 3), [1, 1, 5, 6, 7], [1, 4, 3, 4, 5]],
    ['MaxPool2d without batch', () => new nn.MaxPool2d(2), [8, 28, 28], [8, 14, 14]],
    [
      'AvgPool2d, no window begins in the padding',
      () => new nn.AvgPool2d(2, { stride: 3, padding: 1, ceilMode: true }),
      [1, 1, 4, 4],
      [1, 1, 2, 2],
    ],
    ['AdaptiveAvgPool2d', () => new nn.AdaptiveAvgPool2d([3, null]), [2, 3, 7, 5], [2, 3, 3, 5]],
    ['Unflatten', () => new nn.Unflatten(1, [2, -1]), [3, 8], [3, 2, 4]],
    ['Identity', () => new nn.Identity(), [3], [3]],
    ['BatchNorm1d of sequences', () => new nn.BatchNorm1d(3), [4, 3, 5], [4, 3, 5]],
    ['LayerNorm', () => new nn.LayerNorm([3, 4]), [2, 3, 4], [2, 3, 4]],
  ]
  for (const [name, make, input, output] of cases) test(name, () => expect(shapeOf(make(), input)).toEqual(output))
})

describe('parameters begin as PyTorch\'s', () => {
  const bound = (t: Tensor): number => Math.max(...t.dataSync().map(Math.abs))
  test('Linear and Conv: U(±1/√fan in)', () => {
    const linear = new nn.Linear(100, 200)
    for (const p of linear.parameters()) {
      expect(bound(p)).toBeLessThanOrEqual(0.1)
      expect(bound(p)).toBeGreaterThan(0.095)
    }
    const conv = new nn.Conv2d(8, 64, 3, { groups: 2 })
    expect(conv.weight.shape).toEqual([64, 4, 3, 3])
    for (const p of conv.parameters()) {
      expect(bound(p)).toBeLessThanOrEqual(1 / 6)
      expect(bound(p)).toBeGreaterThan(0.155)
    }
  })
  test('norms: 1 and 0; embedding: N(0, 1), the padding 0', () => {
    expect(new nn.LayerNorm(2).weight!.dataSync()).toEqual(Float32Array.of(1, 1))
    expect(new nn.BatchNorm2d(2).bias!.dataSync()).toEqual(Float32Array.of(0, 0))
    const table = new nn.Embedding(2000, 3, { paddingIdx: 5 }).weight
    expect(table.std().itemSync()).toBeCloseTo(1, 1)
    expect(table.index(5).dataSync()).toEqual(Float32Array.of(0, 0, 0))
  })
  test('without bias and affine', () => {
    expect(new nn.Linear(2, 2, { bias: false }).parameters()).toHaveLength(1)
    expect(new nn.LayerNorm(2, { bias: false }).parameters()).toHaveLength(1)
    expect(new nn.LayerNorm(2, { elementwiseAffine: false }).parameters()).toHaveLength(0)
    expect(new nn.BatchNorm1d(2, { affine: false, trackRunningStats: false }).stateDict()).toEqual({})
  })
})

describe('init', () => {
  test('fills parameters, or makes tensors', () => {
    const { weight } = new nn.Linear(3, 2)
    expect(nn.init.ones(weight)).toBe(weight)
    expect(weight.arraySync()).toEqual([[1, 1, 1], [1, 1, 1]])
    expect(nn.init.constant([2], 3).arraySync()).toEqual([3, 3])
    expect(nn.init.zeros([1], { dtype: 'float64' }).dtype).toBe('float64')
  })
  test('deviations', () => {
    const std = (t: Tensor): number => t.std().itemSync()
    expect(std(nn.init.xavierNormal([300, 100]))).toBeCloseTo(Math.sqrt(2 / 400), 2)
    expect(std(nn.init.xavierUniform([300, 100], { gain: 2 }))).toBeCloseTo(2 * Math.sqrt(2 / 400), 2)
    expect(std(nn.init.kaimingNormal([300, 10, 10], { mode: 'fanOut', nonlinearity: 'relu' }))).toBeCloseTo(
      Math.sqrt(2 / 3000),
      2,
    )
    expect(std(nn.init.kaimingUniform([100, 300]))).toBeCloseTo(Math.sqrt(2 / 300), 2)
    expect(std(nn.init.normal([1000], { mean: 5, std: 2 }))).toBeCloseTo(2, 0)
    expect(nn.init.uniform([1000], { low: 1, high: 2 }).amin().itemSync()).toBeGreaterThanOrEqual(1)
    expect(
      ['linear', 'conv', 'sigmoid', 'tanh', 'relu', 'leakyRelu', 'selu'].map(n => nn.init.calculateGain(n as 'relu')),
    ).toEqual([1, 1, 1, 5 / 3, Math.SQRT2, Math.sqrt(2 / 1.0001), 3 / 4])
    expect(() => nn.init.xavierNormal([3])).toThrow('2 axes or more')
  })
})

describe('dropout', () => {
  test('keeps the mean, draws anew, and passes in evaluation', () => {
    const layer = new nn.Dropout(0.25)
    const [a, b] = [layer.forward(ones([4000])), layer.forward(ones([4000]))]
    expect(a.mean().itemSync()).toBeCloseTo(1, 1)
    expect(new Set(a.dataSync())).toEqual(new Set([0, Math.fround(1 / 0.75)]))
    expect(a.dataSync()).not.toEqual(b.dataSync())
    expect(layer.eval().forward(ones([3])).dataSync()).toEqual(Float32Array.of(1, 1, 1))
  })
  test('compiled steps draw anew', () => {
    const layer = new nn.Dropout()
    const f = compile((x: Tensor) => layer.forward(x))
    expect(f(ones([100])).dataSync()).not.toEqual(f(ones([100])).dataSync())
  })
  test('p 0 and 1', () => {
    expect(new nn.Dropout(0).forward(ones([2])).dataSync()).toEqual(Float32Array.of(1, 1))
    const x = ones([2])
    expect(gradients(new nn.Dropout(1).forward(x).sum(), [x])[0]!.dataSync()).toEqual(Float32Array.of(0, 0))
    expect(() => new nn.Dropout(1.5)).toThrow('p is 1.5: expected a probability')
  })
})

describe('batch norm', () => {
  test('running statistics grow inside compile as outside', () => {
    const x = randn([6, 3])
    const [plain, inside] = [new nn.BatchNorm1d(3), new nn.BatchNorm1d(3)]
    const f = compile((v: Tensor) => inside.forward(v))
    for (let i = 0; i < 3; i++) expect(f(x).dataSync()).toEqual(plain.forward(x).dataSync())
    const [a, b] = [plain.stateDict(), inside.stateDict()]
    for (const key of Object.keys(a)) expect(b[key].dataSync()).toEqual(a[key].dataSync())
    expect(a.num_batches_tracked.itemSync()).toBe(3)
  })
  test('outside of compile each layer before it is computed once', () => {
    const model = new nn.Sequential(
      new nn.Linear(3, 4),
      new nn.BatchNorm1d(4),
      new nn.Linear(4, 2),
      new nn.BatchNorm1d(2),
    )
    const x = randn([5, 3])
    const y = model.forward(x)
    const found = gradients(y.square().sum(), [x, ...model.parameters()])
    expect(found.every(g => g !== null)).toBe(true)
  })
  test('errors', () => {
    expect(() => new nn.BatchNorm1d(3).forward(ones([1, 3]))).toThrow('one value a channel')
    expect(() => new nn.BatchNorm2d(3).forward(ones([2, 4, 2, 2]))).toThrow('expected 4 axes and 3 channels on axis 1')
    expect(() => new nn.BatchNorm2d(3).forward(ones([2, 3]))).toThrow('expected 4 axes')
    expect(new nn.BatchNorm1d(3).eval().forward(ones([1, 3])).shape).toEqual([1, 3])
  })
})

describe('pooling', () => {
  const image = arange(35).reshape(1, 1, 5, 7)
  test('adaptive windows as PyTorch cuts them', () => {
    // rows ⌊i·5/2⌋ … ⌈(i+1)·5/2⌉, columns ⌊j·7/3⌋ … ⌈(j+1)·7/3⌉
    const mean = (r0: number, r1: number, c0: number, c1: number): number => {
      let [sum, n] = [0, 0]
      for (let r = r0; r < r1; r++) for (let c = c0; c < c1; c++) { sum += r * 7 + c; n++ }
      return sum / n
    }
    const wanted = [[0, 3], [2, 5]].map(([r0, r1]) => [[0, 3], [2, 5], [4, 7]].map(([c0, c1]) => mean(r0, r1, c0, c1)))
    const found = new nn.AdaptiveAvgPool2d([2, 3]).forward(image).arraySync()[0][0] as number[][]
    found.flat().forEach((v, i) => expect(v).toBeCloseTo(wanted.flat()[i], 4))
    expect(new nn.AdaptiveAvgPool2d(1).forward(image).itemSync()).toBeCloseTo(17)
  })
  test('ceil mode counts what is there, and the padding', () => {
    const x = ones([1, 1, 3, 3])
    const pool = (options: object): number[][] =>
      new nn.AvgPool2d(2, { ceilMode: true, ...options }).forward(x).arraySync()[0][0]
    expect(pool({})).toEqual([
      [1, 1],
      [1, 1],
    ])
    expect(pool({ padding: 1 })).toEqual([
      [0.25, 0.5],
      [0.5, 1],
    ])
    expect(pool({ divisorOverride: 1 })).toEqual([
      [4, 2],
      [2, 1],
    ])
  })
  test('errors', () => {
    expect(() => new nn.MaxPool2d(2, { padding: 2 }).forward(image)).toThrow(
      "padding 2 is more than half of the window's size 2",
    )
    expect(() => new nn.MaxPool2d(2).forward(ones([4]))).toThrow('expected [batch, channels, height, width]')
    expect(() => new nn.MaxPool2d(0)).toThrow(
      'MaxPool2d: the window is 0: expected a whole number from 1 up, or 2 of them',
    )
    expect(() => new nn.AvgPool2d([1, 2, 3])).toThrow('the window is [1,2,3]')
    expect(() => new nn.AdaptiveAvgPool2d(2).forward(ones([4]))).toThrow('adaptiveAvgPool2d: the input is [4]')
  })
})

describe('embedding', () => {
  const layer = new nn.Embedding(4, 2, { paddingIdx: -1 })
  test('rows, gradients, the padding without', () => {
    layer.weight.assign(tensor([[0, 1], [2, 3], [4, 5], [6, 7]]))
    const out = layer.forward(tensor([[1, 3], [1, 0]], { dtype: 'int32' }))
    const [g] = gradients(out.sum(), [layer.weight])
    expect(out.arraySync()).toEqual([[[2, 3], [6, 7]], [[2, 3], [0, 1]]])
    expect(g!.arraySync()).toEqual([[1, 1], [2, 2], [0, 0], [0, 0]])
  })
  test('errors', () => {
    expect(() => layer.forward(tensor([4], { dtype: 'int32' })).dataSync()).toThrow(/out of range/)
    expect(() => layer.forward(tensor([-1], { dtype: 'int32' })).dataSync()).toThrow(/out of range/)
    expect(() => layer.forward(tensor([1]))).toThrow("ids are whole numbers, got float32 [1]: write ids.cast('int32')")
    expect(() => new nn.Embedding(4, 2, { paddingIdx: 4 })).toThrow('paddingIdx 4 is not one of the 4 ids')
  })
})

describe('errors when layers are made or called', () => {
  const cases: [string, () => unknown, string][] = [
    ['sizes', () => new nn.Linear(0, 3), 'Linear: inFeatures is 0: expected a whole number from 1 up'],
    ['channels', () => new nn.Conv2d(3, 4, 3, { groups: 2 }), 'Conv2d: inChannels 3 cannot be divided into 2 groups'],
    [
      'padding mode',
      () => new nn.Conv2d(1, 1, 1, { paddingMode: 'mirror' as never }),
      "Conv2d: paddingMode is 'mirror': there are 'zeros'",
    ],
    [
      "'same' with stride",
      () => new nn.Conv1d(1, 1, 3, { padding: 'same', stride: 2 }),
      "Conv1d: padding 'same' goes with stride 1",
    ],
    [
      "'same' with stride, function",
      () => nn.conv1d(ones([1, 1, 4]), ones([1, 1, 3]), null, { padding: 'same', stride: 2 }),
      "padding 'same' goes with stride 1",
    ],
    ['rank', () => new nn.Conv2d(1, 1, 3).forward(ones([3, 3])), 'in Conv2d 1→1, 3×3: conv2d: the input is [3,3]'],
    [
      'layer norm',
      () => new nn.LayerNorm(3).forward(ones([3, 4])),
      'in LayerNorm [3]: layerNorm: the last axes of the input [3,4] are not [3]',
    ],
    ['batch norm of a vector', () => nn.batchNorm(ones([3])), 'batchNorm: the input is [3]'],
  ]
  for (const [name, run, message] of cases) test(name, () => expect(run).toThrow(message))
})

test('descriptions', () => {
  const all = [
    new nn.Conv2d(4, 8, 3, { stride: 2, padding: 1, groups: 2 }),
    new nn.Conv2d(1, 1, [3, 5], { padding: 'same', dilation: [1, 2] }),
    new nn.MaxPool2d(2),
    new nn.AvgPool2d([2, 3]),
    new nn.AdaptiveAvgPool2d([7, null]),
    new nn.Dropout(0.1),
    new nn.Embedding(10, 4),
    new nn.BatchNorm2d(8),
    new nn.Softmax(1),
    new nn.LogSoftmax(-1),
    new nn.LeakyReLU(),
    new nn.ELU(),
    new nn.GELU({ approximate: 'tanh' }),
    new nn.GELU(),
    new nn.Softplus({ beta: 2 }),
    new nn.Unflatten(1, [2, 3]),
  ].map(m => m.describe())
  expect(all).toEqual([
    'Conv2d 4→8, 3×3, stride 2×2, padding 1×1, groups 2',
    "Conv2d 1→1, 3×5, padding 'same', dilation 1×2",
    'MaxPool2d 2×2',
    'AvgPool2d 2×3',
    'AdaptiveAvgPool2d 7×same',
    'Dropout 0.1',
    'Embedding 10→4',
    'BatchNorm2d 8',
    'Softmax 1',
    'LogSoftmax -1',
    'LeakyReLU 0.01',
    'ELU 1',
    'GELU tanh',
    'GELU',
    'Softplus 2',
    'Unflatten 1→[2, 3]',
  ])
})

test('functional forms', () => {
  const x = tensor([-1, 0, 2])
  const same = (a: Tensor, b: Tensor): void => expect(a.dataSync()).toEqual(b.dataSync())
  same(nn.relu(x), new nn.ReLU().forward(x))
  same(nn.leakyRelu(x), new nn.LeakyReLU().forward(x))
  same(nn.elu(x), new nn.ELU().forward(x))
  same(nn.gelu(x), new nn.GELU().forward(x))
  same(nn.silu(x), new nn.SiLU().forward(x))
  same(nn.sigmoid(x), new nn.Sigmoid().forward(x))
  same(nn.tanh(x), new nn.Tanh().forward(x))
  same(nn.softplus(x), new nn.Softplus().forward(x))
  same(nn.softmax(x, 0), new nn.Softmax(0).forward(x))
  same(nn.logSoftmax(x, 0), new nn.LogSoftmax(0).forward(x))
  expect(nn.logSigmoid(x).allClose(x.sigmoid().log()).itemSync()).toBe(1)
  same(nn.conv3d(ones([1, 1, 2, 2, 2]), ones([1, 1, 2, 2, 2])), tensor([8]))
  same(nn.layerNorm(tensor([1, 3]), [2], { eps: 0 }), tensor([-1, 1]))
  same(nn.embedding(tensor([1], { dtype: 'int32' }), zeros([2, 1])), tensor([0]))
})
