/** @file Class labels and class probabilities as targets of logits `[N, C, d1…]`, or `[C]` for one example. */
import { where, type Tensor } from '../../tensor/index.ts'
import { checkTensor } from '../../tensor/internal.ts'
import { isFloat, isInteger } from '../../graph/dtype.ts'
import { DTypeError, ShapeError } from '../../util/errors.ts'
import { sameShape, shapeText } from './reduction.ts'

/** The axis of the classes. */
export const classAxis = (logits: Tensor): number => (logits.rank === 1 ? 0 : 1)

/** The shape of labels for logits of a shape. */
const labelShape = (logits: Tensor): number[] => logits.shape.filter((_, i) => i !== classAxis(logits))

/** Whether the target holds labels (or probabilities); anything else is an error. */
export function targetKind(op: string, logits: Tensor, target: Tensor): 'labels' | 'probabilities' {
  checkTensor(op, 'input', logits)
  checkTensor(op, 'target', target, logits)
  if (!isFloat(logits.dtype) && isFloat(target.dtype) && target.rank === logits.rank + 1)
    throw new DTypeError(
      `${op}: the logits are ${logits.dtype} ${shapeText(logits)}: they come first, ${op}(logits, target)`,
    )
  if (!isFloat(logits.dtype))
    throw new DTypeError(`${op}: the logits are ${logits.dtype}: write logits.cast('float32')`)
  if (logits.rank === 0) throw new ShapeError(`${op}: the logits are 0-d: expected [batch, classes, ...] or [classes]`)
  const shape = labelShape(logits)
  const fitsLabels = target.rank === shape.length && target.shape.every((d, i) => d === shape[i])
  const fitsLogits = sameShape(logits, target)
  const both = `the logits are ${shapeText(logits)}, the target is ${target.dtype} ${shapeText(target)}`
  if (isInteger(target.dtype) && fitsLabels) return 'labels'
  if (isFloat(target.dtype) && fitsLogits) return 'probabilities'
  if (fitsLabels) {
    throw new DTypeError(
      `${op}: ${both}: class labels are whole numbers: write target.cast('int32'), or, where a DataLoader makes the ` +
        `batches, new DataLoader(dataset, { labels: 'int32' })`,
    )
  }
  if (fitsLogits) throw new DTypeError(`${op}: ${both}: class probabilities are floats: write target.cast('float32')`)
  throw new ShapeError(
    `${op}: ${both}: expected labels [${shape.join(',')}] of whole numbers, or probabilities ${shapeText(logits)}`,
  )
}

export interface Picked {
  /** The element of each row that its label names (element 0 where the label is ignored). */
  of(rows: Tensor): Tensor
  /** Whether each label counts. */
  readonly counted: Tensor
  /** The labels, with 0 in place of ignored ones. */
  readonly labels: Tensor
}

/** A label that is out of range and not ignored is an error when the program runs: gather checks it. */
export function labelled(target: Tensor, ignoreIndex: number, axis: number): Picked {
  const ids = target.cast('int32')
  const counted = ids.ne(ignoreIndex)
  const labels = where(counted, ids, 0).cast('int32')
  return { counted, labels, of: rows => rows.gather(axis, labels.unsqueeze(axis)).squeeze(axis) }
}

/** Weights of the classes as a vector. @throws ShapeError unless there is one a class */
export function classWeights(op: string, weight: Tensor, classes: number): Tensor {
  checkTensor(op, 'weight', weight)
  if (weight.rank === 1 && weight.size === classes) return weight
  throw new ShapeError(`${op}: weight is ${shapeText(weight)}: expected one weight for each of the ${classes} classes`)
}

/** A value for each class, laid along the class axis of logits. */
export const alongClasses = (weight: Tensor, logits: Tensor): Tensor =>
  logits.rank === 1 ? weight : weight.reshape([1, weight.size, ...logits.shape.slice(2).map(() => 1)])
