/** @file Kullback–Leibler divergence. */
import { where, type Tensor } from '../../tensor/index.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { checkPair, checkReduction, likeInput, type Reduction } from './reduction.ts'

export interface KLDivOptions {
  /**
   * 'batchmean' divides the sum by the size of axis 0: the divergence as it is defined. 'mean' divides by all elements.
   */
  reduction?: Reduction | 'batchmean'
  /** Whether the target holds log-probabilities. */
  logTarget?: boolean
}

export const klDivNames: Names<KLDivOptions> = { reduction: true, logTarget: true }

/**
 * y·(log y − x) of log-probabilities x and probabilities y; 0 where y is 0. Kullback & Leibler (1951).
 *
 * @param options - `logTarget` (false), `reduction` ('mean'; 'batchmean' is the divergence as it is defined)
 * @throws ShapeError unless both have one shape
 * @example nn.klDiv(logits.logSoftmax(1), probabilities, { reduction: 'batchmean' })
 */
export function klDiv(
  input: Tensor,
  target: Tensor,
  options: KLDivOptions = {},
): Tensor {
  checkOptions('klDiv', options, klDivNames)
  const { reduction = 'mean', logTarget = false } = options
  checkReduction('klDiv', reduction, ['none', 'mean', 'sum', 'batchmean'])
  checkPair('klDiv', input, target)
  const y = likeInput(target, input)
  const loss = logTarget ? y.exp().mul(y.sub(input)) : entropy(y).sub(y.mul(input))
  if (reduction === 'none') return loss
  if (reduction === 'mean') return loss.mean()
  return reduction === 'sum' ? loss.sum() : loss.sum().div(input.shape[0] ?? 1)
}

/** y·log y, and 0 at 0. */
function entropy(y: Tensor): Tensor {
  const none = y.eq(0)
  return where(none, 0, y.mul(where(none, 1, y).log()))
}
