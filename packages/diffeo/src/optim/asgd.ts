/** @file Averaged stochastic gradient descent. */
import { where, type Tensor } from '../tensor/index.ts'
import type { DecayOptions } from './group.ts'
import {
  Optimizer,
  type OptimizerOptions,
  type StateSpec,
  type StepContext,
  type Trained,
  type Updated,
  type Values,
} from './optimizer.ts'
export interface ASGDOptions extends DecayOptions {
  /** How fast parameters and rate decay. */
  lambd: number
  /** The power by which the rate falls. */
  alpha: number
  /** The step at which averaging begins. */
  t0: number
}

/**
 * Averaged stochastic gradient descent: p ← p·(1 − λη) − η·g with η = lr/(1 + λ·lr·t)^α after step t, and the average
 * a ← a + μ(p − a), μ = 1/max(1, t − t₀), kept as the state `ax`. Weight decay adds its part of p to g. Polyak &
 * Juditsky (1992).
 *
 * @param parameters - `model.parameters()`, or groups `{ parameters, lr?, … }`
 * @param options - `lr` (0.01), `lambd` λ (1e-4), `alpha` (0.75), `t0` (1e6), `weightDecay` (0), `maximize` (false),
 * `accumulate` (1)
 * @example
 * const optimizer = new optim.ASGD(model.parameters(), { lr: 0.01, t0: 1000 })
 * const averaged = optimizer.stateDict().state[0].ax
 */
export class ASGD extends Optimizer<ASGDOptions> {
  constructor(parameters: Trained<ASGDOptions>, options: OptimizerOptions<ASGDOptions> = {}) {
    super(parameters, { lr: 1e-2, lambd: 1e-4, alpha: 0.75, t0: 1e6, weightDecay: 0 }, options)
  }

  protected override numbers({ lr, lambd, alpha, t0, weightDecay }: ASGDOptions): Record<string, number> {
    return { lr, lambd, alpha, t0, weightDecay }
  }
  protected override states({ lr }: ASGDOptions): Record<string, StateSpec> {
    return { eta: { shape: [], initial: lr }, mu: { shape: [], initial: 1 }, ax: {} }
  }
  protected override update(
    p: Tensor,
    grad: Tensor,
    state: Values,
    { h, step, group }: StepContext<ASGDOptions>,
  ): Updated {
    const g = group.has('weightDecay') ? grad.add(p.mul(h.weightDecay)) : grad
    const parameter = p.mul(h.lambd.mul(state.eta).neg().add(1)).sub(g.mul(state.eta))
    const ax = where(state.mu.eq(1), parameter, state.ax.add(parameter.sub(state.ax).mul(state.mu)))
    const eta = h.lr.div(h.lambd.mul(h.lr).mul(step).add(1).pow(h.alpha))
    const mu = step.sub(h.t0).maximum(1).reciprocal()
    return { parameter, state: { eta, mu, ax } }
  }
}
