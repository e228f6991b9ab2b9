/** @file NAdam. */
import type { Tensor } from '../tensor/index.ts'
import { averages, decayed, MomentOptimizer, type MomentOptions } from './moments.ts'
import {
  biasCorrection, type OptimizerOptions, type StateSpec, type StepContext, type Trained, type Updated, type Values,
} from './optimizer.ts'

export interface NAdamOptions extends MomentOptions {
  /** How fast the momentum grows to β₁. */
  momentumDecay: number
  /** Takes the weight decay off the parameter, as AdamW, instead of adding it to the gradient. */
  decoupledWeightDecay: boolean
}

/**
 * Adam with Nesterov momentum: p ← p − lr·((1 − μₜ)g/(1 − Πμ) + μₜ₊₁m/(1 − Πμ·μₜ₊₁))/(√v̂ + ε) with Adam's averages m
 * and v and the momentum μₜ = β₁(1 − ½·0.96^(t·ψ)). Weight decay adds λ·p to g, or takes lr·λ·p off p. Dozat (2016).
 *
 * @param parameters - `model.parameters()`, or groups `{ parameters, lr?, … }`
 * @param options - `lr` (0.002), `betas` ([0.9, 0.999]), `eps` (1e-8), `weightDecay` (0), `momentumDecay` ψ (0.004),
 * `decoupledWeightDecay` (false), `maximize` (false), `accumulate` (1)
 * @example
 * const optimizer = new optim.NAdam(model.parameters(), { lr: 2e-3 })
 */
export class NAdam extends MomentOptimizer<NAdamOptions> {
  constructor(parameters: Trained<NAdamOptions>, options: OptimizerOptions<NAdamOptions> = {}) {
    super(
      parameters,
      {
        lr: 2e-3,
        betas: [0.9, 0.999],
        eps: 1e-8,
        weightDecay: 0,
        momentumDecay: 4e-3,
        decoupledWeightDecay: false,
      },
      options,
    )
  }

  protected override numbers(options: NAdamOptions): Record<string, number> {
    return { ...super.numbers(options), beta1: options.betas[0], decay: options.momentumDecay * Math.log(0.96) }
  }
  protected override states(options: NAdamOptions): Record<string, StateSpec> {
    return { ...super.states(options), mu_product: { shape: [], initial: 1 } }
  }
  protected override update(
    p: Tensor,
    grad: Tensor,
    state: Values,
    { h, step, group }: StepContext<NAdamOptions>,
  ): Updated {
    const [old, g] = decayed(p, grad, h, group)
    const { exp_avg, exp_avg_sq } = averages(g, state, h)
    const momentum = (t: Tensor): Tensor => h.beta1.mul(t.mul(h.decay).exp().mul(-0.5).add(1))
    const [mu, next] = [momentum(step), momentum(step.add(1))]
    const mu_product = state.mu_product.mul(mu)
    const ofGradient = mu.neg().add(1).div(mu_product.neg().add(1))
    const ofAverage = next.div(mu_product.mul(next).neg().add(1))
    const root = exp_avg_sq.div(biasCorrection(h.logBeta2, step)).sqrt().add(h.eps)
    const direction = g.mul(ofGradient).add(exp_avg.mul(ofAverage)).div(root)
    return { parameter: old.sub(direction.mul(h.lr)), state: { exp_avg, exp_avg_sq, mu_product } }
  }
}
