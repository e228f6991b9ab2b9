/** @file Predicted classes and labels, of binary and of multiclass outputs. */
import { arange, onesLike, where, zeros, type Tensor } from '../tensor/index.ts'
import { isFloat, isInteger } from '../graph/dtype.ts'
import { DataError, DTypeError, ShapeError } from '../util/errors.ts'
import type { Names } from '../util/options.ts'

export type Task = 'binary' | 'multiclass'
export interface TaskOptions {
  /** Taken from the shapes if it is not given: see the metric. */
  task?: Task
  /** Binary outputs above this are positive: 0 for logits, 0.5 for probabilities. */
  threshold?: number
  /** Multiclass: the label is what is predicted where it is among the k greatest scores (1). */
  topK?: number
  /** Examples with this label do not count. */
  ignoreIndex?: number
}
export const taskNames: Names<TaskOptions> = { task: true, threshold: true, topK: true, ignoreIndex: true }
/** Labels as vectors of int32; `counted` is bool where not all of them count. */
export interface Labels {
  readonly predicted: Tensor
  readonly target: Tensor
  readonly classes: number
  readonly counted: Tensor | null
}

export const text = (t: Tensor): string => `${t.dtype} [${t.shape.join(',')}]`

/** `[N, C]` against whole-number `[N]` is multiclass, `[N]` or `[N, 1]` against as many targets binary. */
export function taskOf(name: string, output: Tensor, target: Tensor): Task {
  if (output.rank >= 2 && output.shape[1] > 1 && output.rank === target.rank + 1 && isInteger(target.dtype))
    return 'multiclass'
  const column = output.rank === 1 || (output.rank === 2 && output.shape[1] === 1)
  if (column && isFloat(output.dtype) && target.size === output.size && target.rank <= 2) return 'binary'
  throw new ShapeError(
    `${name}: the output is ${text(output)}, the target ${text(target)}: which task that is cannot be told: ` +
      `write new ${name}({ task: 'binary' }), or new ${name}({ task: 'multiclass' }), which takes labels and one-hot rows`,
  )
}

/** @throws DataError unless an option is left out or one of these */
export function checkChoice(of: string, option: string, given: unknown, known: readonly string[]): void {
  if (given === undefined || known.includes(given as string)) return
  throw new DataError(`${of}: ${option} is ${JSON.stringify(given)}; there are ${known.map(k => `'${k}'`).join(', ')}`)
}

/** Labels of multiclass outputs, of which one-hot (or probable) rows name the greatest. */
export const classesIn = (output: Tensor, target: Tensor): Tensor =>
  target.rank === output.rank && target.shape.every((d, i) => d === output.shape[i]) ? target.argmax(1) : target

export function checkLabels(name: string, target: Tensor, count: number): void {
  if (target.size !== count) throw new ShapeError(`${name}: ${count} predictions for the target ${text(target)}`)
  if (isFloat(target.dtype))
    throw new DTypeError(`${name}: labels are whole numbers, the target is ${text(target)}: write target.cast('int32')`)
}

/** The labels as a vector of int32; looked up among the classes, so that one out of range is an error at run time. */
function known(labels: Tensor, classes: number): Tensor {
  const all = arange(0, classes, 1, { dtype: 'int32', device: labels.device })
  return all.gather(0, labels.flatten().cast('int32'))
}

/** Scores `[N, C]` of `[N, C, d1…]`. */
export function rows(name: string, output: Tensor): Tensor {
  if (output.rank < 2)
    throw new ShapeError(`${name}: multiclass outputs are [batch, classes, ...], got ${text(output)}`)
  const axes = output.shape.map((_, i) => i).filter(i => i !== 1)
  return output.permute([...axes, 1]).reshape([-1, output.shape[1]])
}

/** The labels that count, and 0 in place of the others. */
function counting(target: Tensor, ignoreIndex: number | undefined): { labels: Tensor; counted: Tensor | null } {
  if (ignoreIndex === undefined) return { labels: target, counted: null }
  const counted = target.ne(ignoreIndex)
  return { labels: where(counted, target, 0).cast(target.dtype), counted: counted.flatten() }
}

/** The classes that outputs name, and their labels. */
export function labelsOf(name: string, output: Tensor, given: Tensor, options: TaskOptions): Labels {
  const { task = taskOf(name, output, given), threshold = 0, topK = 1, ignoreIndex } = options
  if (task === 'binary') {
    if (topK !== 1) throw new DataError(`${name}: topK is for multiclass`)
    const { labels: target, counted } = counting(given, ignoreIndex)
    const predicted = output.flatten().gt(threshold).cast('int32')
    if (target.size !== output.size)
      throw new ShapeError(
        `${name}: the output is ${text(output)}, the target ${text(target)}: binary ones have one size`,
      )
    // binary targets are often floats, as the loss wants them
    return { predicted, target: known(target, 2), classes: 2, counted }
  }
  const scores = rows(name, output)
  const classes = scores.shape[1]
  const all = classesIn(output, given)
  checkLabels(name, all, scores.shape[0])
  const { labels, counted } = counting(all, ignoreIndex)
  const target = known(labels, classes)
  const best = scores.argmax(1)
  const predicted = topK === 1 ? best : where(amongTop(name, scores, target, topK), target, best)
  return { predicted, target, classes, counted }
}

/** Whether the label is among the k greatest scores: fewer than k are greater, earlier ones winning ties. */
function amongTop(name: string, scores: Tensor, target: Tensor, k: number): Tensor {
  if (!Number.isInteger(k) || k < 1 || k > scores.shape[1])
    throw new ShapeError(`${name}: topK is ${k}, there are ${scores.shape[1]} classes`)
  return scores.topk(k, 1).indices.eq(target.unsqueeze(1)).any(1)
}

/** How often each pair (label, prediction) occurs: int32 [classes, classes]. */
export function confusion({ predicted, target, classes, counted }: Labels): Tensor {
  const pairs = target.mul(classes).add(predicted).cast('int32')
  const empty = zeros([classes * classes], { dtype: 'int32', device: predicted.device })
  return empty.scatterAdd(0, pairs, counted ? counted.cast('int32') : onesLike(pairs)).reshape([classes, classes])
}
