/** @file A rate that a function gives. */
import { DataError } from '../../util/errors.ts'
import { Schedule, type Scheduled } from './schedule.ts'

type Factor = (epoch: number) => number

/**
 * lr = base · factor(epoch); one function for all groups, or one a group. @example new optim.LambdaLR(optimizer, e => 1
 * / (1 + e))
 */
export class LambdaLR extends Schedule {
  readonly #factors: readonly Factor[]

  constructor(optimizer: Scheduled, factor: Factor | readonly Factor[]) {
    super(optimizer)
    this.#factors = typeof factor === 'function' ? this.groups.map(() => factor) : factor
    if (this.#factors.length !== this.groups.length) {
      throw new DataError(`LambdaLR: ${this.#factors.length} functions for ${this.groups.length} groups`)
    }
    this.apply()
  }

  override rate(epoch: number, base: number, group: number): number { return base * this.#factors[group](epoch) }
}
