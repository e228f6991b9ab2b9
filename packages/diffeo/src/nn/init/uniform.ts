/** @file Uniform and normal values. */
import { rand, randn, type Tensor } from '../../tensor/index.ts'
import { checkOptions } from '../../util/options.ts'
import { fill, madeNames, type Filled, type Made, type Target } from './fill.ts'

export interface UniformOptions extends Made { low?: number; high?: number }
export interface NormalOptions extends Made { mean?: number; std?: number }

const between = (u: Tensor, low: number, high: number): Tensor => {
  const wide = u.mul(high - low)
  return low === 0 ? wide : wide.add(low)
}

/** U(low, high), by default [0, 1). @example nn.init.uniform(layer.weight, { low: -0.1, high: 0.1 }) */
export function uniform<T extends Target>(target: T, options: UniformOptions = {}): Filled<T> {
  checkOptions('init.uniform', options, { low: true, high: true, ...madeNames })
  const { low = 0, high = 1, ...made } = options
  return fill(target, made, (shape, o) => between(rand(shape, o), low, high))
}

/** N(mean, std²), by default the standard normal. @example nn.init.normal(layer.weight, { std: 0.02 }) */
export function normal<T extends Target>(target: T, options: NormalOptions = {}): Filled<T> {
  checkOptions('init.normal', options, { mean: true, std: true, ...madeNames })
  const { mean = 0, std = 1, ...made } = options
  return fill(target, made, (shape, o) => {
    const scaled = std === 1 ? randn(shape, o) : randn(shape, o).mul(std)
    return mean === 0 ? scaled : scaled.add(mean)
  })
}
