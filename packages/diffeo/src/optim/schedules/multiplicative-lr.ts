/** @file A rate that a function multiplies each epoch. */
import { DataError } from '../../util/errors.ts'
import { Schedule, type Scheduled } from './schedule.ts'

type Factor = (epoch: number) => number

/**
 * lr = base · factor(1) · factor(2) · … · factor(epoch); one function for all groups, or one a group.
 * @example new optim.MultiplicativeLR(optimizer, () => 0.95)
 */
export class MultiplicativeLR extends Schedule {
  readonly #factors: readonly Factor[]
  /** The products so far: of each group, by epoch. */
  readonly #products: readonly number[][]

  constructor(optimizer: Scheduled, factor: Factor | readonly Factor[]) {
    super(optimizer)
    this.#factors = typeof factor === 'function' ? this.groups.map(() => factor) : factor
    if (this.#factors.length !== this.groups.length)
      throw new DataError(`MultiplicativeLR: ${this.#factors.length} functions for ${this.groups.length} groups`)
    this.#products = this.groups.map(() => [1])
  }

  override rate(epoch: number, base: number, group: number): number {
    const products = this.#products[group]
    while (products.length <= epoch) products.push(products.at(-1)! * this.#factors[group](products.length))
    return base * products[epoch]
  }
}
