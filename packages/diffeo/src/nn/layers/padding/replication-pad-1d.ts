/** @file The elements at the ends of the last axis repeated. */
import type { Size } from '../../sizes.ts'
import { Pad } from './pad.ts'

/**
 * The elements at the ends of the last axis repeated.
 *
 * @remarks Input `[batch, channels, length]` (or without batch), output the same with sizes n + before + after.
 * @param padding - the width on all sides, or `[left, right]`; negative widths crop
 * @example
 * new nn.ReplicationPad1d(1).forward(randn([1, 2, 5])).shape // [1, 2, 7]
 */
export class ReplicationPad1d extends Pad {
  constructor(padding: Size) { super(1, padding, 'replicate') }
}
