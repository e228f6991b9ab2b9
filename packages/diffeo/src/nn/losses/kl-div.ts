/** @file Kullback–Leibler divergence. */
import { where, type Tensor } from '../../tensor/index.ts'
import { checkPair, checkReduction, likeInput, type Reduction } from './reduction.ts'

export interface KLDivOptions {
  /**
   * 'batchmean' divides the sum by the size of axis 0: the divergence as it is defined. 'mean' divides by all elements.
   */
  reduction?: Reduction | 'batchmean'
  /** Whether the target holds log-probabilities. */
  logTarget?: boolean
}

/** y·(log y − x) of log-probabilities x and probabilities y; 0 where y is 0. */
export function klDiv(
  input: Tensor,
  target: Tensor,
  { reduction = 'mean', logTarget = false }: KLDivOptions = {},
): Tensor {
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
