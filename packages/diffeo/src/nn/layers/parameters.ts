/** @file The parameters that layers begin with, with PyTorch's distributions. */
import { Parameter, type Device, type DType } from '../../tensor/index.ts'
import type { Names } from '../../util/options.ts'
import { constant } from '../init/constant.ts'
import { fans } from '../init/fan.ts'
import type { Made } from '../init/fill.ts'
import { kaimingUniform } from '../init/kaiming.ts'
import { uniform } from '../init/uniform.ts'

/** Where and in which dtype a layer's parameters are. */
export interface ParameterOptions { dtype?: DType; device?: Device }
export const parameterNames: Names<ParameterOptions> = { dtype: true, device: true }

/** The options that tensors take, of a layer's options. */
export const madeOf = ({ dtype, device }: ParameterOptions): Made => ({ dtype, device })

/** kaimingUniform with a = √5: U(±1/√fan in). */
export const defaultWeight = (name: string, shape: readonly number[], options: ParameterOptions): Parameter =>
  new Parameter(kaimingUniform(shape, { a: Math.sqrt(5), ...madeOf(options) }), { name })

/** U(±1/√fan in) of the weight; of `size` elements, as many as the weight has outputs. */
export function defaultBias(
  name: string, weight: Parameter, options: ParameterOptions, size = weight.shape[0],
): Parameter {
  const fanIn = fans(weight.shape).in
  const high = fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0
  return new Parameter(uniform([size], { low: -high, high, ...madeOf(options) }), { name })
}

export const filledParameter = (
  name: string,
  shape: readonly number[],
  value: number,
  options: ParameterOptions,
): Parameter => new Parameter(constant(shape, value, madeOf(options)), { name })
