/** @file Several schedules at once. */
import { DataError } from '../../util/errors.ts'
import { whatIs } from '../../util/options.ts'
import { Schedule } from './schedule.ts'

/** @throws DataError unless they are schedules, at least one */
export function checkParts(name: string, schedules: readonly Schedule[]): readonly Schedule[] {
  if (!Array.isArray(schedules) || schedules.length === 0)
    throw new DataError(`${name}: the schedules are ${whatIs(schedules)}: expected an array of at least one`)
  const other = (schedules as readonly unknown[]).find(s => !(s instanceof Schedule))
  if (other !== undefined)
    throw new DataError(`${name}: ${whatIs(other)} is no schedule of the epoch alone: give StepLR, LinearLR, …`)
  return [...schedules]
}

/**
 * Several schedules at once: each takes for its first rate what the ones before it give at this epoch, so that their
 * factors multiply. It calls them itself: call `step` of this one alone.
 * @example
 * const warmup = new optim.ConstantLR(optimizer, { factor: 0.1, totalIters: 2 })
 * const schedule = new optim.ChainedScheduler([warmup, new optim.ExponentialLR(optimizer, 0.9)])
 */
export class ChainedScheduler extends Schedule {
  readonly schedules: readonly Schedule[]

  constructor(schedules: readonly Schedule[]) {
    const parts = checkParts('ChainedScheduler', schedules)
    super(parts[0].scheduled())
    if (parts.some(s => s.scheduled().groups !== this.groups))
      throw new DataError('ChainedScheduler: the schedules are of different optimizers')
    this.schedules = parts
    this.apply()
  }

  override rate(epoch: number, base: number, group: number): number {
    return this.schedules.reduce((rate, schedule) => schedule.rate(epoch, rate, group), base)
  }
  override momentum(epoch: number, group: number): number | null {
    return this.schedules.reduce<number | null>((m, schedule) => schedule.momentum(epoch, group) ?? m, null)
  }
}
