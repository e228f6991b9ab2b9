/** @file The public names, the same in every entry. */
export * from './tensor/index.ts'
export {
  DataError, DeviceError, DiffeoError, DTypeError, GradientError, ShapeError, TraceError,
} from './util/errors.ts'
