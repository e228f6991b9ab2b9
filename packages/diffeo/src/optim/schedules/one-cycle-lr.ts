/** @file One rise and one fall of the rate over the whole training, the momentum the other way. */
import { DataError } from '../../util/errors.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { checkCount, checkMomentum, perGroup, Schedule, type Scheduled } from './schedule.ts'

export interface OneCycleOptions {
  /** The number of calls of `step`, or `epochs` and `stepsPerEpoch`. */
  totalSteps?: number
  epochs?: number
  stepsPerEpoch?: number
  /** Part of the cycle in which the rate rises. */
  pctStart?: number
  annealStrategy?: 'cos' | 'linear'
  /** Whether momentum (or β₁) falls while the rate rises. */
  cycleMomentum?: boolean
  baseMomentum?: number
  maxMomentum?: number
  /** The rate begins at maxLr/divFactor … */
  divFactor?: number
  /** … and ends at that/finalDivFactor. */
  finalDivFactor?: number
  /** Whether the fall to the first rate and that to the last are phases of their own. */
  threePhase?: boolean
}

const optionNames: Names<OneCycleOptions> = {
  totalSteps: true, epochs: true, stepsPerEpoch: true, pctStart: true, annealStrategy: true, cycleMomentum: true,
  baseMomentum: true, maxMomentum: true, divFactor: true, finalDivFactor: true, threePhase: true,
}

interface Phase {
  readonly end: number
  readonly lr: readonly [number, number]
  readonly momentum: readonly [number, number]
}

const cosine = (from: number, to: number, part: number): number =>
  to + ((from - to) / 2) * (1 + Math.cos(Math.PI * part))
const linear = (from: number, to: number, part: number): number => from + (to - from) * part

function totalOf({ totalSteps, epochs, stepsPerEpoch }: OneCycleOptions): number {
  if (totalSteps !== undefined) return checkCount('OneCycleLR: totalSteps', totalSteps)
  if (epochs === undefined || stepsPerEpoch === undefined)
    throw new DataError('OneCycleLR: give totalSteps, or epochs and stepsPerEpoch')
  return checkCount('OneCycleLR: epochs', epochs) * checkCount('OneCycleLR: stepsPerEpoch', stepsPerEpoch)
}

/**
 * The rate rises from maxLr/25 to maxLr and falls to far below, over `totalSteps` calls of `step`, one a batch;
 * momentum goes the other way. `maxLr` is the greatest rate of all groups, or of each. Smith & Topin,
 * "Super-convergence" (2018).
 * @example new optim.OneCycleLR(optimizer, 0.1, { epochs: 10, stepsPerEpoch: loader.length })
 */
export class OneCycleLR extends Schedule {
  readonly totalSteps: number
  readonly #phases: readonly (readonly Phase[])[]
  readonly #between: typeof cosine
  readonly #cycles: boolean

  constructor(optimizer: Scheduled, maxLr: number | readonly number[], options: OneCycleOptions = {}) {
    super(optimizer)
    const rates = perGroup('OneCycleLR: maxLr, the second argument,', maxLr, this.groups)
    checkOptions('OneCycleLR', options, optionNames)
    const { pctStart = 0.3, annealStrategy = 'cos', cycleMomentum = true } = options
    this.totalSteps = totalOf(options)
    if (!(pctStart >= 0 && pctStart <= 1))
      throw new DataError(`OneCycleLR: pctStart is ${pctStart}: expected a number from 0 to 1`)
    this.#between = annealStrategy === 'cos' ? cosine : linear
    this.#cycles = cycleMomentum
    if (cycleMomentum) checkMomentum('OneCycleLR', this.groups)
    this.#phases = rates.map(max => phases(max, this.totalSteps, pctStart, options))
    this.apply()
  }

  #at(epoch: number, group: number, what: 'lr' | 'momentum'): number {
    const list = this.#phases[group]
    let start = 0
    for (const [i, phase] of list.entries()) {
      if (epoch <= phase.end || i === list.length - 1) {
        return this.#between(phase[what][0], phase[what][1], (epoch - start) / (phase.end - start))
      }
      start = phase.end
    }
    return NaN
  }

  override rate(epoch: number, _base: number, group: number): number {
    // the last call leads one step beyond the cycle, whose first rate was set without a call: as in PyTorch
    if (epoch > this.totalSteps)
      throw new DataError(`OneCycleLR: step was called more than the ${this.totalSteps} times of the cycle`)
    return this.#at(epoch, group, 'lr')
  }

  override momentum(epoch: number, group: number): number | null {
    return this.#cycles ? this.#at(epoch, group, 'momentum') : null
  }
}

function phases(max: number, total: number, pctStart: number, options: OneCycleOptions): Phase[] {
  const {
    divFactor = 25,
    finalDivFactor = 1e4,
    threePhase = false,
    baseMomentum: low = 0.85,
    maxMomentum: high = 0.95,
  } = options
  const initial = max / divFactor
  const final = initial / finalDivFactor
  const up = pctStart * total - 1
  const rise: Phase = { end: up, lr: [initial, max], momentum: [high, low] }
  if (!threePhase) return [rise, { end: total - 1, lr: [max, final], momentum: [low, high] }]
  return [
    rise,
    { end: 2 * pctStart * total - 2, lr: [max, initial], momentum: [low, high] },
    { end: total - 1, lr: [initial, final], momentum: [high, high] },
  ]
}
