/** @file RMSprop. */
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

export interface RMSpropOptions extends DecayOptions {
  /** How much the average of squares keeps. */
  alpha: number
  eps: number
  momentum: number
  /** Divides by the deviation instead of the root of the mean square. */
  centered: boolean
}

/**
 * RMSprop: p ← p − lr·g/(√v + ε) with the average of squares v ← αv + (1 − α)g²; `centered` takes √(v − ḡ²) with the
 * average gradient ḡ; `momentum` averages the steps. Weight decay adds λ·p to g. Tieleman & Hinton (2012), Graves
 * (2013).
 *
 * @param parameters - `model.parameters()`, or groups `{ parameters, lr?, … }`
 * @param options - `lr` (0.01), `alpha` (0.99), `eps` (1e-8), `weightDecay` (0), `momentum` (0), `centered` (false),
 * `accumulate` (1)
 * @example
 * const optimizer = new optim.RMSprop(model.parameters(), { lr: 1e-3 })
 */
export class RMSprop extends Optimizer<RMSpropOptions> {
  constructor(parameters: Trained<RMSpropOptions>, options: OptimizerOptions<RMSpropOptions> = {}) {
    super(parameters, { lr: 1e-2, alpha: 0.99, eps: 1e-8, weightDecay: 0, momentum: 0, centered: false }, options)
  }

  protected override numbers({ lr, alpha, eps, weightDecay, momentum }: RMSpropOptions): Record<string, number> {
    return { lr, alpha, taken: 1 - alpha, eps, weightDecay, momentum }
  }
  protected override states({ momentum, centered }: RMSpropOptions): Record<string, StateSpec> {
    return { square_avg: {}, ...(momentum === 0 ? {} : { momentum_buffer: {} }), ...(centered ? { grad_avg: {} } : {}) }
  }
  protected override update(
    p: Tensor,
    grad: Tensor,
    state: Values,
    { h, group }: StepContext<RMSpropOptions>,
  ): Updated {
    const g = group.has('weightDecay') ? grad.add(p.mul(h.weightDecay)) : grad
    const square_avg = state.square_avg.mul(h.alpha).add(g.square().mul(h.taken))
    const mean = state.grad_avg?.add(g.sub(state.grad_avg).mul(h.taken))
    const size = mean ? square_avg.sub(mean.square()) : square_avg
    const direction = g.div(size.sqrt().add(h.eps))
    const buffer = state.momentum_buffer?.mul(h.momentum).add(direction)
    return {
      parameter: p.sub((buffer ?? direction).mul(h.lr)),
      state: { square_avg, ...(mean ? { grad_avg: mean } : {}), ...(buffer ? { momentum_buffer: buffer } : {}) },
    }
  }
}
