/** @file The public names, the same in every entry. */
export * from './tensor/index.ts'
export {
  DataError, DeviceError, DiffeoError, DTypeError, GradientError, ShapeError, TraceError,
} from './util/errors.ts'
export * as nn from './nn/index.ts'
export * as optim from './optim/index.ts'
export * as data from './data/index.ts'
export * as metrics from './metrics/index.ts'
export * as train from './train/index.ts'
export * as io from './io/index.ts'
export * as linalg from './linalg/index.ts'
export * as fft from './fft/index.ts'
export { evaluate, fit, History, predict } from './train/index.ts'
export { load, save } from './io/index.ts'
