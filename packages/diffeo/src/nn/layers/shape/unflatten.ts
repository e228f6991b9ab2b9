/** @file One axis as several. */
import type { Tensor } from '../../../tensor/index.ts'
import { Module } from '../../module.ts'

/**
 * One axis as several, the opposite of Flatten.
 *
 * @remarks Input `[..., n, ...]`, output `[..., ...sizes, ...]`, whose product is n.
 * @param axis - which one
 * @param sizes - what it becomes; one of them may be −1
 * @example
 * new nn.Unflatten(1, [64, 5, 5]).forward(randn([2, 1600])).shape // [2, 64, 5, 5]
 */
export class Unflatten extends Module {
  readonly axis: number
  readonly sizes: readonly number[]

  constructor(axis: number, sizes: readonly number[]) {
    super()
    this.axis = axis
    this.sizes = sizes
  }

  override forward(x: Tensor): Tensor { return x.unflatten(this.axis, this.sizes) }
  override describe(): string { return `Unflatten ${this.axis}→[${this.sizes.join(', ')}]` }
}
