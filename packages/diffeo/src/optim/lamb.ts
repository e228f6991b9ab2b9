/** @file LAMB. */
import { where, type Tensor } from '../tensor/index.ts'
import { adamNumbers, checkBetas } from './adam.ts'
import type { DecayOptions } from './group.ts'
import {
  biasCorrection,
  Optimizer,
  type OptimizerOptions,
  type StateSpec,
  type StepContext,
  type Trained,
  type Updated,
  type Values,
} from './optimizer.ts'
export interface LAMBOptions extends DecayOptions {
  betas: readonly [number, number]
  eps: number
}

/**
 * LAMB, Adam with a rate of each layer's own, for large batches: p ← p − lr·‖p‖/‖u‖·u with u = m̂/(√v̂ + ε) + λ·p; the
 * ratio is 1 where one of the norms is 0. You et al. (2020).
 *
 * @param parameters - `model.parameters()`, or groups `{ parameters, lr?, … }`
 * @param options - `lr` (0.001), `betas` ([0.9, 0.999]), `eps` (1e-6), `weightDecay` (0), `maximize` (false),
 * `accumulate` (1)
 * @example
 * const optimizer = new optim.LAMB(model.parameters(), { lr: 2e-3, weightDecay: 0.01 })
 */
export class LAMB extends Optimizer<LAMBOptions> {
  constructor(parameters: Trained<LAMBOptions>, options: OptimizerOptions<LAMBOptions> = {}) {
    super(parameters, { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-6, weightDecay: 0 }, options)
  }

  protected override check(options: LAMBOptions): void {
    super.check(options)
    checkBetas('LAMB', options.betas)
  }
  protected override numbers(options: LAMBOptions): Record<string, number> { return adamNumbers(options) }
  protected override states(): Record<string, StateSpec> { return { exp_avg: {}, exp_avg_sq: {} } }
  protected override update(
    p: Tensor,
    g: Tensor,
    state: Values,
    { h, step, group }: StepContext<LAMBOptions>,
  ): Updated {
    const exp_avg = state.exp_avg.add(g.sub(state.exp_avg).mul(h.taken1))
    const exp_avg_sq = state.exp_avg_sq.mul(h.beta2).add(g.square().mul(h.taken2))
    const mean = exp_avg.div(biasCorrection(h.logBeta1, step))
    const adam = mean.div(exp_avg_sq.div(biasCorrection(h.logBeta2, step)).sqrt().add(h.eps))
    const u = group.has('weightDecay') ? adam.add(p.mul(h.weightDecay)) : adam
    const [size, length] = [p, u].map(x => x.square().sum().sqrt())
    const ratio = where(size.gt(0).and(length.gt(0)), size.div(length), 1)
    return { parameter: p.sub(u.mul(h.lr.mul(ratio))), state: { exp_avg, exp_avg_sq } }
  }
}
