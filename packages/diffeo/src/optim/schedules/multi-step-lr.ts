/** @file A rate that falls at given epochs. */
import { DataError } from '../../util/errors.ts'
import { checkOptions, whatIs } from '../../util/options.ts'
import { Schedule, type Scheduled } from './schedule.ts'

/** lr = base · gamma^(number of milestones passed). @example new optim.MultiStepLR(optimizer, [30, 80]) */
export class MultiStepLR extends Schedule {
  readonly milestones: readonly number[]
  readonly gamma: number

  constructor(optimizer: Scheduled, milestones: readonly number[], options: { gamma?: number } = {}) {
    super(optimizer)
    checkOptions('MultiStepLR', options, { gamma: true })
    if (!Array.isArray(milestones))
      throw new DataError(`MultiStepLR: the milestones are ${whatIs(milestones)}: expected an array of epochs`)
    this.milestones = [...milestones]
    this.gamma = options.gamma ?? 0.1
  }

  override rate(epoch: number, base: number): number {
    return base * this.gamma ** this.milestones.filter(m => m <= epoch).length
  }
}
