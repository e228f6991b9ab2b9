/** @file A linear layer of any input. */
import type { Tensor } from '../../../tensor/index.ts'
import { positive } from '../../sizes.ts'
import { Linear, type LinearOptions } from '../linear/linear.ts'
import { Lazy } from './lazy.ts'

/**
 * `Linear` with as many inputs as the first one has.
 *
 * @param outFeatures - size of the last axis of the output
 * @param options - as of Linear
 * @example
 * const layer = new nn.LazyLinear(8)
 * layer.forward(randn([2, 4])).shape // [2, 8]
 * layer.stateDict().weight.shape // [8, 4]
 */
export class LazyLinear extends Lazy<Linear> {
  readonly outFeatures: number
  readonly options: LinearOptions

  constructor(outFeatures: number, options: LinearOptions = {}) {
    super()
    this.outFeatures = positive('LazyLinear: outFeatures', outFeatures)
    this.options = options
  }

  protected override make(x: Tensor): Linear { return new Linear(x.shape.at(-1) ?? 0, this.outFeatures, this.options) }
}
