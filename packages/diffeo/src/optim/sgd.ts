/** @file Stochastic gradient descent. */
import { where, type Tensor } from '../tensor/index.ts'
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

export interface SGDOptions extends DecayOptions {
  momentum: number
  /** How much less of each gradient enters the momentum. */
  dampening: number
  /** Looks ahead along the momentum. */
  nesterov: boolean
}

/**
 * Stochastic gradient descent, with momentum b ← μ·b + (1 − dampening)·g (b = g at first): p ← p − lr·b, or with
 * `nesterov` p ← p − lr·(g + μ·b). Weight decay adds λ·p to g.
 *
 * @param parameters - `model.parameters()`, or groups `{ parameters, lr?, … }`
 * @param options - `lr` (0.001), `momentum` (0), `dampening` (0), `weightDecay` (0), `nesterov` (false), `accumulate`
 * (1)
 * @example
 * const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
 * optimizer.minimize(nn.crossEntropy(model.forward(x), y))
 */
export class SGD extends Optimizer<SGDOptions> {
  constructor(parameters: Trained<SGDOptions>, options: OptimizerOptions<SGDOptions> = {}) {
    super(parameters, { lr: 1e-3, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false }, options)
  }

  protected override check(options: SGDOptions): void {
    super.check(options)
    if (options.nesterov && (options.momentum === 0 || options.dampening !== 0)) {
      throw new DataError('SGD: nesterov goes with momentum and without dampening')
    }
  }
  protected override numbers({ lr, momentum, dampening, weightDecay }: SGDOptions): Record<string, number> {
    return { lr, momentum, taken: 1 - dampening, weightDecay }
  }
  protected override states({ momentum }: SGDOptions): Record<string, StateSpec> {
    return momentum === 0 ? {} : { momentum_buffer: {} }
  }
  protected override update(
    p: Tensor,
    grad: Tensor,
    state: Values,
    { h, step, group }: StepContext<SGDOptions>,
  ): Updated {
    const g = group.has('weightDecay') ? grad.add(p.mul(h.weightDecay)) : grad
    const before = state.momentum_buffer
    if (!before) return { parameter: p.sub(g.mul(h.lr)), state: {} }
    const kept = before.mul(h.momentum)
    const buffer = group.has('dampening') ? where(step.eq(1), g, kept.add(g.mul(h.taken))) : kept.add(g)
    const direction = group.has('nesterov') ? g.add(buffer.mul(h.momentum)) : buffer
    return { parameter: p.sub(direction.mul(h.lr)), state: { momentum_buffer: buffer } }
  }
}
