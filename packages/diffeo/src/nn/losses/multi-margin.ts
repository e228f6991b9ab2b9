/** @file Hinge loss of classes. */
import { arange, where, type Buffer, type Parameter, type Tensor } from '../../tensor/index.ts'
import { DiffeoError, DTypeError, ShapeError } from '../../util/errors.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { Module } from '../module.ts'
import { classAxis, classWeights, targetKind } from './class-labels.ts'
import { held } from './held.ts'
import { reduced, reductionNames, shapeText, type ReductionOptions } from './reduction.ts'

export interface MultiMarginOptions extends ReductionOptions {
  /** The power of each class's hinge. */
  p?: 1 | 2
  margin?: number
  /** A weight for each class. `[classes]` */
  weight?: Tensor | null
}
const names: Names<MultiMarginOptions> = { ...reductionNames, p: true, margin: true, weight: true }

/**
 * Σ_{i ≠ y} w_y · max(0, margin − x_y + x_i)^p / C of scores x and the label y. Crammer & Singer (2001), summed over
 * the classes.
 *
 * @param input - `[N, C]` or `[C]`
 * @param target - whole-number labels `[N]` or `[]`
 * @param options - `p` (1), `margin` (1), `weight` (one a class), `reduction` ('mean')
 * @throws DTypeError, ShapeError where the target is not labels; labels out of range are a DataError at run time
 * @example nn.multiMarginLoss(scores, labels, { margin: 0.5 })
 */
export function multiMarginLoss(input: Tensor, target: Tensor, options: MultiMarginOptions = {}): Tensor {
  checkOptions('multiMarginLoss', options, names)
  const { p = 1, margin = 1, weight, reduction } = options
  if (p !== 1 && p !== 2) throw new DiffeoError(`multiMarginLoss: p is ${String(p)}: expected 1 or 2`)
  if (targetKind('multiMarginLoss', input, target) !== 'labels')
    throw new DTypeError('multiMarginLoss: the target is float: class labels are whole numbers: write target.argmax(1)')
  if (input.rank > 2)
    throw new ShapeError(`multiMarginLoss: the input is ${shapeText(input)}: expected [batch, classes] or [classes]`)
  const axis = classAxis(input)
  const classes = input.shape[axis]
  const labels = target.cast('int32').unsqueeze(axis)
  const short = input.sub(input.gather(axis, labels)).add(margin).relu()
  const others = arange(classes, { dtype: 'int32', device: input.device }).ne(labels)
  const hinge = where(others, p === 1 ? short : short.square(), 0).sum(axis).div(classes)
  const own = weight
    ? classWeights('multiMarginLoss', weight, classes).gather(0, labels.flatten()).reshape(target.shape)
    : null
  return reduced('multiMarginLoss', own ? hinge.mul(own) : hinge, reduction)
}

/**
 * Σ_{i ≠ y} w_y · max(0, margin − x_y + x_i)^p / C of scores x and the label y.
 *
 * @remarks Shapes: input `[N, C]` or `[C]`; target whole-number labels `[N]` or `[]`.
 * @param options - `p` (1), `margin` (1), `weight` (one a class), `reduction` ('mean')
 * @example
 * new nn.MultiMarginLoss().forward(tensor([[0.1, 0.2, 0.4, 0.8]]), tensor([3], { dtype: 'int32' })) // 0.325
 */
export class MultiMarginLoss extends Module<[input: Tensor, target: Tensor]> {
  readonly options: Omit<MultiMarginOptions, 'weight'>
  /** Part of the state, as in PyTorch. */
  readonly weight: Buffer | Parameter | null

  constructor(options: MultiMarginOptions = {}) {
    super()
    checkOptions('MultiMarginLoss', options, names)
    const { weight, ...rest } = options
    this.options = rest
    this.weight = held('weight', weight)
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return multiMarginLoss(input, target, { ...this.options, weight: this.weight })
  }
}
