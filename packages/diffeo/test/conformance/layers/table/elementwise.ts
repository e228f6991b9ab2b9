/** @file Activations, dropout, shapes, padding, distances. */
import { of, shape, type Entry } from '../entry.ts'

const line = shape(2, 3, 7)
const image = shape(2, 3, 5, 7)
const volume = shape(1, 2, 3, 4, 5)
const spaces = [line, image, volume]

const plain = [
  'ReLU', 'ReLU6', 'SELU', 'Sigmoid', 'LogSigmoid', 'SiLU', 'Mish', 'Tanh', 'Tanhshrink', 'Softsign', 'Hardsigmoid',
  'Hardswish', 'GELU', 'CELU', 'ELU', 'LeakyReLU', 'Softplus', 'Softshrink', 'Hardshrink', 'Hardtanh', 'PReLU',
]
const activations: Entry[] = [
  ...plain.map(layer => of(layer, [], shape(3, 7))),
  of('GELU', [{ approximate: 'tanh' }], shape(3, 7)),
  of('ELU', [{ alpha: 0.7 }], shape(13)),
  of('CELU', [{ alpha: 0.7 }], shape(13)),
  of('Softplus', [{ beta: 2, threshold: 1 }], shape(3, 7)),
  of('PReLU', [3], image),
  of('RReLU', [], shape(5, 7)),
  of('Threshold', [0.3, -2], shape(3, 7)),
  of('GLU', [1], shape(3, 6, 2)),
  of('Softmax', [1], shape(3, 7)),
  of('Softmin', [0], shape(3, 7)),
  of('LogSoftmax', [1], shape(3, 7)),
  of('Softmax2d', [], image),
]

const dropouts: Entry[] = [
  of('Dropout', [], shape(5, 7)), of('Dropout', [0.2], shape(33)), of('AlphaDropout', [0.3], shape(5, 7)),
  of('Dropout1d', [], line), of('Dropout2d', [], image), of('Dropout3d', [], volume),
  of('FeatureAlphaDropout', [], image),
]

const pads: Entry[] = [1, 2, 3].flatMap(n => {
  const widths = [1, 2, 2, 0, 1, 1].slice(0, 2 * n)
  return [
    ...['Zero', 'Reflection', 'Replication', 'Circular'].map(kind => of(`${kind}Pad${n}d`, [widths], spaces[n - 1])),
    of(`ConstantPad${n}d`, [widths, 0.7], spaces[n - 1]),
  ]
})

const shapes: Entry[] = [
  of('Identity', [], shape(3, 5)),
  of('Flatten', [], image),
  of('Unflatten', [1, [3, 2]], shape(3, 6)),
  of('ChannelShuffle', [3], shape(2, 6, 3, 5)),
  of('PixelShuffle', [2], shape(2, 8, 3, 5)),
  of('PixelUnshuffle', [2], shape(2, 3, 4, 6)),
  of('Unfold', [[2, 3], { padding: 1, stride: 2 }], image),
  of('Fold', [[5, 4], [2, 3], { padding: 1 }], shape(2, 12, 24)),
  ...['nearest', 'nearest-exact', 'bilinear', 'bicubic', 'area'].map(mode =>
    of('Upsample', [{ size: [7, 5], mode }], shape(1, 2, 4, 3))),
  ...['bilinear', 'bicubic'].map(mode => of('Upsample', [{ size: [3, 5], mode, antialias: true }], shape(1, 2, 7, 4))),
  of('Upsample', [{ scaleFactor: 2, mode: 'linear', alignCorners: true }], shape(2, 2, 5)),
  of('Upsample', [{ scaleFactor: 2, mode: 'trilinear' }], shape(1, 1, 2, 3, 2)),
  of('UpsamplingNearest2d', [{ scaleFactor: 2 }], shape(1, 2, 3, 5)),
  of('UpsamplingBilinear2d', [{ size: [7, 4] }], shape(1, 2, 3, 5)),
]

const distances: Entry[] = [
  of('CosineSimilarity', [], s => [s.floats(3, 7), s.floats(3, 7)]),
  of('PairwiseDistance', [], s => [s.floats(3, 7), s.floats(3, 7)]),
  of('PairwiseDistance', [{ p: 3, keepdims: true }], s => [s.floats(3, 7), s.floats(3, 7)]),
]

export const elementwise: readonly Entry[] = [...activations, ...dropouts, ...pads, ...shapes, ...distances]
