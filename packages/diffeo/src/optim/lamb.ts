/** @file LAMB. */
import { where, type Tensor } from '../tensor/index.ts'
import { averages, MomentOptimizer, type MomentOptions } from './moments.ts'
import {
  biasCorrection, type OptimizerOptions, type StepContext, type Trained, type Updated, type Values,
} from './optimizer.ts'

export type LAMBOptions = MomentOptions

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
export class LAMB extends MomentOptimizer<LAMBOptions> {
  constructor(parameters: Trained<LAMBOptions>, options: OptimizerOptions<LAMBOptions> = {}) {
    super(parameters, { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-6, weightDecay: 0 }, options)
  }

  protected override update(
    p: Tensor,
    g: Tensor,
    state: Values,
    { h, step, group }: StepContext<LAMBOptions>,
  ): Updated {
    const { exp_avg, exp_avg_sq } = averages(g, state, h)
    const mean = exp_avg.div(biasCorrection(h.logBeta1, step))
    const adam = mean.div(exp_avg_sq.div(biasCorrection(h.logBeta2, step)).sqrt().add(h.eps))
    const u = group.has('weightDecay') ? adam.add(p.mul(h.weightDecay)) : adam
    const [size, length] = [p, u].map(x => x.square().sum().sqrt())
    const ratio = where(size.gt(0).and(length.gt(0)), size.div(length), 1)
    return { parameter: p.sub(u.mul(h.lr.mul(ratio))), state: { exp_avg, exp_avg_sq } }
  }
}
