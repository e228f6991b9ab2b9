/** @file What layers that pad share. */
import type { Tensor } from '../../../tensor/index.ts'
import { ShapeError } from '../../../util/errors.ts'
import { pad, type PaddingMode } from '../../functional/pad.ts'
import { Module } from '../../module.ts'
import type { Size } from '../../sizes.ts'

/** Pads the last `axes` axes of `[batch, channels, ...]`, or of that without batch. */
export abstract class Pad extends Module {
  /** [before, after] of the last axis first, then of the one before it. */
  readonly padding: readonly number[]
  readonly mode: PaddingMode
  readonly value: number

  constructor(axes: number, padding: Size, mode: PaddingMode, value = 0) {
    super()
    const widths = typeof padding === 'number' ? new Array<number>(2 * axes).fill(padding) : padding
    if (!Array.isArray(widths) || widths.length !== 2 * axes || !widths.every(Number.isInteger)) {
      throw new ShapeError(
        `${new.target.name}: the padding is ${String(padding)}: expected a whole number, or ${2 * axes} of them, ` +
          '[before, after] an axis, the last axis first',
      )
    }
    this.padding = widths
    this.mode = mode
    this.value = value
  }

  override forward(x: Tensor): Tensor {
    const axes = this.padding.length / 2
    if (x.rank !== axes + 1 && x.rank !== axes + 2) {
      throw new ShapeError(
        `${this.constructor.name}: the input is [${x.shape.join(',')}]: expected [batch, channels, ...${axes} axes], ` +
          'or that without batch',
      )
    }
    return pad(x, this.padding, { mode: this.mode, value: this.value })
  }
  override describe(): string { return `${this.constructor.name} [${this.padding.join(', ')}]` }
}
