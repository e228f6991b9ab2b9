/** @file A rate that falls by a factor each epoch. */
import { checkNumber, Schedule, type Scheduled } from './schedule.ts'

/** lr = base · gammaᵉᵖᵒᶜʰ. @example new optim.ExponentialLR(optimizer, 0.95) */
export class ExponentialLR extends Schedule {
  readonly gamma: number

  constructor(optimizer: Scheduled, gamma: number) {
    super(optimizer)
    this.gamma = checkNumber('ExponentialLR: gamma', gamma)
  }

  override rate(epoch: number, base: number): number { return base * this.gamma ** epoch }
}
