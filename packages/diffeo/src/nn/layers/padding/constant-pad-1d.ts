/** @file A value laid around the last axis. */
import type { Size } from '../../sizes.ts'
import { Pad } from './pad.ts'

/**
 * A value laid around the last axis.
 *
 * @remarks Input `[batch, channels, length]` (or without batch), output the same with sizes n + before + after.
 * @param padding - the width on all sides, or `[left, right]`; negative widths crop
 * @param value - what is laid around
 * @example
 * new nn.ConstantPad1d(1, 3.5).forward(randn([1, 2, 5])).shape // [1, 2, 7]
 */
export class ConstantPad1d extends Pad {
  constructor(padding: Size, value: number) { super(1, padding, 'constant', value) }
}
