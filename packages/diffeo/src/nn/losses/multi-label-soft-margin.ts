/** @file Binary cross entropy of several labels, the mean over the classes. */
import type { Buffer, Parameter, Tensor } from '../../tensor/index.ts'
import { ShapeError } from '../../util/errors.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { Module } from '../module.ts'
import { held } from './held.ts'
import { checkPair, likeInput, reduced, reductionNames, type ReductionOptions } from './reduction.ts'

export interface MultiLabelSoftMarginOptions extends ReductionOptions {
  /** A weight for each class; broadcasts. */
  weight?: Tensor | null
}
const names: Names<MultiLabelSoftMarginOptions> = { ...reductionNames, weight: true }

/**
 * −Σ_c w_c · (y_c·log σ(x_c) + (1 − y_c)·log σ(−x_c)) / C of logits x: one loss an example.
 *
 * @param input - `[..., C]`
 * @param target - of the input's shape, from 0 to 1
 * @param options - `weight`, `reduction` ('mean')
 * @example nn.multilabelSoftMarginLoss(logits, labels)
 */
export function multilabelSoftMarginLoss(
  input: Tensor,
  target: Tensor,
  options: MultiLabelSoftMarginOptions = {},
): Tensor {
  checkOptions('multilabelSoftMarginLoss', options, names)
  const { weight, reduction } = options
  checkPair('multilabelSoftMarginLoss', input, target)
  if (input.rank === 0) throw new ShapeError('multilabelSoftMarginLoss: the input is 0-d: expected [..., classes]')
  const y = likeInput(target, input)
  const loss = y.mul(input.logSigmoid()).add(y.neg().add(1).mul(input.neg().logSigmoid())).neg()
  return reduced('multilabelSoftMarginLoss', (weight ? loss.mul(weight) : loss).mean(-1), reduction)
}

/**
 * −Σ_c w_c · (y_c·log σ(x_c) + (1 − y_c)·log σ(−x_c)) / C of logits x: one loss an example.
 *
 * @remarks Shapes: input and target `[..., C]`.
 * @param options - `weight` (broadcasts), `reduction` ('mean')
 * @example
 * new nn.MultiLabelSoftMarginLoss().forward(tensor([[0, 0]]), tensor([[1, 0]])) // 0.693
 */
export class MultiLabelSoftMarginLoss extends Module<[input: Tensor, target: Tensor]> {
  readonly options: Omit<MultiLabelSoftMarginOptions, 'weight'>
  /** Part of the state, as in PyTorch. */
  readonly weight: Buffer | Parameter | null

  constructor(options: MultiLabelSoftMarginOptions = {}) {
    super()
    checkOptions('MultiLabelSoftMarginLoss', options, names)
    const { weight, ...rest } = options
    this.options = rest
    this.weight = held('weight', weight)
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return multilabelSoftMarginLoss(input, target, { ...this.options, weight: this.weight })
  }
}
