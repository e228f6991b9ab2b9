/** @file A rate that goes up and down between two bounds. */
import { DataError } from '../../util/errors.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { checkCount, checkMomentum, checkNumber, perGroup, Schedule, type Scheduled } from './schedule.ts'

export interface CyclicOptions {
  /** How many steps the rate rises, and how many it falls (as many). */
  stepSizeUp?: number
  stepSizeDown?: number
  /** Whether cycles stay as high, halve each time, or shrink by `gamma` each step. */
  mode?: 'triangular' | 'triangular2' | 'exp_range'
  gamma?: number
  /** The height of a cycle in the place of `mode`: of the number of the cycle, from 1, or of the step. */
  scaleFn?: (x: number) => number
  scaleMode?: 'cycle' | 'iterations'
  /** Whether momentum (or β₁) goes the other way. */
  cycleMomentum?: boolean
  baseMomentum?: number
  maxMomentum?: number
}

const optionNames: Names<CyclicOptions> = {
  stepSizeUp: true, stepSizeDown: true, mode: true, gamma: true, scaleFn: true, scaleMode: true, cycleMomentum: true,
  baseMomentum: true, maxMomentum: true,
}

/** The height of a cycle, by the number of the cycle and that of the step. */
function scaleOf(options: CyclicOptions): (cycle: number, step: number) => number {
  const { mode = 'triangular', gamma = 1, scaleFn, scaleMode = 'cycle' } = options
  if (scaleFn) return (cycle, step) => scaleFn(scaleMode === 'cycle' ? cycle : step)
  if (mode === 'triangular') return () => 1
  if (mode === 'triangular2') return cycle => 2 ** (1 - cycle)
  if (mode === 'exp_range') return (_, step) => gamma ** step
  throw new DataError(`CyclicLR: mode is '${mode as string}': expected triangular, triangular2 or exp_range`)
}

/**
 * The rate rises on a line from `baseLr` to `maxLr` over `stepSizeUp` (2000) calls of `step`, one a batch, falls back
 * over `stepSizeDown`, and so on; momentum goes the other way between `maxMomentum` (0.9) and `baseMomentum` (0.8). The
 * bounds are of all groups, or of each. Smith, "Cyclical Learning Rates for Training Neural Networks" (2017).
 * @example new optim.CyclicLR(optimizer, 0.001, 0.1, { stepSizeUp: 500, mode: 'triangular2' })
 */
export class CyclicLR extends Schedule {
  readonly #lowest: readonly number[]
  readonly #highest: readonly number[]
  readonly #up: number
  readonly #total: number
  readonly #scale: (cycle: number, step: number) => number
  readonly #momenta: readonly [number, number] | null

  constructor(
    optimizer: Scheduled,
    baseLr: number | readonly number[],
    maxLr: number | readonly number[],
    options: CyclicOptions = {},
  ) {
    super(optimizer)
    this.#lowest = perGroup('CyclicLR: baseLr, the second argument,', baseLr, this.groups)
    this.#highest = perGroup('CyclicLR: maxLr, the third argument,', maxLr, this.groups)
    checkOptions('CyclicLR', options, optionNames)
    const { stepSizeUp = 2000, stepSizeDown = stepSizeUp, cycleMomentum = true } = options
    this.#up = checkCount('CyclicLR: stepSizeUp', stepSizeUp)
    this.#total = this.#up + checkCount('CyclicLR: stepSizeDown', stepSizeDown)
    checkNumber('CyclicLR: gamma', options.gamma ?? 1)
    this.#scale = scaleOf(options)
    if (cycleMomentum) checkMomentum('CyclicLR', this.groups)
    this.#momenta = cycleMomentum ? [options.baseMomentum ?? 0.8, options.maxMomentum ?? 0.9] : null
    this.apply()
  }

  /** How far a step is from the lower bound to the upper, 1 being all the way. */
  #height(step: number): number {
    const cycle = Math.floor(1 + step / this.#total)
    const at = step - (cycle - 1) * this.#total
    const part = at <= this.#up ? at / this.#up : (this.#total - at) / (this.#total - this.#up)
    return part * this.#scale(cycle, step)
  }

  override rate(epoch: number, _base: number, group: number): number {
    return this.#lowest[group] + (this.#highest[group] - this.#lowest[group]) * this.#height(epoch)
  }
  override momentum(epoch: number): number | null {
    if (!this.#momenta) return null
    const [low, high] = this.#momenta
    return high - (high - low) * this.#height(epoch)
  }
}
