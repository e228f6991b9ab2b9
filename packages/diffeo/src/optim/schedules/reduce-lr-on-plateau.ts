/** @file A rate that falls when a metric stops getting better. */
import { DataError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import { groupsOf, perGroup, type Scheduled, type ScheduledGroup } from './schedule.ts'

export interface PlateauOptions {
  /** Whether less or more is better. */
  mode?: 'min' | 'max'
  factor?: number
  /** How many epochs without progress are borne. */
  patience?: number
  /** What counts as progress. */
  threshold?: number
  thresholdMode?: 'rel' | 'abs'
  /** How many epochs to wait after a fall. */
  cooldown?: number
  /** The least rate, of all groups or of each. */
  minLr?: number | readonly number[]
  /** A smaller change of the rate is not made. */
  eps?: number
}
export interface PlateauState {
  readonly best: number | null
  readonly bad: number
  readonly cooling: number
  readonly rates: readonly number[]
}

const defaults: Required<PlateauOptions> = {
  mode: 'min', factor: 0.1, patience: 10, threshold: 1e-4, thresholdMode: 'rel', cooldown: 0, minLr: 0, eps: 1e-8,
}

/**
 * lr ← max(factor · lr, minLr) once the metric has not got better for more than `patience` epochs.
 * @example schedule.step(await validationLoss.item())
 */
export class ReduceLROnPlateau {
  readonly #groups: readonly ScheduledGroup[]
  readonly #options: Required<PlateauOptions>
  readonly #least: readonly number[]
  #best: number | null = null
  #bad = 0
  #cooling = 0

  constructor(optimizer: Scheduled, options: PlateauOptions = {}) {
    this.#groups = groupsOf('ReduceLROnPlateau', optimizer)
    const names: Record<string, true> = Object.fromEntries(Object.keys(defaults).map(key => [key, true]))
    checkOptions<object>('ReduceLROnPlateau', options, names)
    this.#options = { ...defaults, ...options }
    this.#least = perGroup('ReduceLROnPlateau: minLr', this.#options.minLr, this.#groups)
    if (!(this.#options.factor < 1))
      throw new DataError(`ReduceLROnPlateau: factor is ${this.#options.factor}, and must be below 1`)
  }

  /** Whether less or more is better. */
  get mode(): 'min' | 'max' { return this.#options.mode }

  #isBetter(value: number): boolean {
    if (this.#best === null) return !Number.isNaN(value)
    const { mode, threshold, thresholdMode } = this.#options
    const margin = thresholdMode === 'rel' ? threshold * this.#best : threshold
    return mode === 'min' ? value < this.#best - margin : value > this.#best + margin
  }

  /** Takes the metric of an epoch. */
  step(metric: number): void {
    if (typeof metric !== 'number')
      throw new DataError('ReduceLROnPlateau.step takes the metric as a number: write schedule.step(await loss.item())')
    const { patience, cooldown, factor, eps } = this.#options
    const better = this.#isBetter(metric)
    if (better) this.#best = metric
    this.#bad = better ? 0 : this.#bad + 1
    if (this.#cooling > 0) {
      this.#cooling--
      this.#bad = 0
    }
    if (this.#bad <= patience) return
    this.#cooling = cooldown
    this.#bad = 0
    this.#groups.forEach((group, i) => {
      const lr = Math.max(group.lr * factor, this.#least[i])
      if (group.lr - lr > eps) group.lr = lr
    })
  }

  stateDict(): PlateauState {
    return { best: this.#best, bad: this.#bad, cooling: this.#cooling, rates: this.#groups.map(g => g.lr) }
  }
  loadStateDict({ best, bad, cooling, rates }: PlateauState): void {
    if (rates.length !== this.#groups.length)
      throw new DataError(
        `ReduceLROnPlateau.loadStateDict: the state is of ${rates.length} groups, the optimizer has ${this.#groups.length}`,
      )
    this.#best = best
    this.#bad = bad
    this.#cooling = cooling
    this.#groups.forEach((group, i) => { group.lr = rates[i] })
  }
}
