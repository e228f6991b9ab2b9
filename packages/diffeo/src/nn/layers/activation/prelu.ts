/** @file PReLU. */
import type { Parameter, Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { prelu } from '../../functional/activation.ts'
import { Module } from '../../module.ts'
import { positive } from '../../sizes.ts'
import { filledParameter, parameterNames, type ParameterOptions } from '../parameters.ts'

export interface PReLUOptions extends ParameterOptions {
  /** What the slopes begin with. */
  init?: number
}

/**
 * y = x where x > 0, else a·x, with a slope a that is learned. He et al., "Delving deep into rectifiers" (2015).
 *
 * @remarks Input and output `[batch, channels, ...]`, or of any shape with one slope; weight `[numParameters]`.
 * @param numParameters - 1 for all channels (1), or as many as there are channels
 * @param options - `init` (0.25), `dtype`, `device`
 * @throws ShapeError where there are neither 1 nor as many slopes as channels
 * @example
 * new nn.PReLU().forward(tensor([-4, 2])) // [-1, 2]
 */
export class PReLU extends Module {
  readonly weight: Parameter

  constructor(numParameters = 1, options: PReLUOptions = {}) {
    super()
    checkOptions('PReLU', options, { init: true, ...parameterNames })
    const shape = [positive('PReLU: numParameters', numParameters)]
    this.weight = filledParameter('PReLU.weight', shape, options.init ?? 0.25, options)
  }

  override forward(x: Tensor): Tensor { return prelu(x, this.weight) }
  override describe(): string { return `PReLU ${this.weight.size}` }
}
