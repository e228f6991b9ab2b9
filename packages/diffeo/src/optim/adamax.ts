/** @file Adamax. */
import type { Tensor } from '../tensor/index.ts'
import { BetaOptimizer, type MomentOptions } from './moments.ts'
import {
  biasCorrection, type OptimizerOptions, type StateSpec, type StepContext, type Trained, type Updated, type Values,
} from './optimizer.ts'

export type AdamaxOptions = MomentOptions

/**
 * Adamax, Adam with the infinity norm: p ← p − lr/(1 − β₁ᵗ) · m/u with m ← β₁m + (1 − β₁)g and u ← max(β₂u, |g| + ε).
 * Weight decay adds λ·p to g. Kingma & Ba (2015), section 7.
 *
 * @param parameters - `model.parameters()`, or groups `{ parameters, lr?, … }`
 * @param options - `lr` (0.002), `betas` ([0.9, 0.999]), `eps` (1e-8), `weightDecay` (0), `maximize` (false),
 * `accumulate` (1)
 * @example
 * const optimizer = new optim.Adamax(model.parameters(), { lr: 2e-3 })
 */
export class Adamax extends BetaOptimizer<AdamaxOptions> {
  constructor(parameters: Trained<AdamaxOptions>, options: OptimizerOptions<AdamaxOptions> = {}) {
    super(parameters, { lr: 2e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0 }, options)
  }

  protected override numbers({ lr, betas: [b1, b2], eps, weightDecay }: AdamaxOptions): Record<string, number> {
    return { lr, taken: 1 - b1, beta2: b2, eps, weightDecay, logBeta1: Math.log(b1) }
  }
  protected override states(): Record<string, StateSpec> { return { exp_avg: {}, exp_inf: {} } }
  protected override update(
    p: Tensor,
    grad: Tensor,
    state: Values,
    { h, step, group }: StepContext<AdamaxOptions>,
  ): Updated {
    const g = group.has('weightDecay') ? grad.add(p.mul(h.weightDecay)) : grad
    const exp_avg = state.exp_avg.add(g.sub(state.exp_avg).mul(h.taken))
    const exp_inf = state.exp_inf.mul(h.beta2).maximum(g.abs().add(h.eps))
    const size = h.lr.div(biasCorrection(h.logBeta1, step))
    return { parameter: p.sub(exp_avg.div(exp_inf).mul(size)), state: { exp_avg, exp_inf } }
  }
}
