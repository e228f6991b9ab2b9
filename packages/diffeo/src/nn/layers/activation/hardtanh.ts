/** @file Hardtanh. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { hardtanh } from '../../functional/activation.ts'
import { Module } from '../../module.ts'

/**
 * y = x between two bounds, and the bounds beyond them; the gradient there is 0.
 *
 * @remarks Input and output of any shape.
 * @param options - `minVal` (−1), `maxVal` (1)
 * @example
 * new nn.Hardtanh().forward(tensor([-2, 0.5, 2])) // [-1, 0.5, 1]
 */
export class Hardtanh extends Module {
  readonly minVal: number
  readonly maxVal: number

  constructor(options: { minVal?: number; maxVal?: number } = {}) {
    super()
    checkOptions('Hardtanh', options, { minVal: true, maxVal: true })
    this.minVal = options.minVal ?? -1
    this.maxVal = options.maxVal ?? 1
  }

  override forward(x: Tensor): Tensor { return hardtanh(x, { minVal: this.minVal, maxVal: this.maxVal }) }
  override describe(): string { return `Hardtanh ${this.minVal}…${this.maxVal}` }
}
