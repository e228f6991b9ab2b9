import { describe, expect, test } from 'vitest'
import './setup.ts'
import * as nn from '../../../src/nn/index.ts'
import { compile, gradients, ones, randn, tensor } from '../../../src/tensor/index.ts'

const ids = tensor([[0, 2], [1, 1]], { dtype: 'int32' })

test('Bilinear: Σ x·W·y + b', () => {
  const layer = new nn.Bilinear(2, 3, 1)
  layer.loadStateDict({ weight: tensor([[[1, 2, 3], [4, 5, 6]]]), bias: tensor([0.5]) })
  const [x, y] = [tensor([[1, 10]]), tensor([[1, 0, 2]])]
  const out = layer.forward(x, y)
  const [dx, dw] = gradients(out.sum(), [x, layer.weight])
  expect(out.dataSync()).toEqual(Float32Array.of(167.5)) // 7 + 10 · 16 + 0.5
  expect(dx!.dataSync()).toEqual(Float32Array.of(7, 16))
  expect(dw!.dataSync()).toEqual(Float32Array.of(1, 0, 2, 10, 0, 20))
  expect(layer.forward(ones([4, 5, 2]), ones([4, 5, 3])).shape).toEqual([4, 5, 1])
})

test('EmbeddingBag: mean, sum, max and weights', () => {
  const bag = (mode: 'mean' | 'sum' | 'max', weights?: number[][]): number[] => {
    const layer = new nn.EmbeddingBag(3, 2, { mode })
    layer.loadStateDict({ weight: tensor([[1, 8], [3, 4], [5, 6]]) })
    return [...layer.forward(ids, null, weights ? tensor(weights) : null).dataSync()]
  }
  expect(bag('mean')).toEqual([3, 7, 3, 4])
  expect(bag('sum')).toEqual([6, 14, 6, 8])
  expect(bag('max')).toEqual([5, 8, 3, 4])
  expect(bag('sum', [[2, 0], [1, -1]])).toEqual([2, 16, 0, 0])
  expect(() => bag('max', [[1, 1], [1, 1]])).toThrow("perSampleWeights go with mode 'sum'")
})

test('Hardsigmoid: x/6 + 1/2, flat beyond ±3', () => {
  const x = tensor([-4, -3, 1.5, 3, 4])
  const y = new nn.Hardsigmoid().forward(x)
  const [slopes] = gradients(y.sum(), [x])
  expect(y.dataSync()).toEqual(Float32Array.of(0, 0, 0.75, 1, 1))
  expect(slopes!.dataSync()).toEqual(Float32Array.of(0, 0, 1 / 6, 0, 0))
})

test('interpolate by area is adaptive mean pooling', () => {
  const x = randn([1, 2, 5, 6])
  expect(nn.interpolate(x, { size: [2, 4], mode: 'area' }).dataSync())
    .toEqual(nn.adaptiveAvgPool2d(x, [2, 4]).dataSync())
})

describe('gridSample: values and gradients as PyTorch 2.14 has them', () => {
  // mode, padding mode, align corners, output, gradient of the first channel and of the grid
  const cases: ['bilinear' | 'nearest', 'zeros' | 'border', boolean, number[], number[], number[]][] = [
    [
      'bilinear',
      'zeros',
      false,
      [3.6875, 1.78125, 1, 2.375, 0.9375, 0.125],
      [0.1875, 0.53125, 0.28125, 0.5625, 0.1875, 0.125],
      [7.875, 6.75, 7.875, 3.625, -13.5, -1.125],
    ],
    [
      'bilinear',
      'zeros',
      true,
      [3.6875, 2.78125, 5.0625, 2.625, 1.125, 1.5],
      [0.1875, 0.84375, 0.40625, 0.3125, 0.40625, 0.59375],
      [4.375, 4.25, 5.625, 4.625, -8.75, 0.375],
    ],
    [
      'bilinear',
      'border',
      false,
      [3.6875, 2.375, 8, 2.375, 1.25, 1],
      [0.1875, 0.6875, 0.375, 0.5625, 0.1875, 1],
      [7.875, 6.75, 10.5, 0, 0, -0],
    ],
    [
      'bilinear',
      'border',
      true,
      [3.6875, 2.78125, 6.75, 2.625, 1.125, 2],
      [0.1875, 0.84375, 0.46875, 0.3125, 0.40625, 0.78125],
      [4.375, 4.25, 5.625, 4.625, 0, 0.5],
    ],
    ['nearest', 'zeros', false, [4, 2, 0, 2, -1, 0], [0, 1, 0, 1, 0, 0], [0, 0, 0, 0, 0, 0]],
    ['nearest', 'zeros', true, [4, 2, 8, 2, -1, 1], [0, 1, 0, 1, 0, 1], [0, 0, 0, 0, 0, 0]],
    ['nearest', 'border', false, [4, 2, 8, 2, -1, 1], [0, 1, 0, 1, 0, 1], [0, 0, 0, 0, 0, 0]],
    ['nearest', 'border', true, [4, 2, 8, 2, -1, 1], [0, 1, 0, 1, 0, 1], [0, 0, 0, 0, 0, 0]],
  ]
  for (const [mode, paddingMode, alignCorners, output, ofImage, ofGrid] of cases) {
    test(`${mode}, ${paddingMode}, alignCorners ${alignCorners}`, () => {
      const x = tensor([[[[1, 2, 3], [4, 6, 8]], [[0, -1, 5], [2, 7, 1]]]])
      const grid = tensor([[[[-0.5, 0.25], [0.25, -0.75], [1.25, 0.5]]]])
      const y = nn.gridSample(x, grid, { mode, paddingMode, alignCorners })
      const [dx, dgrid] = gradients(y.sum(), [x, grid])
      y.dataSync().forEach((v, i) => expect(v).toBeCloseTo(output[i], 5))
      ofImage.forEach((v, i) => expect(dx!.dataSync()[i]).toBeCloseTo(v, 5))
      ofGrid.forEach((v, i) => expect(dgrid?.dataSync()[i] ?? 0).toBeCloseTo(v, 5))
    })
  }
})

