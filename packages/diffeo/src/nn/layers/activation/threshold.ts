/** @file Threshold. */
import type { Tensor } from '../../../tensor/index.ts'
import { threshold } from '../../functional/activation.ts'
import { Module } from '../../module.ts'

/**
 * y = x where x > threshold, else the value.
 *
 * @remarks Input and output of any shape.
 * @param threshold - above which x passes
 * @param value - what takes its place elsewhere
 * @example
 * new nn.Threshold(0.5, 9).forward(tensor([-2, 0.3, 1])) // [9, 9, 1]
 */
export class Threshold extends Module {
  readonly threshold: number
  readonly value: number

  constructor(threshold: number, value: number) {
    super()
    this.threshold = threshold
    this.value = value
  }

  override forward(x: Tensor): Tensor { return threshold(x, this.threshold, this.value) }
  override describe(): string { return `Threshold ${this.threshold}, ${this.value}` }
}
