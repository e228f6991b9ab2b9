/** @file Zeros laid around the last two axes. */
import type { Size } from '../../sizes.ts'
import { Pad } from './pad.ts'

/**
 * Zeros laid around the last two axes.
 *
 * @remarks Input `[batch, channels, height, width]` (or without batch), output the same with sizes n + before + after.
 * @param padding - the width on all sides, or `[left, right, top, bottom]`; negative widths crop
 * @example
 * new nn.ZeroPad2d(1).forward(randn([1, 2, 5, 6])).shape // [1, 2, 7, 8]
 */
export class ZeroPad2d extends Pad {
  constructor(padding: Size) { super(2, padding, 'constant') }
}
