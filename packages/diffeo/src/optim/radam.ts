/** @file RAdam. */
import { where, type Tensor } from '../tensor/index.ts'
import { averages, decayed, MomentOptimizer, type MomentOptions } from './moments.ts'
import {
  biasCorrection, type OptimizerOptions, type StepContext, type Trained, type Updated, type Values,
} from './optimizer.ts'

export interface RAdamOptions extends MomentOptions {
  /** Takes the weight decay off the parameter, as AdamW, instead of adding it to the gradient. */
  decoupledWeightDecay: boolean
}

/** ρ∞ − ρₜ, of the length of the average that v stands for. */
const shortfall = (b2: number, t: number): number => (2 * t * b2 ** t) / (1 - b2 ** t)

/**
 * The first step with ρₜ above 5, Infinity where none is. Counted in double precision: near β₂ = 1 float32 cannot tell.
 */
function firstRectified(b2: number): number {
  const limit = 2 / (1 - b2) - 1
  if (limit <= 5) return Number.MAX_SAFE_INTEGER
  let t = 1
  while (limit - shortfall(b2, t) <= 5) t++
  return t
}

/**
 * Rectified Adam: p ← p − lr·m̂·r/(√v̂ + ε′) once the average v is long enough to trust, before that p ← p − lr·m̂,
 * with r = √((ρₜ − 4)(ρₜ − 2)ρ∞ / ((ρ∞ − 4)(ρ∞ − 2)ρₜ)), ρ∞ = 2/(1 − β₂) − 1 and ρₜ = ρ∞ − 2tβ₂ᵗ/(1 − β₂ᵗ); enough is
 * ρₜ > 5. ε is added to √v before its correction. Weight decay adds λ·p to g, or takes lr·λ·p off p.
 * Liu et al. (2020).
 *
 * @param parameters - `model.parameters()`, or groups `{ parameters, lr?, … }`
 * @param options - `lr` (0.001), `betas` ([0.9, 0.999]), `eps` (1e-8), `weightDecay` (0), `decoupledWeightDecay`
 * (false), `maximize` (false), `accumulate` (1)
 * @example
 * const optimizer = new optim.RAdam(model.parameters(), { lr: 1e-3 })
 */
export class RAdam extends MomentOptimizer<RAdamOptions> {
  constructor(parameters: Trained<RAdamOptions>, options: OptimizerOptions<RAdamOptions> = {}) {
    super(
      parameters,
      { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, decoupledWeightDecay: false },
      options,
    )
  }

  protected override numbers(options: RAdamOptions): Record<string, number> {
    const b2 = options.betas[1]
    const limit = 2 / (1 - b2) - 1
    return {
      ...super.numbers(options),
      limit,
      scale: limit / ((limit - 4) * (limit - 2)),
      first: firstRectified(b2),
    }
  }
  protected override update(
    p: Tensor,
    grad: Tensor,
    state: Values,
    { h, step, group }: StepContext<RAdamOptions>,
  ): Updated {
    const [old, g] = decayed(p, grad, h, group)
    const { exp_avg, exp_avg_sq } = averages(g, state, h)
    const correction = biasCorrection(h.logBeta2, step)
    const rho = h.limit.sub(step.mul(2).mul(correction.neg().add(1)).div(correction))
    const rectified = rho.sub(4).mul(rho.sub(2)).div(rho).mul(h.scale).mul(correction).sqrt()
    const factor = where(step.ge(h.first), rectified.div(exp_avg_sq.sqrt().add(h.eps)), 1)
    const size = h.lr.div(biasCorrection(h.logBeta1, step))
    return { parameter: old.sub(exp_avg.mul(size).mul(factor)), state: { exp_avg, exp_avg_sq } }
  }
}
