/** @file Negative log-likelihood of log-probabilities. */
import { where, type Tensor } from '../../tensor/index.ts'
import { DTypeError } from '../../util/errors.ts'
import { inFloat32, wide } from '../../tensor/internal.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { classAxis, classWeights, labelled, targetKind } from './class-labels.ts'
import { checkReduction, type Reduction } from './reduction.ts'

export interface NLLLossOptions {
  /** A weight for each class. `[classes]` */
  weight?: Tensor | null
  ignoreIndex?: number
  /** 'mean' is weighted by the classes' weights. */
  reduction?: Reduction
}

export const nllNames: Names<NLLLossOptions> = { weight: true, ignoreIndex: true, reduction: true }

/**
 * −w[label] · logProbabilities[label]; shapes as in crossEntropy, whose second half this is.
 *
 * @param options - `weight` (one a class), `ignoreIndex` (−100), `reduction` ('mean', over the weights that count)
 * @throws DTypeError, ShapeError where the target is not labels; labels out of range are a DataError when the program
 * runs
 * @example nn.nllLoss(logits.logSoftmax(1), labels)
 */
export function nllLoss(logProbabilities: Tensor, target: Tensor, options: NLLLossOptions = {}): Tensor {
  checkOptions('nllLoss', options, nllNames)
  const { weight, ignoreIndex = -100, reduction = 'mean' } = options
  checkReduction('nllLoss', reduction)
  if (targetKind('nllLoss', logProbabilities, target) !== 'labels') {
    throw new DTypeError(
      'nllLoss: the target is float: class labels are whole numbers: write target.argmax(1), or use crossEntropy',
    )
  }
  const axis = classAxis(logProbabilities)
  const { of, counted, labels } = labelled(target, ignoreIndex, axis)
  const own = weight
    ? classWeights('nllLoss', weight, logProbabilities.shape[axis]).gather(0, labels.flatten()).reshape(labels.shape)
    : null
  const nll = of(logProbabilities).neg()
  const loss = where(counted, own ? nll.mul(own) : nll, 0)
  if (reduction === 'none') return loss
  if (reduction === 'sum') return loss.sum()
  return inFloat32(loss, each => each.sum().div(own ? where(counted, wide(own), 0).sum() : counted.sum()))
}
