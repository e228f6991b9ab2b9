/** @file A rate that falls every so many epochs. */
import { checkCount, Schedule, type Scheduled } from './schedule.ts'

/** lr = base · gamma^⌊epoch/stepSize⌋. @example new optim.StepLR(optimizer, 30, { gamma: 0.1 }) */
export class StepLR extends Schedule {
  readonly stepSize: number
  readonly gamma: number

  constructor(optimizer: Scheduled, stepSize: number, { gamma = 0.1 }: { gamma?: number } = {}) {
    super(optimizer)
    this.stepSize = checkCount('StepLR: stepSize', stepSize)
    this.gamma = gamma
  }

  override rate(epoch: number, base: number): number { return base * this.gamma ** Math.floor(epoch / this.stepSize) }
}
