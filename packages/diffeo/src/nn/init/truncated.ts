/** @file Normal values of an interval. */
import { full, rand } from '../../tensor/index.ts'
import { erfinv } from '../../tensor/internal.ts'
import { DiffeoError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import { fill, madeNames, type Filled, type Made, type Target } from './fill.ts'

export interface TruncNormalOptions extends Made {
  mean?: number
  std?: number
  /** The lower bound: a value, not a number of deviations. */
  a?: number
  /** The upper bound. */
  b?: number
}

// the greatest float32 below 1, where erfinv is finite
const last = 1 - 2 ** -24

/**
 * N(mean, std²) given that a value is in [a, b]: √2·erfinv(u) of a u uniform between the bounds' erf, as PyTorch makes
 * them. Drawn in float32 whatever the dtype.
 *
 * @param options - `mean` (0), `std` (1), `a` (−2), `b` (2)
 * @throws DiffeoError unless std > 0 and a < b
 * @example nn.init.truncNormal(embedding.weight, { std: 0.02 })
 */
export function truncNormal<T extends Target>(target: T, options: TruncNormalOptions = {}): Filled<T> {
  checkOptions('init.truncNormal', options, { mean: true, std: true, a: true, b: true, ...madeNames })
  const { mean = 0, std = 1, a = -2, b = 2, ...made } = options
  if (!(std > 0)) throw new DiffeoError(`init.truncNormal: std is ${std}, and must be above 0`)
  if (!(a < b)) throw new DiffeoError(`init.truncNormal: a is ${a}, b is ${b}: a must be below b`)
  return fill(target, made, (shape, { dtype, device }) => {
    const [low, high] = [a, b].map(bound => full([], (bound - mean) / (std * Math.SQRT2), { device }).erf())
    const u = rand(shape, { device }).mul(high.sub(low)).add(low).clamp(-last, last)
    return erfinv(u).mul(std * Math.SQRT2).add(mean).clamp(a, b).cast(dtype)
  })
}
