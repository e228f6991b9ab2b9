/** @file How many inputs and outputs a weight has for each of its elements' sums, and the gain of nonlinearities. */
import { ShapeError } from '../../util/errors.ts'

export interface Fans { readonly in: number; readonly out: number }

/** Of a weight `[out, in, ...window]`. */
export function fans(shape: readonly number[]): Fans {
  if (shape.length < 2)
    throw new ShapeError(`init: fan in and out are of weights with 2 axes or more, the shape is [${shape.join(',')}]`)
  const window = shape.slice(2).reduce((a, b) => a * b, 1)
  return { in: shape[1] * window, out: shape[0] * window }
}

export type Nonlinearity = 'linear' | 'conv' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu'

/** What a nonlinearity's input is scaled by so that variances stay: √2 for relu. `slope` is leakyRelu's. */
export function gain(nonlinearity: Nonlinearity, slope = 0.01): number {
  switch (nonlinearity) {
    case 'tanh': return 5 / 3
    case 'relu': return Math.SQRT2
    case 'leakyRelu': return Math.sqrt(2 / (1 + slope ** 2))
    case 'selu': return 3 / 4
    case 'linear': case 'conv': case 'sigmoid': return 1
  }
}
