/** @file Precision, recall, and their harmonic mean, all from the confusion matrix. */
import type { Tensor } from '../tensor/index.ts'
import { checkOptions } from '../util/options.ts'
import { taskNames, type TaskOptions } from './classes.ts'
import { ConfusionMatrix } from './confusion-matrix.ts'
import { ratio, type Metric } from './metric.ts'

export interface AverageOptions extends TaskOptions {
  /**
   * Of multiclass scores: 'macro' is their mean over the classes that occur, 'weighted' that by how often each occurs,
   * 'micro' counts all classes together. Binary scores are those of class 1.
   */
  average?: 'macro' | 'micro' | 'weighted'
}

/** Right positives, wrong positives, wrong negatives of a class. */
interface Counts { readonly hit: number; readonly wrong: number; readonly missed: number }

function countsOf(matrix: readonly (readonly number[])[], c: number): Counts {
  const hit = matrix[c][c]
  const predicted = matrix.reduce((n, row) => n + row[c], 0)
  const actual = matrix[c].reduce((n, x) => n + x, 0)
  return { hit, wrong: predicted - hit, missed: actual - hit }
}

abstract class Score implements Metric {
  abstract readonly name: string
  readonly #average: 'macro' | 'micro' | 'weighted'
  readonly #matrix: ConfusionMatrix
  /** Whether outputs are single numbers. */
  #isBinary: boolean

  constructor(options: AverageOptions, of: string) {
    checkOptions(of, options, { ...taskNames, average: true })
    const { average = 'macro', ...task } = options
    this.#average = average
    this.#isBinary = task.task === 'binary'
    this.#matrix = new ConfusionMatrix(task, of)
  }
  /** @internal */
  protected abstract score(counts: Counts): number

  update(output: Tensor, target: Tensor): void {
    this.#matrix.update(output, target)
    this.#isBinary ||= output.rank === 1 || output.shape[1] === 1
  }
  async compute(): Promise<number> {
    const matrix = await this.#matrix.compute()
    if (this.#isBinary) return this.score(countsOf(matrix, 1))
    const counts = matrix.map((_, c) => countsOf(matrix, c))
    if (this.#average === 'micro') {
      const total = (key: keyof Counts): number => counts.reduce((n, c) => n + c[key], 0)
      return this.score({ hit: total('hit'), wrong: total('wrong'), missed: total('missed') })
    }
    const weight = ({ hit, wrong, missed }: Counts): number =>
      this.#average === 'weighted' ? hit + missed : Number(hit + wrong + missed > 0)
    return ratio(counts.reduce((s, c) => s + weight(c) * this.score(c), 0), counts.reduce((s, c) => s + weight(c), 0))
  }
  reset(): void { this.#matrix.reset() }
}

/**
 * Of what was taken for a class, the part that is of it; 0 where nothing was. @example new metrics.Precision({ average:
 * 'micro' })
 */
export class Precision extends Score {
  readonly name = 'precision'
  constructor(options: AverageOptions = {}) { super(options, 'Precision') }
  protected override score({ hit, wrong }: Counts): number { return ratio(hit, hit + wrong) }
}

/** Of what is of a class, the part that was taken for it; 0 where there is nothing. */
export class Recall extends Score {
  readonly name = 'recall'
  constructor(options: AverageOptions = {}) { super(options, 'Recall') }
  protected override score({ hit, missed }: Counts): number { return ratio(hit, hit + missed) }
}

/** The harmonic mean of precision and recall: 2·hit/(2·hit + wrong + missed). */
export class F1 extends Score {
  readonly name = 'f1'
  constructor(options: AverageOptions = {}) { super(options, 'F1') }
  protected override score({ hit, wrong, missed }: Counts): number { return ratio(2 * hit, 2 * hit + wrong + missed) }
}
