/** @file The last three axes going round: what comes behind the end is the beginning. */
import type { Size } from '../../sizes.ts'
import { Pad } from './pad.ts'

/**
 * The last three axes going round: what comes behind the end is the beginning.
 *
 * @remarks Input `[batch, channels, depth, height, width]` (or without batch), output the same with sizes n + before +
 * after.
 * @param padding - the width on all sides, or `[left, right, top, bottom, front, back]`; negative widths crop
 * @example
 * new nn.CircularPad3d(1).forward(randn([1, 2, 4, 5, 6])).shape // [1, 2, 6, 7, 8]
 */
export class CircularPad3d extends Pad {
  constructor(padding: Size) { super(3, padding, 'circular') }
}
