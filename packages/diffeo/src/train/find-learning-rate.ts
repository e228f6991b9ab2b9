/** @file A learning rate to begin with, from one short run. */
import { randomState, setRandomState } from '../tensor/internal.ts'
import { DataError } from '../util/errors.ts'
import { batchesOf, type BatchOf, type Data } from './batches.ts'
import type { Model } from './contract.ts'
import { inMode } from './modes.ts'
import { checkFit, type FitOptions } from './options.ts'
import { Pace } from './pace.ts'
import { trainStep } from './step.ts'

export interface RateRange {
  /** The first rate: 1e-7. */
  from?: number
  /** The last one: 10. */
  to?: number
  /** Steps from one to the other: 100. */
  steps?: number
}

export interface RateSearch {
  readonly rates: readonly number[]
  /** At each rate, smoothed. */
  readonly losses: readonly number[]
  /** Where the loss fell most steeply, and at most a tenth of where it was least: beyond, it is about to run off. */
  readonly suggestion: number
}

const smoothing = 0.9
/** The first means are of too few losses to say anything. */
const unsteady = 5
/** Of the rate at which the loss was least. */
const margin = 10
/** So many times the least loss: it has run off. */
const runaway = 4

/**
 * Trains with a rate that grows by the same factor each step, until the loss runs off, and says which rate is
 * well before that. Model, optimizer and random numbers are put back as they were. Source: L. N. Smith, "Cyclical
 * learning rates for training neural networks" (2017).
 * @param options - as of `fit`, without epochs; `range`: `from` (1e-7), `to` (10), `steps` (100)
 * @throws DataError where the loss does not fall at any rate
 * @example
 * const { suggestion } = await train.findLearningRate(model, loader, { loss: nn.crossEntropy, optimizer })
 * optimizer.lr = suggestion
 */
export async function findLearningRate<M extends Model, D extends Data<any>>(
  model: M, data: D, options: Omit<FitOptions<M, BatchOf<D>>, 'epochs'> & { range?: RateRange },
): Promise<RateSearch> {
  const { range: { from = 1e-7, to = 10, steps = 100 } = {}, ...rest } = options
  const given = { ...rest, epochs: 1 } as FitOptions<any, any>
  checkFit(model, given)
  if (!(from > 0 && from < to && Number.isSafeInteger(steps) && steps > 2 * unsteady))
    throw new DataError(
      `findLearningRate: ${steps} steps from ${from} to ${to}: expected 0 < from < to, and more than ${2 * unsteady} steps`,
    )
  const batches = batchesOf<any>(
    data,
    { batchSize: given.batchSize, shuffle: true, seed: given.seed },
    'findLearningRate',
  )
  const { optimizer } = given
  const [weights, state, random] = [model.stateDict(), optimizer.stateDict(), randomState()]
  try {
    return await inMode(model, 'train', async () => {
      const { run } = trainStep(model, { ...given, metrics: [] }, null, null)
      const search = new Search()
      const pace = new Pace()
      for (let step = 0; step < steps;) {
        const before = step
        for await (const batch of batches) {
          const rate = from * (to / from) ** (step / (steps - 1))
          optimizer.lr = rate
          if (!search.add(rate, await run(batch).scalars.loss.item()) || ++step === steps) return search.result()
          await pace.breathe()
        }
        if (step === before) throw new DataError('findLearningRate: the loader gave no batch')
      }
      return search.result()
    })
  } finally {
    model.loadStateDict(weights)
    optimizer.loadStateDict(state)
    setRandomState(random)
  }
}

class Search {
  readonly #rates: number[] = []
  readonly #losses: number[] = []
  #mean = 0

  /** Whether to go on. */
  add(rate: number, loss: number): boolean {
    this.#mean = smoothing * this.#mean + (1 - smoothing) * loss
    // the mean began at 0
    const smooth = this.#mean / (1 - smoothing ** (this.#rates.length + 1))
    if (!Number.isFinite(smooth) || smooth > runaway * Math.min(...this.#losses, Infinity)) return false
    this.#rates.push(rate)
    this.#losses.push(smooth)
    return true
  }

  result(): RateSearch {
    const [rates, losses] = [this.#rates, this.#losses]
    // rates grow by a factor: differences are slopes over their logarithm
    const least = losses.reduce((best, loss, i) => (i >= unsteady && !(loss >= losses[best]) ? i : best), unsteady)
    let steepest = -1
    for (let i = unsteady; i < least; i++) {
      const slope = losses[i + 1] - losses[i]
      if (slope < 0 && (steepest < 0 || slope < losses[steepest + 1] - losses[steepest])) steepest = i
    }
    if (steepest < 0) {
      throw new DataError(
        `findLearningRate: the loss did not fall at any of ${rates.length} rates: from a lower one, range: { from: 1e-9 }?`,
      )
    }
    return { rates, losses, suggestion: Math.min(rates[steepest], rates[least] / margin) }
  }
}
