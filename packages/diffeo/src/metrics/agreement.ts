/** @file How far predictions and labels agree, from the confusion matrix. */
import type { Tensor } from '../tensor/index.ts'
import { checkOptions } from '../util/options.ts'
import { checkChoice, taskNames, type Task, type TaskOptions } from './classes.ts'
import { ConfusionMatrix, type ConfusionOptions } from './confusion-matrix.ts'
import { ratio, type Metric, type MetricState } from './metric.ts'

type Matrix = readonly (readonly number[])[]
const sum = (x: readonly number[]): number => x.reduce((s, v) => s + v, 0)
const rowSums = (m: Matrix): number[] => m.map(sum)
const columnSums = (m: Matrix): number[] => m.map((_, c) => sum(m.map(row => row[c])))

abstract class FromMatrix implements Metric {
  abstract readonly name: string
  readonly #matrix: ConfusionMatrix
  constructor(options: TaskOptions, of: string) {
    checkChoice(of, 'task', options.task, ['binary', 'multiclass'])
    this.#matrix = new ConfusionMatrix(options, of)
  }
  /** @internal */
  protected abstract value(matrix: Matrix): number

  update(output: Tensor, target: Tensor): void { this.#matrix.update(output, target) }
  async compute(): Promise<number> { return this.value(await this.#matrix.compute()) }
  reset(): void { this.#matrix.reset() }
  stateDict(): MetricState { return this.#matrix.stateDict() }
  loadStateDict(state: MetricState): void { this.#matrix.loadStateDict(state) }
}

/**
 * The mean recall of the classes that occur as labels: accuracy, were all classes as frequent. Binary: of both classes.
 * @example new metrics.BalancedAccuracy()
 */
export class BalancedAccuracy extends FromMatrix {
  readonly name = 'balancedAccuracy'
  readonly higherIsBetter = true
  constructor(options: TaskOptions = {}) { super(options, 'BalancedAccuracy') }
  protected override value(matrix: Matrix): number {
    const recalls = rowSums(matrix).flatMap((n, c) => (n > 0 ? [matrix[c][c] / n] : []))
    return ratio(sum(recalls), recalls.length)
  }
}

export interface CohenKappaOptions extends TaskOptions {
  /** How bad it is to take class i for class j: |i − j| or its square; if not given, all errors are alike. */
  weights?: 'linear' | 'quadratic'
}

/**
 * κ = 1 − Σ w·observed / Σ w·expected: agreement beyond that of chance (Cohen 1960; weighted 1968). 1 is full
 * agreement, 0 what chance gives; 0 too where only one class occurs, so that chance explains all.
 * @example new metrics.CohenKappa({ weights: 'quadratic' })
 */
export class CohenKappa extends FromMatrix {
  readonly name = 'cohenKappa'
  readonly higherIsBetter = true
  readonly #power: number
  constructor(options: CohenKappaOptions = {}) {
    checkOptions('CohenKappa', options, { ...taskNames, weights: true })
    checkChoice('CohenKappa', 'weights', options.weights, ['linear', 'quadratic'])
    const { weights, ...rest } = options
    super(rest, 'CohenKappa')
    this.#power = weights === 'quadratic' ? 2 : weights === 'linear' ? 1 : 0
  }
  protected override value(matrix: Matrix): number {
    const [rows, columns] = [rowSums(matrix), columnSums(matrix)]
    let [observed, expected] = [0, 0]
    matrix.forEach((row, i) =>
      row.forEach((n, j) => {
        const weight = i === j ? 0 : Math.abs(i - j) ** this.#power
        observed += weight * n
        expected += (weight * rows[i] * columns[j]) / sum(rows)
      }))
    return expected === 0 ? 0 : 1 - observed / expected
  }
}

/**
 * Matthews' correlation of labels and predictions, for several classes Gorodkin's R_K (2004):
 * (c·s − Σ tₖpₖ)/√((s² − Σ pₖ²)(s² − Σ tₖ²)). 0 where all labels or all predictions are of one class. With task
 * 'multilabel' that of all labels of all examples together.
 * @example new metrics.MatthewsCorrelation()
 */
export class MatthewsCorrelation implements Metric {
  readonly name = 'matthews'
  readonly higherIsBetter = true
  readonly #matrix: ConfusionMatrix<Task | 'multilabel'>
  constructor(options: ConfusionOptions = {}) { this.#matrix = new ConfusionMatrix(options, 'MatthewsCorrelation') }

  update(output: Tensor, target: Tensor): void { this.#matrix.update(output, target) }
  async compute(): Promise<number> {
    const found = await this.#matrix.compute() as Matrix | readonly Matrix[]
    const isTables = (m: Matrix | readonly Matrix[]): m is readonly Matrix[] => typeof m[0][0] !== 'number'
    const matrix = isTables(found)
      ? found[0].map((row, i) => row.map((_, j) => sum(found.map(table => table[i][j])))) : found
    const [actual, predicted] = [rowSums(matrix), columnSums(matrix)]
    const all = sum(actual)
    const spread = (x: readonly number[]): number => all ** 2 - sum(x.map(n => n * n))
    const right = sum(matrix.map((row, c) => row[c]))
    const covariance = right * all - sum(actual.map((n, c) => n * predicted[c]))
    return ratio(covariance, Math.sqrt(spread(actual) * spread(predicted)))
  }
  reset(): void { this.#matrix.reset() }
  stateDict(): MetricState { return this.#matrix.stateDict() }
  loadStateDict(state: MetricState): void { this.#matrix.loadStateDict(state) }
}
