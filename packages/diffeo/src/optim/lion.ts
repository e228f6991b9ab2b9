/** @file Lion. */
import type { Tensor } from '../tensor/index.ts'
import { BetaOptimizer, type BetaOptions } from './moments.ts'
import type { OptimizerOptions, StateSpec, StepContext, Trained, Updated, Values } from './optimizer.ts'

export interface LionOptions extends BetaOptions {
  /** How much of the average enters the step, and how much of it is kept. */
  betas: readonly [number, number]
}

/**
 * Lion (evolved sign momentum): p ← p − lr·(sign(β₁m + (1 − β₁)g) + λ·p), then m ← β₂m + (1 − β₂)g. It wants a rate 3
 * to 10 times smaller than AdamW's, and a weight decay as much greater. Chen et al., "Symbolic Discovery of
 * Optimization Algorithms" (2023).
 *
 * @param parameters - `model.parameters()`, or groups `{ parameters, lr?, … }`
 * @param options - `lr` (0.0001), `betas` ([0.9, 0.99]), `weightDecay` (0), `maximize` (false), `accumulate` (1)
 * @example
 * const optimizer = new optim.Lion(model.parameters(), { lr: 1e-4, weightDecay: 0.1 })
 */
export class Lion extends BetaOptimizer<LionOptions> {
  constructor(parameters: Trained<LionOptions>, options: OptimizerOptions<LionOptions> = {}) {
    super(parameters, { lr: 1e-4, betas: [0.9, 0.99], weightDecay: 0 }, options)
  }

  protected override numbers({ lr, betas: [b1, b2], weightDecay }: LionOptions): Record<string, number> {
    return { lr, taken1: 1 - b1, taken2: 1 - b2, weightDecay }
  }
  protected override states(): Record<string, StateSpec> { return { exp_avg: {} } }
  protected override update(
    p: Tensor,
    g: Tensor,
    { exp_avg: before }: Values,
    { h, group }: StepContext<LionOptions>,
  ): Updated {
    const change = g.sub(before)
    const sign = before.add(change.mul(h.taken1)).sign()
    const direction = group.has('weightDecay') ? sign.add(p.mul(h.weightDecay)) : sign
    return { parameter: p.sub(direction.mul(h.lr)), state: { exp_avg: before.add(change.mul(h.taken2)) } }
  }
}
