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

/** The rate that a schedule set last, and the first rate that it was made of: what the next schedule begins with. */
const scheduled = new WeakMap<ScheduledGroup, { readonly lr: number; readonly base: number }>()
function firstRate(group: ScheduledGroup): number {
  const last = scheduled.get(group)
  return last && last.lr === group.lr ? last.base : group.lr
}

/** @throws DataError unless it is an optimizer */
export function groupsOf(name: string, optimizer: Scheduled): readonly ScheduledGroup[] {
  if (Array.isArray(optimizer?.groups)) return optimizer.groups
  throw new DataError(`${name}: the first argument is ${whatIs(optimizer)}, and must be an optimizer`)
}

/** A number for each group, of one for all or of a list. */
export function perGroup(what: string, given: number | readonly number[], groups: readonly unknown[]): number[] {
  const list = Array.isArray(given) ? [...(given as readonly number[])] : groups.map(() => given as number)
  for (const x of list) checkNumber(what, x)
  if (list.length !== groups.length)
    throw new DataError(`${what} has ${list.length} rates for ${groups.length} groups`)
  return list
}

/** @throws DataError unless the groups have momentum or betas */
export function checkMomentum(name: string, groups: readonly ScheduledGroup[]): void {
  const has = ({ options }: ScheduledGroup): boolean =>
    ['betas', 'momentum'].some(key => key in options && (options as Record<string, unknown>)[key] !== 0)
  if (!groups.every(has))
    throw new DataError(`${name}: the optimizer has neither momentum nor betas: pass { cycleMomentum: false }`)
}

/**
 * A learning rate that is a function of how often `step` was called; the rate at first is that of the optimizer then.
 */
export abstract class Schedule {
  protected readonly groups: readonly ScheduledGroup[]
  protected bases: readonly number[]
  #epoch = 0

  constructor(optimizer: Scheduled) {
    this.groups = groupsOf(this.constructor.name, optimizer)
    this.bases = this.groups.map(firstRate)
  }

  /** @internal What it sets the rates of. */
  scheduled(): Scheduled { return { groups: this.groups } }
  /** How often `step` was called. */
  get epoch(): number { return this.#epoch }
  /** The rate of a group at an epoch, given its first rate. */
  abstract rate(epoch: number, base: number, group: number): number
  /** The momentum (or β₁) of a group at an epoch, null where it stays. */
  momentum(_epoch: number, _group: number): number | null { return null }

  /** Goes on: call it after each epoch (or batch, where the schedule counts batches). */
  step(): void {
    this.#epoch++
    this.apply()
  }
  /** @internal Sets the rates of this epoch. */
  protected apply(): void {
    this.groups.forEach((group, i) => {
      group.lr = this.rate(this.#epoch, this.bases[i], i)
      scheduled.set(group, { lr: group.lr, base: this.bases[i] })
      const momentum = this.momentum(this.#epoch, i)
      if (momentum === null) return
      const { betas } = group.options as { betas?: readonly [number, number] }
      group.set((betas ? { betas: [momentum, betas[1]] } : { momentum }) as never)
    })
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
/** @throws DataError unless it is a whole number from 0 up */
export function checkWhole(what: string, n: number): number {
  if (!Number.isInteger(n) || n < 0) throw new DataError(`${what} is ${whatIs(n)}: expected a whole number from 0 up`)
  return n
}
/** @throws DataError unless it is a finite number */
export function checkNumber(what: string, n: number): number {
  if (!Number.isFinite(n)) throw new DataError(`${what} is ${whatIs(n)}: expected a number`)
  return n
}
