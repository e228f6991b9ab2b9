/** @file Hinge loss of several labels. */
import { arange, where, type Tensor } from '../../tensor/index.ts'
import { isInteger } from '../../graph/dtype.ts'
import { DTypeError, ShapeError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import { Module } from '../module.ts'
import { checkPair, reduced, reductionNames, shapeText, type ReductionOptions } from './reduction.ts'

/**
 * Σ_j Σ_{i not a label} max(0, 1 − (x_{y_j} − x_i)) / C over the labels y_j of a row.
 *
 * @param input - scores `[N, C]` or `[C]`
 * @param target - whole numbers of the input's shape: a row's labels first, and −1 after the last
 * @param options - `reduction` ('mean')
 * @throws DTypeError, ShapeError for another target; labels out of range are a DataError at run time
 * @example nn.multilabelMarginLoss(scores, tensor([[3, 0, -1, 1]], { dtype: 'int32' }))
 */
export function multilabelMarginLoss(input: Tensor, target: Tensor, options: ReductionOptions = {}): Tensor {
  checkOptions('multilabelMarginLoss', options, reductionNames)
  checkPair('multilabelMarginLoss', input, target)
  if (!isInteger(target.dtype))
    throw new DTypeError(`multilabelMarginLoss: the target is ${target.dtype}: write target.cast('int32')`)
  if (input.rank !== 1 && input.rank !== 2)
    throw new ShapeError(
      `multilabelMarginLoss: the input is ${shapeText(input)}: expected [batch, classes] or [classes]`,
    )
  const classes = input.shape[input.rank - 1]
  const ids = target.cast('int32')
  const counted = ids.eq(-1).cast('int32').cumsum(-1).eq(0)
  const labels = where(counted, ids, 0).cast('int32')
  const mine = input.gather(-1, labels).unsqueeze(-1)
  const every = arange(classes, { dtype: 'int32', device: input.device })
  // [..., label j, class i]
  const isLabel = labels.unsqueeze(-1).eq(every).and(counted.unsqueeze(-1)).any(-2, { keepdims: true })
  const short = input.unsqueeze(-2).sub(mine).add(1).relu()
  const hinge = where(counted.unsqueeze(-1).and(isLabel.not()), short, 0).sum([-2, -1]).div(classes)
  return reduced('multilabelMarginLoss', hinge, options.reduction)
}

/**
 * Σ_j Σ_{i not a label} max(0, 1 − (x_{y_j} − x_i)) / C over the labels y_j of a row.
 *
 * @remarks Shapes: input `[N, C]` or `[C]`; target whole numbers of that shape, −1 after a row's last label.
 * @param options - `reduction` ('mean')
 * @example
 * const labels = tensor([[3, 0, -1, 1]], { dtype: 'int32' })
 * new nn.MultiLabelMarginLoss().forward(tensor([[0.1, 0.2, 0.4, 0.8]]), labels) // 0.85
 */
export class MultiLabelMarginLoss extends Module<[input: Tensor, target: Tensor]> {
  readonly options: ReductionOptions

  constructor(options: ReductionOptions = {}) {
    super()
    checkOptions('MultiLabelMarginLoss', options, reductionNames)
    this.options = options
  }

  override forward(input: Tensor, target: Tensor): Tensor { return multilabelMarginLoss(input, target, this.options) }
}
