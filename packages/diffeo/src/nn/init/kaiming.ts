/** @file He et al., "Delving deep into rectifiers" (2015). */
import { DiffeoError } from '../../util/errors.ts'
import { calculateGain, fans, type Nonlinearity } from './fan.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { madeNames, type Filled, type Made, type Target } from './fill.ts'
import { shapeOf } from './shape.ts'
import { normal, uniform } from './uniform.ts'

export interface KaimingOptions extends Made {
  /** The slope of leakyRelu below 0. */
  a?: number
  /** 'fanIn' keeps variances forward, 'fanOut' backward. */
  mode?: 'fanIn' | 'fanOut'
  nonlinearity?: Nonlinearity
}

const names: Names<KaimingOptions> = { a: true, mode: true, nonlinearity: true, ...madeNames }

function deviation(op: string, target: Target, options: KaimingOptions): number {
  checkOptions(op, options, names)
  const { a = 0, mode = 'fanIn', nonlinearity = 'leakyRelu' } = options
  if (mode !== 'fanIn' && mode !== 'fanOut')
    throw new DiffeoError(`${op}: mode is '${String(mode)}': there are 'fanIn' and 'fanOut'`)
  const fan = fans(shapeOf(target))
  return calculateGain(nonlinearity, a) / Math.sqrt(mode === 'fanIn' ? fan.in : fan.out)
}

/**
 * U(−b, b) with b = gain · √(3/fan), of weights `[out, in, ...window]`.
 *
 * @throws ShapeError below 2 axes
 * @example nn.init.kaimingUniform(layer.weight, { nonlinearity: 'relu' })
 */
export function kaimingUniform<T extends Target>(target: T, options: KaimingOptions = {}): Filled<T> {
  const high = Math.sqrt(3) * deviation('init.kaimingUniform', target, options)
  return uniform(target, { low: -high, high, dtype: options.dtype, device: options.device })
}
/** N(0, gain²/fan). @example nn.init.kaimingNormal(conv.weight, { mode: 'fanOut', nonlinearity: 'relu' }) */
export const kaimingNormal = <T extends Target>(target: T, options: KaimingOptions = {}): Filled<T> =>
  normal(target, {
    std: deviation('init.kaimingNormal', target, options),
    dtype: options.dtype,
    device: options.device,
  })
