/** @file A value laid around the last three axes. */
import type { Size } from '../../sizes.ts'
import { Pad } from './pad.ts'

/**
 * A value laid around the last three axes.
 *
 * @remarks Input `[batch, channels, depth, height, width]` (or without batch), output the same with sizes n + before +
 * after.
 * @param padding - the width on all sides, or `[left, right, top, bottom, front, back]`; negative widths crop
 * @param value - what is laid around
 * @example
 * new nn.ConstantPad3d(1, 3.5).forward(randn([1, 2, 4, 5, 6])).shape // [1, 2, 6, 7, 8]
 */
export class ConstantPad3d extends Pad {
  constructor(padding: Size, value: number) { super(3, padding, 'constant', value) }
}
