/** @file The bilinear layer. */
import { Parameter, type Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { bilinear } from '../../functional/linear.ts'
import { uniform } from '../../init/uniform.ts'
import { Module } from '../../module.ts'
import { positive } from '../../sizes.ts'
import { madeOf, parameterNames } from '../parameters.ts'
import type { LinearOptions } from './linear.ts'

/**
 * Bilinear map: y[o] = Σ_{i,j} x₁[i]·W[o,i,j]·x₂[j] + b[o].
 *
 * @remarks Inputs `[..., in1Features]` and `[..., in2Features]`, output `[..., outFeatures]`; weight
 * `[outFeatures, in1Features, in2Features]`, bias `[outFeatures]`, both from U(±1/√in1Features).
 * @param in1Features - size of the last axis of the first input
 * @param in2Features - size of the last axis of the second input
 * @param outFeatures - size of the last axis of the output
 * @param options - `bias` (true), `dtype`, `device`
 * @example
 * new nn.Bilinear(4, 3, 8).forward(randn([2, 4]), randn([2, 3])).shape // [2, 8]
 */
export class Bilinear extends Module<[Tensor, Tensor]> {
  readonly weight: Parameter
  readonly bias: Parameter | null

  constructor(in1Features: number, in2Features: number, outFeatures: number, options: LinearOptions = {}) {
    super()
    checkOptions('Bilinear', options, { bias: true, ...parameterNames })
    const out = positive('Bilinear: outFeatures', outFeatures)
    const shape = [out, positive('Bilinear: in1Features', in1Features), positive('Bilinear: in2Features', in2Features)]
    const high = 1 / Math.sqrt(in1Features)
    const random = { low: -high, high, ...madeOf(options) }
    this.weight = new Parameter(uniform(shape, random), { name: 'Bilinear.weight' })
    this.bias = options.bias ?? true ? new Parameter(uniform([out], random), { name: 'Bilinear.bias' }) : null
  }

  override forward(x: Tensor, y: Tensor): Tensor { return bilinear(x, y, this.weight, this.bias) }
  override describe(): string {
    const [out, first, second] = this.weight.shape
    return `Bilinear ${first}, ${second}→${out}`
  }
}
