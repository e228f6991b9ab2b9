/** @file Adam with weight decay apart from the gradient. */
import type { Tensor } from '../tensor/index.ts'
import { Adam, adamDefaults, adamStep, type AdamOptions } from './adam.ts'
import type { OptimizerOptions, StepContext, Trained, Updated, Values } from './optimizer.ts'

/**
 * Adam with decoupled weight decay: p ← p·(1 − lr·λ), then Adam's step. Loshchilov & Hutter (2019).
 *
 * @param parameters - `model.parameters()`, or groups `{ parameters, lr?, … }`
 * @param options - as Adam's, with `weightDecay` (0.01)
 * @example
 * const optimizer = new optim.AdamW(model.parameters(), { lr: 3e-4, weightDecay: 0.1 })
 */
export class AdamW extends Adam {
  constructor(parameters: Trained<AdamOptions>, options: OptimizerOptions<AdamOptions> = {}) {
    super(parameters, options, { ...adamDefaults, weightDecay: 1e-2 })
  }

  protected override update(p: Tensor, g: Tensor, state: Values, context: StepContext<AdamOptions>): Updated {
    const { h, group } = context
    return adamStep(group.has('weightDecay') ? p.sub(p.mul(h.lr.mul(h.weightDecay))) : p, g, state, context)
  }
}
