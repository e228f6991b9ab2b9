/** @file Images enlarged between their pixels. */
import { checkOptions } from '../../../util/options.ts'
import type { InterpolateOptions } from '../../functional/interpolate.ts'
import { Upsample } from './upsample.ts'

/**
 * `Upsample` with mode 'bilinear' and `alignCorners`: corners stay where they are.
 *
 * @remarks Input `[batch, channels, height, width]`.
 * @param options - `size` or `scaleFactor`, a number or one an axis
 * @example
 * new nn.UpsamplingBilinear2d({ scaleFactor: 2 }).forward(randn([1, 3, 8, 8])).shape // [1, 3, 16, 16]
 */
export class UpsamplingBilinear2d extends Upsample {
  constructor(options: Pick<InterpolateOptions, 'size' | 'scaleFactor'>) {
    checkOptions('UpsamplingBilinear2d', options, { size: true, scaleFactor: true })
    super({ ...options, mode: 'bilinear', alignCorners: true })
  }
}
