/** @file Layers without state, as functions. */
export {
  celu,
  elu,
  gelu,
  glu,
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  mish,
  prelu,
  relu,
  relu6,
  rrelu,
  selu,
  sigmoid,
  silu,
  softmax,
  softmin,
  softplus,
  softshrink,
  softsign,
  tanh,
  tanhshrink,
  threshold,
  type RReluOptions,
} from './activation.ts'
export { scaledDotProductAttention, type ScaledDotProductOptions } from './attention.ts'
export { conv1d, conv2d, conv3d, type ConvOptions, type Padding } from './conv.ts'
export {
  convTranspose1d, convTranspose2d, convTranspose3d, type ConvTransposeOptions,
} from './conv-transpose.ts'
export { alphaDropout, dropout, dropout1d, dropout2d, dropout3d, featureAlphaDropout } from './dropout.ts'
export { embedding, embeddingBag, type EmbeddingBagOptions } from './embedding.ts'
export { bilinear, linear } from './linear.ts'
export { gridSample, type GridSampleOptions } from './grid-sample.ts'
export { interpolate, type InterpolateOptions, type InterpolationMode } from './interpolate.ts'
export {
  batchNorm, groupNorm, instanceNorm, layerNorm, localResponseNorm, rmsNorm, type BatchNormOptions,
  type LocalResponseNormOptions, type RmsNormOptions,
} from './norm.ts'
export { pad, type PadOptions, type PaddingMode } from './pad.ts'
export { rotaryPositions, sinusoidalPositions, type PositionOptions, type RotaryOptions } from './positions.ts'
export { channelShuffle, fold, pixelShuffle, pixelUnshuffle, unfold, type FoldOptions } from './shuffle.ts'
export {
  adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d, adaptiveMaxPool1d, adaptiveMaxPool1dWithIndices,
  adaptiveMaxPool2d, adaptiveMaxPool2dWithIndices, adaptiveMaxPool3d, adaptiveMaxPool3dWithIndices, type AdaptiveSize,
} from './adaptive-pool.ts'
export {
  avgPool1d, avgPool2d, avgPool3d, lpPool1d, lpPool2d, lpPool3d, maxPool1d, maxPool2d, maxPool3d, type AvgPoolOptions,
  type LpPoolOptions, type MaxPoolOptions,
} from './pool.ts'
export {
  fractionalMaxPool2d, fractionalMaxPool2dWithIndices, fractionalMaxPool3d, fractionalMaxPool3dWithIndices,
  type FractionalMaxPoolOptions,
} from './fractional-pool.ts'
export {
  maxPool1dWithIndices, maxPool2dWithIndices, maxPool3dWithIndices, maxUnpool1d, maxUnpool2d, maxUnpool3d,
  type MaxUnpoolOptions, type WithIndices,
} from './pool-indices.ts'
export { affineGrid } from './affine-grid.ts'
export {
  cosineSimilarity, normalize, pairwiseDistance, pdist, type CosineSimilarityOptions, type NormalizeOptions,
  type PairwiseDistanceOptions,
} from './distance.ts'
export { gumbelSoftmax, oneHot, type GumbelSoftmaxOptions } from './one-hot.ts'
