/** @file A value laid around the last two axes. */
import type { Size } from '../../sizes.ts'
import { Pad } from './pad.ts'

/**
 * A value laid around the last two axes.
 *
 * @remarks Input `[batch, channels, height, width]` (or without batch), output the same with sizes n + before + after.
 * @param padding - the width on all sides, or `[left, right, top, bottom]`; negative widths crop
 * @param value - what is laid around
 * @example
 * new nn.ConstantPad2d(1, 3.5).forward(randn([1, 2, 5, 6])).shape // [1, 2, 7, 8]
 */
export class ConstantPad2d extends Pad {
  constructor(padding: Size, value: number) { super(2, padding, 'constant', value) }
}
