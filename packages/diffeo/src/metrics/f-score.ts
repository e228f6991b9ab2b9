/** @file Scores of classes, all from how often each is taken rightly, wrongly and missed. */
import { DataError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import { taskNames } from './classes.ts'
import { Score, type Average, type AverageOptions, type Counts } from './counts.ts'

type Quotient = readonly [number, number]

/**
 * Of what was taken for a class, the part that is of it: hit/(hit + wrong). 0/0 is `zeroDivision` (0).
 * @example new metrics.Precision({ average: 'micro' })
 */
export class Precision<A extends Average = 'macro'> extends Score<A> {
  readonly name = 'precision'
  readonly higherIsBetter = true
  constructor(options: AverageOptions<A> = {}) { super(options, 'Precision') }
  protected override quotient({ hit, wrong }: Counts): Quotient { return [hit, hit + wrong] }
}

/**
 * Of what is of a class, the part that was taken for it: hit/(hit + missed). 0/0 is `zeroDivision` (0).
 * @example new metrics.Recall({ task: 'multilabel', average: 'none' })
 */
export class Recall<A extends Average = 'macro'> extends Score<A> {
  readonly name = 'recall'
  readonly higherIsBetter = true
  constructor(options: AverageOptions<A> = {}) { super(options, 'Recall') }
  protected override quotient({ hit, missed }: Counts): Quotient { return [hit, hit + missed] }
}

/**
 * Of what is not of a class, the part that was not taken for it: rest/(rest + wrong), the recall of all the others.
 * @example new metrics.Specificity()
 */
export class Specificity<A extends Average = 'macro'> extends Score<A> {
  readonly name = 'specificity'
  readonly higherIsBetter = true
  constructor(options: AverageOptions<A> = {}) { super(options, 'Specificity') }
  protected override quotient({ rest, wrong }: Counts): Quotient { return [rest, rest + wrong] }
}

/**
 * The harmonic mean of precision and recall: 2·hit/(2·hit + wrong + missed).
 * @example new metrics.F1({ average: 'weighted' })
 */
export class F1<A extends Average = 'macro'> extends Score<A> {
  readonly name: string = 'f1'
  readonly higherIsBetter: boolean = true
  constructor(options: AverageOptions<A> = {}, of = 'F1') { super(options, of) }
  protected override quotient({ hit, wrong, missed }: Counts): Quotient { return [2 * hit, 2 * hit + wrong + missed] }
}

/**
 * The overlap of what is of a class and what was taken for it: 2·|A∩B|/(|A| + |B|), the same number as `F1`, by the
 * name that segmentation has for it. Outputs `[N, C, H, W]`, targets `[N, H, W]`.
 * @example new metrics.Dice({ average: 'none' })
 */
export class Dice<A extends Average = 'macro'> extends F1<A> {
  override readonly name = 'dice'
  constructor(options: AverageOptions<A> = {}) { super(options, 'Dice') }
}

/**
 * Intersection over union (IoU): hit/(hit + wrong + missed). The mean IoU of segmentation is its macro average, of
 * outputs `[N, C, H, W]` against `[N, H, W]`.
 * @example new metrics.Jaccard({ task: 'multiclass' })
 */
export class Jaccard<A extends Average = 'macro'> extends Score<A> {
  readonly name = 'jaccard'
  readonly higherIsBetter = true
  constructor(options: AverageOptions<A> = {}) { super(options, 'Jaccard') }
  protected override quotient({ hit, wrong, missed }: Counts): Quotient { return [hit, hit + wrong + missed] }
}

export interface FBetaOptions<A extends Average = Average> extends AverageOptions<A> {
  /** How many times as much recall counts as precision: 1 unless it is said, which is `F1`. */
  beta?: number
}

/**
 * (1 + β²)·hit/((1 + β²)·hit + β²·missed + wrong): precision and recall, recall β times as important.
 * @example new metrics.FBeta({ beta: 2 })
 */
export class FBeta<A extends Average = 'macro'> extends Score<A> {
  readonly name = 'fBeta'
  readonly higherIsBetter = true
  readonly #square: number
  constructor(options: FBetaOptions<A> = {}) {
    checkOptions('FBeta', options, { ...taskNames, average: true, zeroDivision: true, beta: true })
    const { beta = 1, ...rest } = options
    if (!(beta > 0)) throw new DataError(`FBeta: beta is ${beta}: it must be above 0`)
    super(rest, 'FBeta')
    this.#square = beta ** 2
  }
  protected override quotient({ hit, wrong, missed }: Counts): Quotient {
    const both = (1 + this.#square) * hit
    return [both, both + this.#square * missed + wrong]
  }
}
