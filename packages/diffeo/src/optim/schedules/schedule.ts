/** @file What schedules share: they set `lr` of an optimizer's groups, once a call of `step`. */
import { DataError } from '../../util/errors.ts'
import { whatIs } from '../../util/options.ts'

/** What a schedule needs of an optimizer: groups with a learning rate. */
export interface Scheduled {
  readonly groups: readonly ScheduledGroup[]
}
export interface ScheduledGroup {
  lr: number
  readonly options: object
  set(options: never): void
}

export interface ScheduleState { readonly epoch: number; readonly bases: readonly number[] }

/**
 * A learning rate that is a function of how often `step` was called; the rate at first is that of the optimizer then.
 */
export abstract class Schedule {
  protected readonly groups: readonly ScheduledGroup[]
  protected bases: readonly number[]
  #epoch = 0

  constructor(optimizer: Scheduled) {
    if (!Array.isArray(optimizer?.groups))
      throw new DataError(
        `${this.constructor.name}: the first argument is ${whatIs(optimizer)}, and must be an optimizer`,
      )
    this.groups = optimizer.groups
    this.bases = optimizer.groups.map(g => g.lr)
  }

  /** How often `step` was called. */
  get epoch(): number { return this.#epoch }
  /** The rate of a group at an epoch, given its first rate. */
  abstract rate(epoch: number, base: number, group: number): number

  /** Goes on: call it after each epoch (or batch, where the schedule counts batches). */
  step(): void {
    this.#epoch++
    this.apply()
  }
  /** @internal Sets the rates of this epoch. */
  protected apply(): void {
    this.groups.forEach((group, i) => { group.lr = this.rate(this.#epoch, this.bases[i], i) })
  }

  stateDict(): ScheduleState { return { epoch: this.#epoch, bases: [...this.bases] } }
  /** Goes back to where `stateDict` was taken, the rates too. @throws DataError where the groups differ */
  loadStateDict({ epoch, bases }: ScheduleState): void {
    if (bases.length !== this.groups.length) {
      throw new DataError(
        `${this.constructor.name}.loadStateDict: the state is of ${bases.length} groups, the optimizer has ${this.groups.length}`,
      )
    }
    this.#epoch = epoch
    this.bases = [...bases]
    this.apply()
  }
}

/** @throws DataError unless it is a whole number from 1 up */
export function checkCount(what: string, n: number): number {
  if (!Number.isInteger(n) || n < 1) throw new DataError(`${what} is ${whatIs(n)}: expected a whole number from 1 up`)
  return n
}
/** @throws DataError unless it is a finite number */
export function checkNumber(what: string, n: number): number {
  if (!Number.isFinite(n)) throw new DataError(`${what} is ${whatIs(n)}: expected a number`)
  return n
}
