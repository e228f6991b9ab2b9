/** @file Layers without state, as functions. */
export {
  elu,
  gelu,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  relu,
  sigmoid,
  silu,
  softmax,
  softplus,
  tanh,
} from './activation.ts'
export { scaledDotProductAttention, type ScaledDotProductOptions } from './attention.ts'
export { conv1d, conv2d, conv3d, type ConvOptions, type Padding } from './conv.ts'
export { dropout } from './dropout.ts'
export { embedding } from './embedding.ts'
export { linear } from './linear.ts'
export { batchNorm, layerNorm, rmsNorm, type BatchNormOptions, type RmsNormOptions } from './norm.ts'
export { rotaryPositions, sinusoidalPositions, type PositionOptions, type RotaryOptions } from './positions.ts'
export { adaptiveAvgPool2d, avgPool2d, maxPool2d, type AvgPoolOptions, type MaxPoolOptions } from './pool.ts'
