import { checkOptions } from '../../util/options.ts'
import { DataError } from '../../util/errors.ts'
import type { Callback, Training } from '../callback.ts'

/** From the epoch (from 1) or step (from 0) that comes, and the rate it began with, to the learning rate. */
export type Rate = (at: number, initial: number) => number

/**
 * Sets the learning rate before each epoch, or before each step.
 * @example new LearningRateScheduler((epoch, lr) => lr * 0.9 ** (epoch - 1))
 * @example new LearningRateScheduler((step, lr) => lr * Math.min(1, (step + 1) / 500), { every: 'step' })
 */
export class LearningRateScheduler implements Callback {
  readonly #rate: Rate
  readonly #every: 'epoch' | 'step'
  #initial: number | null = null

  constructor(rate: Rate, options: { every?: 'epoch' | 'step' } = {}) {
    checkOptions('LearningRateScheduler', options, { every: true })
    const { every = 'epoch' } = options
    this.#rate = rate
    this.#every = every
  }

  onTrainBegin({ optimizer }: Training): void { this.#initial ??= optimizer.lr }
  onEpochBegin(training: Training): void { if (this.#every === 'epoch') this.#set(training, training.epoch) }
  onBatchBegin(training: Training): void { if (this.#every === 'step') this.#set(training, training.step) }

  #set({ optimizer }: Training, at: number): void {
    const lr = this.#rate(at, this.#initial!)
    if (!(lr >= 0 && lr < Infinity))
      throw new DataError(
        `LearningRateScheduler: the rate for ${this.#every} ${at} is ${lr}; it must be a number from 0`,
      )
    optimizer.lr = lr
  }

  stateDict(): unknown { return this.#initial }
  loadStateDict(initial: number): void { this.#initial = initial }
}
