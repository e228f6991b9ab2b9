/** @file Adagrad. */
import type { Tensor } from '../tensor/index.ts'
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

export interface AdagradOptions extends DecayOptions {
  /** The rate falls as lr/(1 + (t − 1)·lrDecay). */
  lrDecay: number
  eps: number
  /** What the sum of squares begins with. */
  initialAccumulatorValue: number
}

/**
 * Adagrad: p ← p − lr·g/(√s + ε) with the sum of squares s ← s + g². Weight decay adds λ·p to g. Duchi et al. (2011).
 *
 * @param parameters - `model.parameters()`, or groups `{ parameters, lr?, … }`
 * @param options - `lr` (0.01), `lrDecay` (0), `weightDecay` (0), `initialAccumulatorValue` (0), `eps` (1e-10),
 * `accumulate` (1)
 * @example
 * const optimizer = new optim.Adagrad(model.parameters(), { lr: 0.1 })
 */
export class Adagrad extends Optimizer<AdagradOptions> {
  constructor(parameters: Trained<AdagradOptions>, options: OptimizerOptions<AdagradOptions> = {}) {
    super(parameters, { lr: 1e-2, lrDecay: 0, weightDecay: 0, initialAccumulatorValue: 0, eps: 1e-10 }, options)
  }

  protected override numbers({ lr, lrDecay, eps, weightDecay }: AdagradOptions): Record<string, number> {
    return { lr, lrDecay, eps, weightDecay }
  }
  protected override states({ initialAccumulatorValue: initial }: AdagradOptions): Record<string, StateSpec> {
    return { sum: { initial } }
  }
  protected override update(
    p: Tensor,
    grad: Tensor,
    state: Values,
    { h, step, group }: StepContext<AdagradOptions>,
  ): Updated {
    const g = group.has('weightDecay') ? grad.add(p.mul(h.weightDecay)) : grad
    const rate = group.has('lrDecay') ? h.lr.div(step.sub(1).mul(h.lrDecay).add(1)) : h.lr
    const sum = state.sum.add(g.square())
    return { parameter: p.sub(g.div(sum.sqrt().add(h.eps)).mul(rate)), state: { sum } }
  }
}
