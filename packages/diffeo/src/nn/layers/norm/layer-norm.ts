/** @file Layer normalization. */
import type { Parameter, Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { layerNorm } from '../../functional/norm.ts'
import { Module } from '../../module.ts'
import { positive } from '../../sizes.ts'
import { filledParameter, parameterNames, type ParameterOptions } from '../parameters.ts'

export interface LayerNormOptions extends ParameterOptions {
  eps?: number
  /** Whether there are weight and bias. */
  elementwiseAffine?: boolean
  bias?: boolean
}

/**
 * y = (x − E[x])/√(Var[x] + ε) · weight + bias, over the last axes of each example.
 *
 * @remarks Input and output `[..., ...normalizedShape]`; weight and bias of the normalized shape, 1 and 0 at first.
 * Ba, Kiros & Hinton, "Layer normalization" (2016).
 * @param normalizedShape - the last axes: a number, or several
 * @param options - `eps` (1e-5), `elementwiseAffine` (true), `bias` (true), `dtype`, `device`
 * @example
 * new nn.LayerNorm(64).forward(randn([2, 10, 64])).shape // [2, 10, 64]
 */
export class LayerNorm extends Module {
  readonly weight: Parameter | null
  readonly bias: Parameter | null
  readonly normalizedShape: readonly number[]
  readonly eps: number

  constructor(
    normalizedShape: number | readonly number[],
    options: LayerNormOptions = {},
  ) {
    super()
    checkOptions('LayerNorm', options, { eps: true, elementwiseAffine: true, bias: true, ...parameterNames })
    const { eps = 1e-5, elementwiseAffine = true, bias = true } = options
    this.normalizedShape = [normalizedShape].flat().map(d => positive('LayerNorm: the normalized shape', d))
    this.eps = eps
    this.weight = elementwiseAffine ? filledParameter('LayerNorm.weight', this.normalizedShape, 1, options) : null
    this.bias = elementwiseAffine && bias ? filledParameter('LayerNorm.bias', this.normalizedShape, 0, options) : null
  }

  override forward(x: Tensor): Tensor {
    const { weight, bias, eps } = this
    return layerNorm(x, this.normalizedShape, { weight, bias, eps })
  }
  override describe(): string { return `LayerNorm [${this.normalizedShape.join(', ')}]` }
}
