/** @file A rate that falls to 0 along a power. */
import { checkOptions } from '../../util/options.ts'
import { checkCount, checkNumber, Schedule, type Scheduled } from './schedule.ts'

/**
 * lr = base · (1 − min(1, epoch/totalIters))^power, with `totalIters` 5 and `power` 1.
 * @example new optim.PolynomialLR(optimizer, { totalIters: 100, power: 0.9 })
 */
export class PolynomialLR extends Schedule {
  readonly totalIters: number
  readonly power: number

  constructor(optimizer: Scheduled, options: { totalIters?: number; power?: number } = {}) {
    super(optimizer)
    checkOptions('PolynomialLR', options, { totalIters: true, power: true })
    this.totalIters = checkCount('PolynomialLR: totalIters', options.totalIters ?? 5)
    this.power = checkNumber('PolynomialLR: power', options.power ?? 1)
  }

  override rate(epoch: number, base: number): number {
    return base * (1 - Math.min(1, epoch / this.totalIters)) ** this.power
  }
}
