/** @file A rate that falls every so many epochs. */
import { checkOptions } from '../../util/options.ts'
import { checkCount, Schedule, type Scheduled } from './schedule.ts'

/** lr = base · gamma^⌊epoch/stepSize⌋. @example new optim.StepLR(optimizer, 30, { gamma: 0.1 }) */
export class StepLR extends Schedule {
  readonly stepSize: number
  readonly gamma: number

  constructor(optimizer: Scheduled, stepSize: number, options: { gamma?: number } = {}) {
    super(optimizer)
    checkOptions('StepLR', options, { gamma: true })
    this.stepSize = checkCount('StepLR: stepSize', stepSize)
    this.gamma = options.gamma ?? 0.1
  }

  override rate(epoch: number, base: number): number { return base * this.gamma ** Math.floor(epoch / this.stepSize) }
}
