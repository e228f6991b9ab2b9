/** @file What all losses share: checks, and the reduction to one number. */
import type { Tensor } from '../../tensor/index.ts'
import { DTypeError, ShapeError } from '../../util/errors.ts'
import { checkTensor } from '../../tensor/internal.ts'
import { isFloat } from '../../graph/dtype.ts'
import type { Names } from '../../util/options.ts'

/** 'mean' and 'sum' over all elements, or one loss an element. */
export type Reduction = 'none' | 'mean' | 'sum'
export interface ReductionOptions { reduction?: Reduction }
export const reductionNames: Names<ReductionOptions> = { reduction: true }

export function checkReduction<R extends string>(
  op: string,
  reduction: R,
  known: readonly string[] = ['none', 'mean', 'sum'],
): R {
  if (!known.includes(reduction))
    throw new ShapeError(`${op}: reduction is '${String(reduction)}': there are ${known.map(k => `'${k}'`).join(', ')}`)
  return reduction
}

export function reduced(op: string, loss: Tensor, reduction: Reduction = 'mean'): Tensor {
  checkReduction(op, reduction)
  return reduction === 'none' ? loss : reduction === 'sum' ? loss.sum() : loss.mean()
}

export const shapeText = (t: Tensor): string => `[${t.shape.join(',')}]`
export const sameShape = (a: Tensor, b: Tensor): boolean =>
  a.rank === b.rank && a.shape.every((d, i) => d === b.shape[i])

/**
 * Losses of pairs take pairs: a shape that broadcasts is most often a mistake ([N] against [N, 1] makes N² losses).
 * `first` and `second` are what the loss calls the two.
 */
export function checkPair(op: string, input: Tensor, target: Tensor, first = 'input', second = 'target'): void {
  checkTensor(op, first, input)
  checkTensor(op, second, target, input)
  if (!isFloat(input.dtype))
    throw new DTypeError(`${op}: the ${first} is ${input.dtype}: write ${first}.cast('float32')`)
  if (sameShape(input, target)) return
  const fix = input.size === target.size ? `: write ${second}.reshape(${input.shape.join(', ')})` : ''
  throw new ShapeError(
    `${op}: the ${first} is ${shapeText(input)}, the ${second} ${shapeText(target)}: they must have one shape${fix}`,
  )
}
/** A target in the input's dtype. */
export const likeInput = (target: Tensor, input: Tensor): Tensor =>
  isFloat(target.dtype) ? target : target.cast(input.dtype)
