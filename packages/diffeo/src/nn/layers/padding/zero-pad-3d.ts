/** @file Zeros laid around the last three axes. */
import type { Size } from '../../sizes.ts'
import { Pad } from './pad.ts'

/**
 * Zeros laid around the last three axes.
 *
 * @remarks Input `[batch, channels, depth, height, width]` (or without batch), output the same with sizes n + before +
 * after.
 * @param padding - the width on all sides, or `[left, right, top, bottom, front, back]`; negative widths crop
 * @example
 * new nn.ZeroPad3d(1).forward(randn([1, 2, 4, 5, 6])).shape // [1, 2, 6, 7, 8]
 */
export class ZeroPad3d extends Pad {
  constructor(padding: Size) { super(3, padding, 'constant') }
}
