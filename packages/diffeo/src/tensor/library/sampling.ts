/** @file Samples of a distribution given by weights. */
import { ShapeError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import { asTensor } from '../create.ts'
import { rand } from '../random.ts'
import type { Tensor, TensorLike } from '../tensor.ts'

/**
 * int32 [..., count]: classes drawn with chances in proportion to the weights [..., classes], by the greatest of the
 * weights' logarithms with Gumbel noise (Gumbel 1954; without replacement: Kool et al. 2019, the `count` greatest).
 * Without replacement there must be `count` weights above 0, which is not looked at.
 * @example multinomial([0.1, 0.2, 0.7], 5, { replacement: true }).shape // [5]
 */
export function multinomial(weights: TensorLike, count: number, options: { replacement?: boolean } = {}): Tensor {
  checkOptions('multinomial', options, { replacement: true })
  const w = asTensor(weights)
  const classes = w.shape.at(-1)
  if (classes === undefined || !Number.isInteger(count) || count < 1 || (!options.replacement && count > classes))
    throw new ShapeError(`multinomial: ${count} of the classes of weights [${w.shape.join(',')}] cannot be drawn`)
  // strictly between 0 and 1, so that both logarithms are finite
  const uniform = (shape: readonly number[]): Tensor =>
    rand(shape, { device: w.device })
      .mul(1 - 2 ** -24)
      .add(2 ** -25)
  const noise = (shape: readonly number[]): Tensor => uniform(shape).log().neg().log().neg()
  const chances = w.cast('float32').log()
  if (!options.replacement) return chances.add(noise(w.shape)).topk(count, -1).indices
  const many = [...w.shape.slice(0, -1), count, classes]
  return chances.unsqueeze(-2).add(noise(many)).argmax(-1)
}
