/** @file How many inputs and outputs a weight has for each of its elements' sums, and the gain of nonlinearities. */
import { DiffeoError, ShapeError } from '../../util/errors.ts'

export interface Fans { readonly in: number; readonly out: number }

/** Of a weight `[out, in, ...window]`. */
export function fans(shape: readonly number[]): Fans {
  if (shape.length < 2)
    throw new ShapeError(`init: fan in and out are of weights with 2 axes or more, the shape is [${shape.join(',')}]`)
  const window = shape.slice(2).reduce((a, b) => a * b, 1)
  return { in: shape[1] * window, out: shape[0] * window }
}

const gains = {
  linear: () => 1, conv: () => 1, sigmoid: () => 1, tanh: () => 5 / 3, relu: () => Math.SQRT2,
  leakyRelu: (slope: number) => Math.sqrt(2 / (1 + slope ** 2)), selu: () => 3 / 4,
}
export type Nonlinearity = keyof typeof gains

/**
 * What weights before a nonlinearity are scaled by so that variances stay: √2 for relu, √(2/(1 + slope²)) for
 * leakyRelu, 5/3 for tanh, 3/4 for selu, else 1. `slope` is leakyRelu's below 0.
 *
 * @throws DiffeoError for a nonlinearity that has none
 * @example nn.init.xavierUniform(layer.weight, { gain: nn.init.calculateGain('tanh') })
 */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  if (Object.hasOwn(gains, nonlinearity)) return gains[nonlinearity](slope)
  throw new DiffeoError(
    `init: there is no gain of '${String(nonlinearity)}': there are ${Object.keys(gains).join(', ')}`,
  )
}
