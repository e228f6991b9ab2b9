/** @file Every error of the library. A message says what was asked, what was found, and what to do. */

export class DiffeoError extends Error {
  override name = 'DiffeoError'
}
/** Shapes, axes or sizes that do not fit together. */
export class ShapeError extends DiffeoError {
  override name = 'ShapeError'
}
/** A data type that the operation or the backend does not take. */
export class DTypeError extends DiffeoError {
  override name = 'DTypeError'
}
/** A device that is not there, is out of memory, or cannot do what was asked. */
export class DeviceError extends DiffeoError {
  override name = 'DeviceError'
}
/** Data that is wrong: an index out of range, a bad file, an empty data set. */
export class DataError extends DiffeoError {
  override name = 'DataError'
}
/** An index out of range, seen when a program ran: a DataError that others may add to. */
export class IndexError extends DataError {}
/** Something that cannot be done while `compile`, `grad` or `vmap` is tracing. */
export class TraceError extends DiffeoError {
  override name = 'TraceError'
}
/** A gradient that cannot be had: the history was cut, or the operation has none. */
export class GradientError extends DiffeoError {
  override name = 'GradientError'
}
