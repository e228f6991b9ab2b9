/** @file Root-mean-square normalization. */
import type { Parameter, Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { rmsNorm } from '../../functional/norm.ts'
import { Module } from '../../module.ts'
import { positive } from '../../sizes.ts'
import { filledParameter, parameterNames, type ParameterOptions } from '../parameters.ts'

export interface RMSNormOptions extends ParameterOptions {
  eps?: number | null
  /** Whether there is a weight. */
  elementwiseAffine?: boolean
}

/**
 * y = x/√(E[x²] + ε) · weight, over the last axes of each example.
 *
 * @remarks Input and output `[..., ...normalizedShape]`; weight of the normalized shape, 1 at first. Zhang & Sennrich,
 * "Root mean square layer normalization" (2019).
 * @param normalizedShape - the last axes: a number, or several
 * @param options - `eps` (the dtype's), `elementwiseAffine` (true), `dtype`, `device`
 * @example
 * new nn.RMSNorm(64).forward(randn([2, 10, 64])).shape // [2, 10, 64]
 */
export class RMSNorm extends Module {
  readonly weight: Parameter | null
  readonly normalizedShape: readonly number[]
  readonly eps: number | null

  constructor(normalizedShape: number | readonly number[], options: RMSNormOptions = {}) {
    super()
    checkOptions('RMSNorm', options, { eps: true, elementwiseAffine: true, ...parameterNames })
    this.normalizedShape = [normalizedShape].flat().map(d => positive('RMSNorm: the normalized shape', d))
    this.eps = options.eps ?? null
    const affine = options.elementwiseAffine ?? true
    this.weight = affine ? filledParameter('RMSNorm.weight', this.normalizedShape, 1, options) : null
  }

  override forward(x: Tensor): Tensor {
    const { weight, eps } = this
    return rmsNorm(x, this.normalizedShape, { weight, eps })
  }
  override describe(): string { return `RMSNorm [${this.normalizedShape.join(', ')}]` }
}
