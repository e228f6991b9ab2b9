/** @file Weights as a length and a direction. Salimans & Kingma, "Weight normalization" (2016). */
import type { Tensor } from '../../tensor/index.ts'
import { checkOptions } from '../../util/options.ts'
import { Module, type AnyModule } from '../module.ts'
import { placeOf } from './computed.ts'
import { registerParametrization } from './parametrize.ts'

/** The norm over all axes but one (null: over all), with the axes kept. */
function lengths(v: Tensor, axis: number | null): Tensor {
  if (axis === null) return v.norm()
  const own = axis < 0 ? axis + v.rank : axis
  return v.norm(v.shape.map((_, i) => i).filter(i => i !== own), { keepdims: true })
}

class WeightNorm extends Module<[length: Tensor, direction: Tensor]> {
  readonly axis: number | null

  constructor(axis: number | null) {
    super()
    this.axis = axis
  }

  override forward(length: Tensor, direction: Tensor): Tensor {
    return direction.mul(length.div(lengths(direction, this.axis)))
  }
  rightInverse(weight: Tensor): readonly Tensor[] { return [lengths(weight, this.axis), weight] }
}

/**
 * The parameter becomes g·v/‖v‖, of which the lengths g and the directions v are trained: `parametrizations.weight.
 * original0` and `original1` in state dicts. Make the optimizer afterwards.
 *
 * @param module - a layer
 * @param name - of its parameter ('weight')
 * @param options - `axis` (0): each place on it has a length of its own; null: one for all
 * @example
 * const layer = nn.utils.parametrizations.weightNorm(new nn.Linear(20, 40))
 * nn.utils.removeParametrizations(layer, 'weight') // an ordinary weight again
 */
export function weightNorm<M extends AnyModule>(
  module: M, name = 'weight', options: { axis?: number | null } = {},
): M {
  checkOptions('weightNorm', options, { axis: true })
  const { axis = 0 } = options
  const place = placeOf('weightNorm', module, name)
  return registerParametrization(module, place.name, new WeightNorm(axis))
}
