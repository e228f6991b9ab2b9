/** @file A rate that goes along a line: warm-up. */
import { checkOptions } from '../../util/options.ts'
import { checkCount, checkNumber, Schedule, type Scheduled } from './schedule.ts'

/**
 * lr = base · (startFactor + (endFactor − startFactor) · min(1, epoch/totalIters)): from a third of the rate to all of
 * it within 5 epochs unless told otherwise. Before another schedule it is the warm-up.
 * @example
 * const warmup = new optim.LinearLR(optimizer, { startFactor: 0.01, totalIters: 5 })
 * new optim.SequentialLR(optimizer, [warmup, new optim.CosineAnnealingLR(optimizer, 95)], [5])
 */
export class LinearLR extends Schedule {
  readonly startFactor: number
  readonly endFactor: number
  readonly totalIters: number

  constructor(
    optimizer: Scheduled,
    options: { startFactor?: number; endFactor?: number; totalIters?: number } = {},
  ) {
    super(optimizer)
    checkOptions('LinearLR', options, { startFactor: true, endFactor: true, totalIters: true })
    this.startFactor = checkNumber('LinearLR: startFactor', options.startFactor ?? 1 / 3)
    this.endFactor = checkNumber('LinearLR: endFactor', options.endFactor ?? 1)
    this.totalIters = checkCount('LinearLR: totalIters', options.totalIters ?? 5)
    this.apply()
  }

  override rate(epoch: number, base: number): number {
    const part = Math.min(1, epoch / this.totalIters)
    return base * (this.startFactor + (this.endFactor - this.startFactor) * part)
  }
}
