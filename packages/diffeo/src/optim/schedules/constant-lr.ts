/** @file A rate that is smaller for the first epochs. */
import { checkOptions } from '../../util/options.ts'
import { checkNumber, checkWhole, Schedule, type Scheduled } from './schedule.ts'

/**
 * lr = base · factor (1/3) before epoch `totalIters` (5), base from then on.
 * @example new optim.ConstantLR(optimizer, { factor: 0.1, totalIters: 3 })
 */
export class ConstantLR extends Schedule {
  readonly factor: number
  readonly totalIters: number

  constructor(optimizer: Scheduled, options: { factor?: number; totalIters?: number } = {}) {
    super(optimizer)
    checkOptions('ConstantLR', options, { factor: true, totalIters: true })
    this.factor = checkNumber('ConstantLR: factor', options.factor ?? 1 / 3)
    this.totalIters = checkWhole('ConstantLR: totalIters', options.totalIters ?? 5)
    this.apply()
  }

  override rate(epoch: number, base: number): number { return epoch < this.totalIters ? base * this.factor : base }
}
