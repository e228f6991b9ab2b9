/** @file Zeros laid around the last axis. */
import type { Size } from '../../sizes.ts'
import { Pad } from './pad.ts'

/**
 * Zeros laid around the last axis.
 *
 * @remarks Input `[batch, channels, length]` (or without batch), output the same with sizes n + before + after.
 * @param padding - the width on all sides, or `[left, right]`; negative widths crop
 * @example
 * new nn.ZeroPad1d(1).forward(randn([1, 2, 5])).shape // [1, 2, 7]
 */
export class ZeroPad1d extends Pad {
  constructor(padding: Size) { super(1, padding, 'constant') }
}
