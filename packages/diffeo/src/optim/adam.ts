/** @file Adam. */
import type { Tensor } from '../tensor/index.ts'
import { averages, decayed, MomentOptimizer, type MomentOptions } from './moments.ts'
import {
  biasCorrection, type OptimizerOptions, type StateSpec, type StepContext, type Trained, type Updated, type Values,
} from './optimizer.ts'

export interface AdamOptions extends MomentOptions {
  /** Divides by the greatest second average so far. */
  amsgrad: boolean
  /** Takes the weight decay off the parameter, as AdamW, instead of adding it to the gradient. */
  decoupledWeightDecay: boolean
}

export const adamDefaults: AdamOptions = {
  lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, amsgrad: false, decoupledWeightDecay: false,
}

/**
 * Adam: p ← p − lr · m̂/(√v̂ + ε) with the averages m ← β₁m + (1 − β₁)g and v ← β₂v + (1 − β₂)g², corrected for their
 * start at 0: m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ). Weight decay adds λ·p to g, or takes lr·λ·p off p.
 * Kingma & Ba (2015).
 *
 * @param parameters - `model.parameters()`, or groups `{ parameters, lr?, … }`
 * @param options - `lr` (0.001), `betas` ([0.9, 0.999]), `eps` (1e-8), `weightDecay` (0), `amsgrad` (false),
 * `decoupledWeightDecay` (false), `accumulate` (1)
 * @example
 * const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 })
 * optimizer.minimize(nn.crossEntropy(model.forward(x), y), { clipNorm: 1 })
 */
export class Adam extends MomentOptimizer<AdamOptions> {
  constructor(parameters: Trained<AdamOptions>, options: OptimizerOptions<AdamOptions> = {}, defaults = adamDefaults) {
    super(parameters, defaults, options)
  }

  protected override states(options: AdamOptions): Record<string, StateSpec> {
    return { ...super.states(options), ...(options.amsgrad ? { max_exp_avg_sq: {} } : {}) }
  }
  protected override update(
    p: Tensor,
    grad: Tensor,
    state: Values,
    { h, step, group }: StepContext<AdamOptions>,
  ): Updated {
    const [old, g] = decayed(p, grad, h, group)
    return adamStep(old, g, state, { h, step })
  }
}

/** The step once weight decay has entered. */
export function adamStep(
  p: Tensor,
  g: Tensor,
  state: Values,
  { h, step }: Pick<StepContext<AdamOptions>, 'h' | 'step'>,
): Updated {
  const { exp_avg, exp_avg_sq } = averages(g, state, h)
  const greatest = state.max_exp_avg_sq?.maximum(exp_avg_sq)
  const root = biasCorrection(h.logBeta2, step).sqrt()
  const size = h.lr.div(biasCorrection(h.logBeta1, step))
  const parameter = p.sub(exp_avg.div((greatest ?? exp_avg_sq).sqrt().div(root).add(h.eps)).mul(size))
  return { parameter, state: { exp_avg, exp_avg_sq, ...(greatest ? { max_exp_avg_sq: greatest } : {}) } }
}
