/** @file Group normalization. */
import type { Parameter, Tensor } from '../../../tensor/index.ts'
import { ShapeError } from '../../../util/errors.ts'
import { checkOptions } from '../../../util/options.ts'
import { groupNorm } from '../../functional/norm.ts'
import { Module } from '../../module.ts'
import { positive } from '../../sizes.ts'
import { filledParameter, parameterNames, type ParameterOptions } from '../parameters.ts'

export interface GroupNormOptions extends ParameterOptions {
  eps?: number
  /** Whether there are weight and bias. */
  affine?: boolean
  /** Whether there is a bias beside the weight (true). */
  bias?: boolean
}

/**
 * y = (x − E[x])/√(Var[x] + ε) · weight + bias, with mean and (biased) variance of each group of channels of each
 * example.
 *
 * @remarks Input and output `[batch, channels, ...]`; weight and bias `[numChannels]`, 1 and 0 at first. Wu & He,
 * "Group normalization" (2018).
 * @param numGroups - how many groups there are
 * @param numChannels - size of axis 1, a multiple of the number of groups
 * @param options - `eps` (1e-5), `affine` (true), `bias` (true), `dtype`, `device`
 * @throws ShapeError where the channels cannot be divided into the groups
 * @example
 * new nn.GroupNorm(2, 6).forward(randn([4, 6, 5, 5])).shape // [4, 6, 5, 5]
 */
export class GroupNorm extends Module {
  readonly weight: Parameter | null
  readonly bias: Parameter | null
  readonly numGroups: number
  readonly numChannels: number
  readonly eps: number

  constructor(numGroups: number, numChannels: number, options: GroupNormOptions = {}) {
    super()
    checkOptions('GroupNorm', options, { eps: true, affine: true, bias: true, ...parameterNames })
    const { eps = 1e-5, affine = true, bias = true } = options
    if (positive('GroupNorm: numChannels', numChannels) % positive('GroupNorm: numGroups', numGroups) !== 0)
      throw new ShapeError(`GroupNorm: ${numChannels} channels cannot be divided into ${numGroups} groups`)
    this.numGroups = numGroups
    this.numChannels = numChannels
    this.eps = eps
    this.weight = affine ? filledParameter('GroupNorm.weight', [numChannels], 1, options) : null
    this.bias = affine && bias ? filledParameter('GroupNorm.bias', [numChannels], 0, options) : null
  }

  override forward(x: Tensor): Tensor {
    const { weight, bias, eps, numGroups, numChannels } = this
    if (x.shape[1] !== numChannels) {
      throw new ShapeError(
        `GroupNorm: the input is [${x.shape.join(',')}]: expected [batch, ${numChannels} channels, ...]`,
      )
    }
    return groupNorm(x, numGroups, { weight, bias, eps })
  }
  override describe(): string { return `GroupNorm ${this.numGroups}, ${this.numChannels}` }
}
