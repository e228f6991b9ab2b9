/** @file Rprop. */
import { where, type Tensor } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'
import type { GroupOptions } from './group.ts'
import {
  Optimizer,
  type OptimizerOptions,
  type StateSpec,
  type StepContext,
  type Trained,
  type Updated,
  type Values,
} from './optimizer.ts'
export interface RpropOptions extends GroupOptions {
  /** What a step size is multiplied by where the gradient's sign changed, and where it stayed. */
  etas: readonly [number, number]
  /** The least and the greatest step size. */
  stepSizes: readonly [number, number]
}

/**
 * Resilient backpropagation: p ← p − η·sign(g) with a step size η of each element's own. It grows by η₊ where g kept
 * its sign and shrinks by η₋ where that changed; there g counts as 0. For full batches. Riedmiller & Braun (1993).
 *
 * @param parameters - `model.parameters()`, or groups `{ parameters, lr?, … }`
 * @param options - `lr` (0.01), the first step size, `etas` ([0.5, 1.2]), `stepSizes` ([1e-6, 50]), `maximize` (false),
 * `accumulate` (1)
 * @example
 * const optimizer = new optim.Rprop(model.parameters())
 */
export class Rprop extends Optimizer<RpropOptions> {
  constructor(parameters: Trained<RpropOptions>, options: OptimizerOptions<RpropOptions> = {}) {
    super(parameters, { lr: 1e-2, etas: [0.5, 1.2], stepSizes: [1e-6, 50] }, options)
  }

  protected override check(options: RpropOptions): void {
    super.check(options)
    const [less, more] = options.etas
    if (!(less > 0 && less < 1 && more > 1))
      throw new DataError(`Rprop: etas are [${options.etas.join(', ')}]: expected one between 0 and 1, one above 1`)
  }
  protected override numbers({ lr, etas, stepSizes }: RpropOptions): Record<string, number> {
    return { lr, less: etas[0], more: etas[1], least: stepSizes[0], greatest: stepSizes[1] }
  }
  protected override states({ lr }: RpropOptions): Record<string, StateSpec> {
    return { prev: {}, step_size: { initial: lr } }
  }
  protected override update(p: Tensor, g: Tensor, state: Values, { h }: StepContext<RpropOptions>): Updated {
    const agreement = g.mul(state.prev)
    const turned = agreement.lt(0)
    const factor = where(turned, h.less, where(agreement.gt(0), h.more, 1))
    const step_size = state.step_size.mul(factor).maximum(h.least).minimum(h.greatest)
    const prev = where(turned, 0, g).cast(p.dtype)
    return { parameter: p.sub(prev.sign().mul(step_size)), state: { prev, step_size } }
  }
}
