/** @file The elements at the ends of the last three axes repeated. */
import type { Size } from '../../sizes.ts'
import { Pad } from './pad.ts'

/**
 * The elements at the ends of the last three axes repeated.
 *
 * @remarks Input `[batch, channels, depth, height, width]` (or without batch), output the same with sizes n + before +
 * after.
 * @param padding - the width on all sides, or `[left, right, top, bottom, front, back]`; negative widths crop
 * @example
 * new nn.ReplicationPad3d(1).forward(randn([1, 2, 4, 5, 6])).shape // [1, 2, 6, 7, 8]
 */
export class ReplicationPad3d extends Pad {
  constructor(padding: Size) { super(3, padding, 'replicate') }
}
