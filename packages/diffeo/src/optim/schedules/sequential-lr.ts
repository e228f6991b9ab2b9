/** @file One schedule after another. */
import { DataError } from '../../util/errors.ts'
import { whatIs } from '../../util/options.ts'
import { checkParts } from './chained-scheduler.ts'
import { Schedule, type Scheduled } from './schedule.ts'

/**
 * The first schedule up to the first milestone, then the second, which counts its epochs from there, and so on. It
 * calls them itself: call `step` of this one alone.
 * @example
 * const warmup = new optim.LinearLR(optimizer, { startFactor: 0.1, totalIters: 5 })
 * const schedule = new optim.SequentialLR(optimizer, [warmup, new optim.ExponentialLR(optimizer, 0.9)], [5])
 */
export class SequentialLR extends Schedule {
  readonly schedules: readonly Schedule[]
  readonly milestones: readonly number[]

  constructor(optimizer: Scheduled, schedules: readonly Schedule[], milestones: readonly number[]) {
    super(optimizer)
    this.schedules = checkParts('SequentialLR', schedules)
    if (!Array.isArray(milestones))
      throw new DataError(`SequentialLR: the milestones are ${whatIs(milestones)}: expected an array of epochs`)
    if (milestones.length !== schedules.length - 1)
      throw new DataError(
        `SequentialLR: ${milestones.length} milestones for ${schedules.length} schedules: expected one fewer`,
      )
    if (milestones.some((m, i) => !(m > (milestones[i - 1] ?? 0))))
      throw new DataError(`SequentialLR: the milestones are [${milestones.join(', ')}], and must rise from above 0`)
    this.milestones = [...milestones]
    this.apply()
  }

  /** Which schedule it is at an epoch, and how many epochs it has had. */
  #at(epoch: number): [Schedule, number] {
    const i = this.milestones.filter(m => m <= epoch).length
    return [this.schedules[i], epoch - (this.milestones[i - 1] ?? 0)]
  }

  override rate(epoch: number, base: number, group: number): number {
    const [schedule, own] = this.#at(epoch)
    return schedule.rate(own, base, group)
  }
  override momentum(epoch: number, group: number): number | null {
    const [schedule, own] = this.#at(epoch)
    return schedule.momentum(own, group)
  }
}
