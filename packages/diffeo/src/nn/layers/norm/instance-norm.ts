/** @file What instance normalization over any number of axes shares. */
import type { Parameter, Tensor } from '../../../tensor/index.ts'
import { ShapeError } from '../../../util/errors.ts'
import { checkOptions } from '../../../util/options.ts'
import { instanceNorm } from '../../functional/norm.ts'
import { Module } from '../../module.ts'
import { positive } from '../../sizes.ts'
import { filledParameter, parameterNames, type ParameterOptions } from '../parameters.ts'

export interface InstanceNormOptions extends ParameterOptions {
  eps?: number
  /** Whether there are weight and bias (false). */
  affine?: boolean
}

/** Normalizes `[batch, channels, ...axes]`, or that without batch. */
export abstract class InstanceNorm extends Module {
  readonly weight: Parameter | null
  readonly bias: Parameter | null
  readonly numFeatures: number
  readonly eps: number
  readonly axes: number

  constructor(axes: number, numFeatures: number, options: InstanceNormOptions) {
    super()
    const name = new.target.name
    checkOptions(name, options, { eps: true, affine: true, ...parameterNames })
    const { eps = 1e-5, affine = false } = options
    this.axes = axes
    this.numFeatures = positive(`${name}: numFeatures`, numFeatures)
    this.eps = eps
    this.weight = affine ? filledParameter(`${name}.weight`, [numFeatures], 1, options) : null
    this.bias = affine ? filledParameter(`${name}.bias`, [numFeatures], 0, options) : null
  }

  override forward(x: Tensor): Tensor {
    const { weight, bias, eps, numFeatures } = this
    const batchless = x.rank === this.axes + 1
    const batched = batchless ? x.unsqueeze(0) : x
    if (batched.rank !== this.axes + 2 || batched.shape[1] !== numFeatures) {
      throw new ShapeError(
        `${this.constructor.name}: the input is [${x.shape.join(',')}]: expected [batch, ${numFeatures} channels, ` +
          `...${this.axes} axes], or that without batch`,
      )
    }
    const out = instanceNorm(batched, { weight, bias, eps })
    return batchless ? out.squeeze(0) : out
  }
  override describe(): string { return `${this.constructor.name} ${this.numFeatures}` }
}
