/** @file What Adam and its kin share: averages of the gradient and of its square, and how weight decay enters. */
import type { Tensor } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'
import type { DecayOptions } from './group.ts'
import { Optimizer, type StateSpec, type Values } from './optimizer.ts'

export interface BetaOptions extends DecayOptions {
  /** How much the averages keep. */
  betas: readonly [number, number]
}
export interface MomentOptions extends BetaOptions {
  /** Added to the root of the second average. */
  eps: number
}

/** An optimizer with two rates of averaging. */
export abstract class BetaOptimizer<O extends BetaOptions> extends Optimizer<O> {
  protected override check(options: O): void {
    super.check(options)
    const { betas } = options
    if (betas.length !== 2 || !betas.every(b => b >= 0 && b < 1)) {
      throw new DataError(
        `${this.constructor.name}: betas are [${betas.join(', ')}]: expected two numbers from 0 to below 1`,
      )
    }
  }
}

/** An optimizer with Adam's averages. */
export abstract class MomentOptimizer<O extends MomentOptions> extends BetaOptimizer<O> {
  /** Differences are taken here, in double precision. */
  protected override numbers({ lr, betas: [b1, b2], eps, weightDecay }: O): Record<string, number> {
    return {
      lr, eps, weightDecay, taken1: 1 - b1, beta2: b2, taken2: 1 - b2, logBeta1: Math.log(b1), logBeta2: Math.log(b2),
    }
  }
  protected override states(_options: O): Record<string, StateSpec> { return { exp_avg: {}, exp_avg_sq: {} } }
}

/** The averages with this step's gradient: m ← β₁m + (1 − β₁)g and v ← β₂v + (1 − β₂)g². */
export const averages = (g: Tensor, state: Values, h: Values): { exp_avg: Tensor; exp_avg_sq: Tensor } => ({
  exp_avg: state.exp_avg.add(g.sub(state.exp_avg).mul(h.taken1)),
  exp_avg_sq: state.exp_avg_sq.mul(h.beta2).add(g.square().mul(h.taken2)),
})

/** The parameter and the gradient that a step begins with, given how weight decay enters. */
export function decayed(
  p: Tensor,
  g: Tensor,
  h: Values,
  group: { has(key: 'weightDecay' | 'decoupledWeightDecay'): boolean },
): [Tensor, Tensor] {
  if (!group.has('weightDecay')) return [p, g]
  if (group.has('decoupledWeightDecay')) return [p.sub(p.mul(h.lr.mul(h.weightDecay))), g]
  return [p, g.add(p.mul(h.weightDecay))]
}
