/** @file The fully connected layer. */
import type { Parameter, Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { linear } from '../../functional/linear.ts'
import { Module } from '../../module.ts'
import { positive } from '../../sizes.ts'
import { defaultBias, defaultWeight, parameterNames, type ParameterOptions } from '../parameters.ts'

export interface LinearOptions extends ParameterOptions { bias?: boolean }

/**
 * Fully connected layer: y = x·Wᵀ + b.
 *
 * @remarks Input `[..., inFeatures]`, output `[..., outFeatures]`; weight `[outFeatures, inFeatures]`, bias
 * `[outFeatures]`, both from U(±1/√inFeatures).
 * @param inFeatures - size of the last axis of the input
 * @param outFeatures - size of the last axis of the output
 * @param options - `bias` (true): whether there is one; `dtype`, `device` of the parameters
 * @example
 * const layer = new nn.Linear(4, 8)
 * layer.forward(randn([2, 4])).shape // [2, 8]
 */
export class Linear extends Module {
  /** Another layer's parameter may be put here, to tie the two. */
  weight: Parameter
  readonly bias: Parameter | null

  constructor(inFeatures: number, outFeatures: number, options: LinearOptions = {}) {
    super()
    checkOptions('Linear', options, { bias: true, ...parameterNames })
    const shape = [positive('Linear: outFeatures', outFeatures), positive('Linear: inFeatures', inFeatures)]
    this.weight = defaultWeight('Linear.weight', shape, options)
    this.bias = options.bias ?? true ? defaultBias('Linear.bias', this.weight, options) : null
  }

  override forward(x: Tensor): Tensor { return linear(x, this.weight, this.bias) }
  override describe(): string { return `Linear ${this.weight.shape[1]}→${this.weight.shape[0]}` }
}
