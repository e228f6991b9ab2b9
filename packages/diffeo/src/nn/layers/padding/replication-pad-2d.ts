/** @file The elements at the ends of the last two axes repeated. */
import type { Size } from '../../sizes.ts'
import { Pad } from './pad.ts'

/**
 * The elements at the ends of the last two axes repeated.
 *
 * @remarks Input `[batch, channels, height, width]` (or without batch), output the same with sizes n + before + after.
 * @param padding - the width on all sides, or `[left, right, top, bottom]`; negative widths crop
 * @example
 * new nn.ReplicationPad2d(1).forward(randn([1, 2, 5, 6])).shape // [1, 2, 7, 8]
 */
export class ReplicationPad2d extends Pad {
  constructor(padding: Size) { super(2, padding, 'replicate') }
}
