/** @file Adam. */
import type { Tensor } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'
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

export interface AdamOptions extends DecayOptions {
  /** How much the averages of the gradient and of its square keep. */
  betas: readonly [number, number]
  /** Added to the root of the second average. */
  eps: number
  /** Divides by the greatest second average so far. */
  amsgrad: boolean
}

export const adamDefaults: AdamOptions = { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, amsgrad: false }

export function checkBetas(name: string, betas: readonly number[]): void {
  if (betas.length !== 2 || !betas.every(b => b >= 0 && b < 1))
    throw new DataError(`${name}: betas are [${betas.join(', ')}]: expected two numbers from 0 to below 1`)
}

/** The numbers of Adam's formulas. Differences are taken here, in double precision. */
export const adamNumbers = ({
  lr,
  betas: [b1, b2],
  eps,
  weightDecay,
}: Omit<AdamOptions, 'amsgrad'>): Record<string, number> => ({
  lr,
  eps,
  weightDecay,
  taken1: 1 - b1,
  beta2: b2,
  taken2: 1 - b2,
  logBeta1: Math.log(b1),
  logBeta2: Math.log(b2),
})

/**
 * Adam: p ← p − lr · m̂/(√v̂ + ε) with the averages m ← β₁m + (1 − β₁)g and v ← β₂v + (1 − β₂)g², corrected for their
 * start at 0: m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ). Weight decay adds λ·p to g. Kingma & Ba (2015).
 *
 * @param parameters - `model.parameters()`, or groups `{ parameters, lr?, … }`
 * @param options - `lr` (0.001), `betas` ([0.9, 0.999]), `eps` (1e-8), `weightDecay` (0), `amsgrad` (false),
 * `accumulate` (1)
 * @example
 * const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 })
 * optimizer.minimize(nn.crossEntropy(model.forward(x), y), { clipNorm: 1 })
 */
export class Adam extends Optimizer<AdamOptions> {
  constructor(parameters: Trained<AdamOptions>, options: OptimizerOptions<AdamOptions> = {}, defaults = adamDefaults) {
    super(parameters, defaults, options)
  }

  protected override check(options: AdamOptions): void {
    super.check(options)
    checkBetas(this.constructor.name, options.betas)
  }
  protected override numbers(options: AdamOptions): Record<string, number> { return adamNumbers(options) }
  protected override states({ amsgrad }: AdamOptions): Record<string, StateSpec> {
    return { exp_avg: {}, exp_avg_sq: {}, ...(amsgrad ? { max_exp_avg_sq: {} } : {}) }
  }
  protected override update(p: Tensor, grad: Tensor, state: Values, context: StepContext<AdamOptions>): Updated {
    const g = context.group.has('weightDecay') ? grad.add(p.mul(context.h.weightDecay)) : grad
    return adamStep(p, g, state, context)
  }
}

/** The step without weight decay. */
export function adamStep(
  p: Tensor,
  g: Tensor,
  state: Values,
  { h, step }: Pick<StepContext<AdamOptions>, 'h' | 'step'>,
): Updated {
  const m = state.exp_avg.add(g.sub(state.exp_avg).mul(h.taken1))
  const v = state.exp_avg_sq.mul(h.beta2).add(g.square().mul(h.taken2))
  const greatest = state.max_exp_avg_sq?.maximum(v)
  const root = biasCorrection(h.logBeta2, step).sqrt()
  const size = h.lr.div(biasCorrection(h.logBeta1, step))
  const parameter = p.sub(m.div((greatest ?? v).sqrt().div(root).add(h.eps)).mul(size))
  return { parameter, state: { exp_avg: m, exp_avg_sq: v, ...(greatest ? { max_exp_avg_sq: greatest } : {}) } }
}