test('layers work in compile', () => {
  const layers = new nn.Sequential(
    new nn.ConvTranspose2d(2, 4, 3, { stride: 2 }), new nn.GroupNorm(2, 4), new nn.PReLU(), new nn.ReflectionPad2d(1),
    new nn.Upsample({ scaleFactor: 2, mode: 'bilinear' }), new nn.AdaptiveMaxPool2d(3))
  const x = randn([1, 2, 4, 4])
  const found = compile((t: typeof x) => layers.forward(t))(x)
  expect(found.allClose(layers.forward(x)).itemSync()).toBe(1)
})

test('ConvTranspose begins as PyTorch\'s: U(±1/√fan in), the bias of the output channels', () => {
  const { weight, bias } = new nn.ConvTranspose2d(8, 64, 3, { groups: 2 })
  expect([weight.shape, bias!.shape]).toEqual([[8, 32, 3, 3], [64]])
  const most = Math.max(...weight.dataSync())
  expect(most).toBeLessThanOrEqual(1 / Math.sqrt(288))
  expect(most).toBeGreaterThan(0.99 / Math.sqrt(288))
})

describe('errors', () => {
  const image = ones([1, 2, 4, 4])
  const cases: [string, () => unknown, string][] = [
    [
      'reflection wider than the input',
      () => new nn.ReflectionPad2d(4).forward(image),
      "mode 'reflect' cannot lay [4,4]",
    ],
    ['too few widths', () => new nn.ZeroPad2d([1, 2]), 'ZeroPad2d: the padding is 1,2: expected a whole number, or 4'],
    ['output padding', () => nn.convTranspose2d(image, ones([2, 1, 2, 2]), null, { outputPadding: 1 }),
      'outputPadding 1 must be less than the stride 1'],
    ['padding of all there is', () => nn.convTranspose1d(ones([1, 1, 2]), ones([1, 1, 3]), null, { padding: 2 }),
      'convTranspose1d: axis 0 of the output would have size 0'],
    ['channels of a transposed convolution', () => new nn.ConvTranspose2d(3, 4, 2).forward(image), 'has 2 channels'],
    ['groups of channels', () => new nn.GroupNorm(2, 3), 'GroupNorm: 3 channels cannot be divided into 2 groups'],
    ['rank of pooling', () => new nn.MaxPool1d(2).forward(image), 'expected [batch, channels, length]'],
    ['p of a power mean', () => new nn.LPPool1d(0, 2), 'LPPool1d: p is 0'],
    ['mode and axes', () => nn.interpolate(image, { size: 2, mode: 'linear' }), "mode 'linear' takes"],
    ['size and factor', () => nn.interpolate(image, {}), 'give either size or scaleFactor'],
    ['pixel shuffle', () => new nn.PixelShuffle(2).forward(image), 'a multiple of 2² channels'],
    ['window larger than the image', () => nn.unfold(image, 5), 'do not fit into [4,4]'],
    ['columns that do not fold', () => nn.fold(ones([4, 5]), 4, 2), 'expected [batch, a multiple of 4, 9]'],
    ['slopes', () => nn.prelu(image, ones([3])), 'prelu: 3 slopes for the 2 channels'],
    ['odd axis', () => nn.glu(ones([3])), 'glu: axis -1 of [3] cannot be halved'],
    ['option', () => new nn.Upsample({ scale: 2 } as never), "Upsample: there is no option 'scale'"],
    ['bilinear', () => nn.bilinear(ones([2]), ones([3]), ones([1, 3, 2])), 'expected [..., in1] and [..., in2]'],
  ]
  for (const [name, run, message] of cases) test(name, () => expect(run).toThrow(message))
})

test('embeddings of vectors that are given are not trained unless they shall be', () => {
  const vectors = tensor([[1, 2], [3, 4], [5, 6]])
  const layer = nn.Embedding.fromPretrained(vectors)
  expect(layer.forward(tensor([2], { dtype: 'int32' })).arraySync()).toEqual([[5, 6]])
  const trained = nn.Embedding.fromPretrained(vectors, { freeze: false })
  expect([layer.weight.frozen, trained.weight.frozen]).toEqual([true, false])
  const bag = nn.EmbeddingBag.fromPretrained(vectors, { mode: 'max', paddingIdx: 2 })
  expect(bag.forward(tensor([[0, 1], [1, 2]], { dtype: 'int32' })).arraySync()).toEqual([[3, 4], [3, 4]])
  expect(bag.weight.frozen).toBe(true)
  expect(() => nn.Embedding.fromPretrained(ones([3]))).toThrow('the vectors are [3]: expected [ids, size]')
  expect(() => new nn.EmbeddingBag(3, 2).forward(tensor([1], { dtype: 'int32' })))
    .toThrow('[bags, n], or [n] and offsets')
})

test('transposed convolutions of a size', () => {
  const layer = new nn.ConvTranspose1d(1, 1, 3, { stride: 3 })
  expect([12, 13, 14].map(n => layer.forward(ones([1, 4]), [n]).shape[1])).toEqual([12, 13, 14])
  expect(() => layer.forward(ones([1, 4]), [15])).toThrow('from the input [1,4] come sizes from [12] to [14]')
})
