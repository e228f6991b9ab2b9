/** @file Adadelta. */
import type { Tensor } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'
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
export interface AdadeltaOptions extends DecayOptions {
  /** How much the averages of squares keep. */
  rho: number
  eps: number
}

/**
 * Adadelta: p ← p − lr·Δ with Δ = g·√(u + ε)/√(v + ε), the average of squared gradients v ← ρv + (1 − ρ)g² and that of
 * squared changes u ← ρu + (1 − ρ)Δ². Weight decay adds λ·p to g. Zeiler (2012).
 *
 * @param parameters - `model.parameters()`, or groups `{ parameters, lr?, … }`
 * @param options - `lr` (1), `rho` (0.9), `eps` (1e-6), `weightDecay` (0), `maximize` (false), `accumulate` (1)
 * @example
 * const optimizer = new optim.Adadelta(model.parameters())
 */
export class Adadelta extends Optimizer<AdadeltaOptions> {
  constructor(parameters: Trained<AdadeltaOptions>, options: OptimizerOptions<AdadeltaOptions> = {}) {
    super(parameters, { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0 }, options)
  }

  protected override check(options: AdadeltaOptions): void {
    super.check(options)
    if (options.rho > 1) throw new DataError(`Adadelta: rho is ${options.rho}: expected a number from 0 to 1`)
  }
  protected override numbers({ lr, rho, eps, weightDecay }: AdadeltaOptions): Record<string, number> {
    return { lr, rho, taken: 1 - rho, eps, weightDecay }
  }
  protected override states(): Record<string, StateSpec> { return { square_avg: {}, acc_delta: {} } }
  protected override update(
    p: Tensor,
    grad: Tensor,
    state: Values,
    { h, group }: StepContext<AdadeltaOptions>,
  ): Updated {
    const g = group.has('weightDecay') ? grad.add(p.mul(h.weightDecay)) : grad
    const square_avg = state.square_avg.mul(h.rho).add(g.square().mul(h.taken))
    const delta = state.acc_delta.add(h.eps).sqrt().div(square_avg.add(h.eps).sqrt()).mul(g)
    const acc_delta = state.acc_delta.mul(h.rho).add(delta.square().mul(h.taken))
    return { parameter: p.sub(delta.mul(h.lr)), state: { square_avg, acc_delta } }
  }
}
