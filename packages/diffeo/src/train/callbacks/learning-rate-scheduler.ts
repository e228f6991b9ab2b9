import { ReduceLROnPlateau } from '../../optim/index.ts'
import { checkOptions, whatIs } from '../../util/options.ts'
import { DataError } from '../../util/errors.ts'
import type { Callback, Training } from '../callback.ts'
import type { EpochRecord } from '../history.ts'
import { monitored } from './monitor.ts'

/** From the epoch (from 1) or step (from 0) that comes, and the rate it began with, to the learning rate. */
export type Rate = (at: number, initial: number) => number

/** What the schedules of `optim` are. */
export interface Scheduler {
  step(metric: any): unknown
  stateDict(): unknown
  loadStateDict(state: any): unknown
}

export interface SchedulerOptions {
  /** What is counted: 'epoch'. */
  every?: 'epoch' | 'step'
  /** What a schedule is given of each epoch: for ReduceLROnPlateau 'valLoss', or 'loss' without validation. */
  monitor?: string
}

/** No name of a record: the loss of validation, or of training where there is none. */
const byItself = ''

/**
 * Sets the learning rate before each epoch, or before each step: by a function, or by a schedule of `optim`, which
 * takes a step after each epoch, or after each step. A run that is resumed goes on with it.
 * @example new LearningRateScheduler((epoch, lr) => lr * 0.9 ** (epoch - 1))
 * @example new LearningRateScheduler((step, lr) => lr * Math.min(1, (step + 1) / 500), { every: 'step' })
 * @example new LearningRateScheduler(new optim.ReduceLROnPlateau(optimizer, { patience: 2 }), { monitor: 'valLoss' })
 */
export class LearningRateScheduler implements Callback {
  readonly #rate: Rate | null
  readonly #schedule: Scheduler | null
  readonly #every: 'epoch' | 'step'
  readonly #monitor: string | undefined
  #initial: number | null = null

  constructor(rate: Rate | Scheduler, options: SchedulerOptions = {}) {
    checkOptions('LearningRateScheduler', options, { every: true, monitor: true })
    if (typeof rate !== 'function' && typeof rate?.step !== 'function')
      throw new DataError(`LearningRateScheduler: the rate is ${whatIs(rate)}: a function, or a schedule of optim`)
    this.#rate = typeof rate === 'function' ? rate : null
    this.#schedule = typeof rate === 'function' ? null : rate
    this.#every = options.every ?? 'epoch'
    this.#monitor = options.monitor ?? (rate instanceof ReduceLROnPlateau ? byItself : undefined)
    if (this.#monitor === byItself && (rate as ReduceLROnPlateau).mode === 'max')
      throw new DataError(
        "LearningRateScheduler: mode 'max' is not for the loss: say what to look at, { monitor: 'valAccuracy' }",
      )
    if (options.monitor !== undefined && (this.#every === 'step' || this.#rate))
      throw new DataError('LearningRateScheduler: monitor is of epochs, and for a schedule, as optim.ReduceLROnPlateau')
  }

  onTrainBegin({ optimizer }: Training): void { this.#initial ??= optimizer.lr }
  onEpochBegin(training: Training): void { if (this.#every === 'epoch') this.#set(training, training.epoch) }
  onBatchBegin(training: Training): void { if (this.#every === 'step') this.#set(training, training.step) }
  onBatchEnd(): void { if (this.#every === 'step') this.#schedule?.step(undefined) }
  onEpochEnd(training: Training, record: EpochRecord): void {
    if (this.#every === 'step' || !this.#schedule) return
    const value = this.#valueOf(training, record)
    // an abort left validation out: the epoch says nothing
    if (value !== null) this.#schedule.step(value)
  }

  /** What a schedule is given; undefined for those that take nothing. */
  #valueOf(training: Training, record: EpochRecord): number | null | undefined {
    const name = this.#monitor
    if (name === undefined) return undefined
    if (name === byItself) return record.valLoss ?? (training.aborted ? null : record.loss)
    return monitored('LearningRateScheduler', name, record, training)
  }

  #set({ optimizer }: Training, at: number): void {
    if (!this.#rate) return
    const lr = this.#rate(at, this.#initial!)
    if (!(lr >= 0 && lr < Infinity))
      throw new DataError(
        `LearningRateScheduler: the rate for ${this.#every} ${at} is ${lr}; it must be a number from 0`,
      )
    optimizer.lr = lr
  }

  stateDict(): unknown { return { initial: this.#initial, schedule: this.#schedule?.stateDict() ?? null } }
  loadStateDict({ initial, schedule }: { initial: number; schedule: unknown }): void {
    this.#initial = initial
    if (schedule !== null) this.#schedule?.loadStateDict(schedule)
  }
}
