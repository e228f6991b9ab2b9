/** @file Adam with weight decay apart from the gradient. */
import { Adam, adamDefaults, type AdamOptions } from './adam.ts'
import type { OptimizerOptions, Trained } from './optimizer.ts'

/**
 * Adam with decoupled weight decay: p ← p·(1 − lr·λ), then Adam's step. Loshchilov & Hutter (2019).
 *
 * @param parameters - `model.parameters()`, or groups `{ parameters, lr?, … }`
 * @param options - as Adam's, with `weightDecay` (0.01)
 * @example
 * const optimizer = new optim.AdamW(model.parameters(), { lr: 3e-4, weightDecay: 0.1 })
 */
export class AdamW extends Adam {
  constructor(
    parameters: Trained<AdamOptions>, options: Omit<OptimizerOptions<AdamOptions>, 'decoupledWeightDecay'> = {},
  ) {
    super(parameters, options, { ...adamDefaults, weightDecay: 1e-2, decoupledWeightDecay: true })
  }
}
