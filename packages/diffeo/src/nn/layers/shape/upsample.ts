/** @file Images, sequences and volumes at other sizes. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { interpolate, interpolateNames, type InterpolateOptions } from '../../functional/interpolate.ts'
import { Module } from '../../module.ts'

/**
 * The input at another size, interpolated along each axis.
 *
 * @remarks Input `[batch, channels, ...space]` with one to three axes of space, output the same with the size asked
 * for, or ⌊n · scaleFactor⌋.
 * @param options - `size` or `scaleFactor`, a number or one an axis; `mode` ('nearest', 'nearest-exact', 'linear' over
 * one axis, 'bilinear' and 'bicubic' over two, 'trilinear' over three, 'area'); `alignCorners`, `antialias` and
 * `recomputeScaleFactor` (false)
 * @throws ShapeError where mode and input do not go together, or not exactly one of size and scaleFactor is given
 * @example
 * new nn.Upsample({ scaleFactor: 2, mode: 'bilinear' }).forward(randn([1, 3, 8, 8])).shape // [1, 3, 16, 16]
 */
export class Upsample extends Module {
  readonly options: InterpolateOptions

  constructor(options: InterpolateOptions) {
    super()
    checkOptions('Upsample', options, interpolateNames)
    this.options = options
  }

  override forward(x: Tensor): Tensor { return interpolate(x, this.options) }
  override describe(): string {
    const { size, scaleFactor, mode = 'nearest' } = this.options
    return `Upsample ${size === undefined ? `×${String(scaleFactor)}` : `to ${String(size)}`}, ${mode}`
  }
}
