/** @file Images enlarged by repeating pixels. */
import { checkOptions } from '../../../util/options.ts'
import type { InterpolateOptions } from '../../functional/interpolate.ts'
import { Upsample } from './upsample.ts'

/**
 * `Upsample` with mode 'nearest': each pixel takes that of the input which is nearest.
 *
 * @remarks Input `[batch, channels, height, width]`.
 * @param options - `size` or `scaleFactor`, a number or one an axis
 * @example
 * new nn.UpsamplingNearest2d({ scaleFactor: 2 }).forward(randn([1, 3, 8, 8])).shape // [1, 3, 16, 16]
 */
export class UpsamplingNearest2d extends Upsample {
  constructor(options: Pick<InterpolateOptions, 'size' | 'scaleFactor'>) {
    checkOptions('UpsamplingNearest2d', options, { size: true, scaleFactor: true })
    super({ ...options, mode: 'nearest' })
  }
}
