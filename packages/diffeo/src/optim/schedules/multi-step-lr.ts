/** @file A rate that falls at given epochs. */
import { Schedule, type Scheduled } from './schedule.ts'

/** lr = base · gamma^(number of milestones passed). @example new optim.MultiStepLR(optimizer, [30, 80]) */
export class MultiStepLR extends Schedule {
  readonly milestones: readonly number[]
  readonly gamma: number

  constructor(optimizer: Scheduled, milestones: readonly number[], { gamma = 0.1 }: { gamma?: number } = {}) {
    super(optimizer)
    this.milestones = [...milestones]
    this.gamma = gamma
  }

  override rate(epoch: number, base: number): number {
    return base * this.gamma ** this.milestones.filter(m => m <= epoch).length
  }
}
