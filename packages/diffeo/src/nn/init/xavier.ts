/** @file Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010). */
import { fans } from './fan.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { madeNames, type Filled, type Made, type Target } from './fill.ts'
import { shapeOf } from './shape.ts'
import { normal, uniform } from './uniform.ts'

export interface XavierOptions extends Made { gain?: number }
const xavierNames: Names<XavierOptions> = { gain: true, ...madeNames }

/** The deviation gain · √(2/(fan in + fan out)). */
function deviation(target: Target, gain: number): number {
  const fan = fans(shapeOf(target))
  return gain * Math.sqrt(2 / (fan.in + fan.out))
}

/** U(−a, a) with a = gain · √(6/(fan in + fan out)). @example nn.init.xavierUniform(layer.weight) */
export function xavierUniform<T extends Target>(target: T, options: XavierOptions = {}): Filled<T> {
  checkOptions('init.xavierUniform', options, xavierNames)
  const { gain = 1, ...made } = options
  const high = Math.sqrt(3) * deviation(target, gain)
  return uniform(target, { low: -high, high, ...made })
}
/** N(0, 2·gain²/(fan in + fan out)). @example nn.init.xavierNormal(layer.weight, { gain: 5 / 3 }) */
export function xavierNormal<T extends Target>(target: T, options: XavierOptions = {}): Filled<T> {
  checkOptions('init.xavierNormal', options, xavierNames)
  const { gain = 1, ...made } = options
  return normal(target, { std: deviation(target, gain), ...made })
}
