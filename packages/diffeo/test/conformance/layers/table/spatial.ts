/** @file Convolutions, pooling and normalization. */
import * as nn from '../../../../src/nn/index.ts'
import { tensor, zeros } from '../../../../src/tensor/index.ts'
import { of, shape, type Entry } from '../entry.ts'

const line = shape(2, 3, 9)
const image = shape(2, 3, 5, 7)
const volume = shape(1, 2, 3, 4, 5)
const spaces = [line, image, volume]

const convolutions: Entry[] = [
  of('Conv1d', [3, 5, 3, { stride: 2, padding: 1 }], line),
  of('Conv2d', [3, 5, 3], image),
  of('Conv2d', [3, 4, [3, 2], { stride: [1, 2], padding: [2, 1], dilation: [2, 1] }], image),
  of('Conv2d', [4, 6, 3, { groups: 2, padding: 'same', bias: false }], shape(2, 4, 5, 3)),
  of('Conv2d', [3, 3, 3, { groups: 3, paddingMode: 'circular', padding: 1 }], image),
  of('Conv3d', [2, 3, 2, { padding: 1 }], volume),
  of('ConvTranspose1d', [3, 5, 3, { stride: 2, outputPadding: 1 }], line),
  of('ConvTranspose2d', [3, 4, 3, { stride: 2, padding: 1 }], image),
  of('ConvTranspose2d', [4, 6, [3, 2], { groups: 2, dilation: 2 }], shape(2, 4, 3, 5)),
  of('ConvTranspose3d', [2, 3, 2, { stride: 2 }], volume),
]

const without = { vmapInTraining: 'the running statistics of a batch of batches are not defined' }
const norms: Entry[] = [
  ...[1, 2, 3].flatMap(n => [
    of(`BatchNorm${n}d`, [n === 3 ? 2 : 3], spaces[n - 1], { without }),
    of(`InstanceNorm${n}d`, [n === 3 ? 2 : 3], spaces[n - 1]),
    of(`InstanceNorm${n}d`, [n === 3 ? 2 : 3, { affine: true, trackRunningStats: true }], spaces[n - 1], { without }),
  ]),
  of('BatchNorm1d', [5], shape(7, 5), { without }),
  of('BatchNorm2d', [3, { momentum: null, affine: false }], image, { without }),
  of('BatchNorm2d', [3, { trackRunningStats: false }], image),
  of('LayerNorm', [[5, 7]], image),
  of('LayerNorm', [7, { bias: false }], shape(3, 7)),
  of('GroupNorm', [2, 6], shape(2, 6, 3, 5)),
  of('RMSNorm', [7], shape(2, 3, 7)),
  of('LocalResponseNorm', [3, { alpha: 0.5 }], image),
]

const pools: Entry[] = [1, 2, 3].flatMap(n => {
  const of3 = (kind: string, args: unknown[], more?: Partial<Entry>): Entry => of(kind, args, spaces[n - 1], more)
  return [
    of3(`MaxPool${n}d`, [2, { ceilMode: true }]),
    of3(`MaxPool${n}d`, [2, { stride: 1, padding: 1, returnIndices: true }]),
    of3(`AvgPool${n}d`, [3, { stride: 2, padding: 1, countIncludePad: false }]),
    // a mean power has a gradient where the sum is positive: p is even
    of3(`LPPool${n}d`, [2, 2]),
    of3(`AdaptiveAvgPool${n}d`, [2]),
    of3(`AdaptiveAvgPool${n}d`, [n === 1 ? 4 : [3, null, 2].slice(0, n)]),
    of3(`AdaptiveMaxPool${n}d`, [n === 1 ? 4 : [3, null, 2].slice(0, n)]),
    of3(`AdaptiveMaxPool${n}d`, [2, { returnIndices: true }]),
  ]
})

/** Values and the places where they came from, of distinct windows. */
const unpooled = (n: number, given: readonly number[]): Entry => ({
  layer: `MaxUnpool${n}d`, variant: '2',
  make: () => [nn.MaxUnpool1d, nn.MaxUnpool2d, nn.MaxUnpool3d].map(Layer => new Layer(2))[n - 1],
  inputs: s => {
    const whole = s.floats(...given)
    const indices = [nn.maxPool1dWithIndices, nn.maxPool2dWithIndices, nn.maxPool3dWithIndices][n - 1](whole, 2)[1]
    const places = tensor(Int32Array.from(indices.dataSync()), { shape: [...indices.shape] })
    return [s.floats(...indices.shape), places]
  },
})

const fractional: Entry[] = [
  of('FractionalMaxPool2d', [2, { outputSize: [3, 4] }], image),
  of('FractionalMaxPool3d', [[1, 2, 2], { outputRatio: 0.7, returnIndices: true }], volume),
]

/** Positions, which depend on the place in the sequence. */
const positions: Entry[] = [
  of('SinusoidalPositions', [], shape(2, 5, 6)),
  of('RotaryPositions', [], shape(2, 5, 6)),
  of('RotaryPositions', [{ interleaved: true }], s => [s.floats(2, 5, 6), 3]),
  of('LearnedPositions', [7, 6], shape(2, 5, 6)),
]

/** A layer that has seen an input of this shape. */
function seen(layer: string, args: unknown[], sizes: number[], more: Partial<Entry> = {}): Entry {
  const entry = of(layer, args, shape(...sizes), more)
  const make = (): nn.AnyModule => {
    const module = entry.make().eval()
    module.forward(zeros(sizes))
    return module.train()
  }
  return { ...entry, make }
}
const sizes = [[2, 3, 9], [2, 3, 5, 7], [1, 2, 3, 4, 5]]
const lazies: Entry[] = [
  seen('LazyLinear', [5], [3, 7]),
  ...['LazyConv1d', 'LazyConv2d', 'LazyConv3d'].map((layer, i) => seen(layer, [4, 2], sizes[i])),
  ...['LazyConvTranspose1d', 'LazyConvTranspose2d', 'LazyConvTranspose3d'].map((layer, i) =>
    seen(layer, [3, 2, { stride: 2 }], sizes[i])),
  ...['LazyBatchNorm1d', 'LazyBatchNorm2d', 'LazyBatchNorm3d'].map((layer, i) =>
    seen(layer, [], sizes[i], { without })),
  ...['LazyInstanceNorm1d', 'LazyInstanceNorm2d', 'LazyInstanceNorm3d'].map((layer, i) => seen(layer, [], sizes[i])),
]

export const spatial: readonly Entry[] = [
  ...convolutions, ...norms, ...pools, unpooled(1, [2, 3, 8]), unpooled(2, [2, 3, 4, 6]), unpooled(3, [1, 2, 4, 2, 6]),
  ...fractional, ...positions, ...lazies,
]
