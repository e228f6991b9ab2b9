/** @file Softplus. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { Module } from '../../module.ts'

/**
 * y = log(1 + e^(βx))/β, and x itself where βx is above the threshold.
 *
 * @remarks Input and output of any shape.
 * @param options - `beta` (1), `threshold` (20)
 * @example
 * new nn.Softplus().forward(tensor([0])) // [0.693]
 */
export class Softplus extends Module {
  readonly beta: number
  readonly threshold: number

  constructor(options: { beta?: number; threshold?: number } = {}) {
    super()
    checkOptions('Softplus', options, { beta: true, threshold: true })
    this.beta = options.beta ?? 1
    this.threshold = options.threshold ?? 20
  }

  override forward(x: Tensor): Tensor { return x.softplus({ beta: this.beta, threshold: this.threshold }) }
  override describe(): string { return `Softplus${this.beta === 1 ? '' : ` ${this.beta}`}` }
}
