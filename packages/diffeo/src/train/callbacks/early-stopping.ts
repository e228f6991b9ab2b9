import type { Tensor } from '../../tensor/index.ts'
import { checkOptions } from '../../util/options.ts'
import type { Callback, Training } from '../callback.ts'
import type { EpochRecord } from '../history.ts'
import { monitored, signOf } from './monitor.ts'

export interface EarlyStoppingOptions {
  /** What to look at: 'valLoss'. */
  monitor?: string
  /** Epochs without a better value before it stops: 3. */
  patience?: number
  /** What counts as better: at least so much. */
  minDelta?: number
  /** Whether less or more is better; what the metric says, if not given. */
  mode?: 'min' | 'max'
  /** Whether the weights of the best epoch are put back: true. */
  restoreBest?: boolean
}

interface Best { readonly value: number; readonly epoch: number; readonly weights: Record<string, Tensor> | null }

/**
 * Ends training once a value no longer gets better. @example new EarlyStopping({ monitor: 'valAccuracy', patience: 5 })
 */
export class EarlyStopping implements Callback {
  readonly monitor: string
  readonly patience: number
  readonly #minDelta: number
  readonly #mode: 'min' | 'max' | undefined
  #sign: 1 | -1 = 1
  readonly #restoreBest: boolean
  #best: Best = { value: Infinity, epoch: 0, weights: null }

  constructor(options: EarlyStoppingOptions = {}) {
    checkOptions('EarlyStopping', options, {
      monitor: true, patience: true, minDelta: true, mode: true, restoreBest: true,
    })
    const { monitor = 'valLoss', patience = 3, minDelta = 0, mode, restoreBest = true } = options
    this.monitor = monitor
    this.patience = patience
    this.#minDelta = minDelta
    this.#mode = mode
    this.#restoreBest = restoreBest
  }

  /** The epoch that was best so far; 0 before the first. */
  get bestEpoch(): number { return this.#best.epoch }

  /** A run that had stopped, and is resumed, is over still. */
  onTrainBegin(training: Training): void {
    this.#sign = signOf('EarlyStopping', this.monitor, this.#mode, training)
    if (this.#best.epoch > 0) this.#stopIfOver(training, training.history.last?.epoch ?? 0)
  }
  onEpochEnd(training: Training, record: EpochRecord): void {
    const found = monitored('EarlyStopping', this.monitor, record, training)
    if (found === null) return
    const value = found * this.#sign
    if (value < this.#best.value - this.#minDelta) {
      this.#best = { value, epoch: record.epoch, weights: this.#restoreBest ? training.model.stateDict() : null }
    } else {
      this.#stopIfOver(training, record.epoch)
    }
  }
  #stopIfOver(training: Training, epoch: number): void {
    if (epoch - this.#best.epoch < this.patience) return
    training.stop(
      `${this.monitor} did not get better for ${this.patience} epochs; the best was epoch ${this.#best.epoch}`,
    )
  }
  onTrainEnd(training: Training): void {
    const { weights } = this.#best
    if (weights && !training.aborted && this.#best.epoch < (training.history.last?.epoch ?? 0))
      training.model.loadStateDict(weights)
  }

  stateDict(): Best { return this.#best }
  loadStateDict(state: Best): void { this.#best = state }
}
