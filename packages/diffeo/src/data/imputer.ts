/** @file Missing values, NaN, replaced by what the training data has in their place. */
import { concat, tensor, where, type Tensor } from '../tensor/index.ts'
import { DataError, ShapeError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import { stateOf, type FittedState } from './state.ts'

export interface ImputerOptions {
  /** What stands for a missing value of a feature; 'mean'. */
  strategy?: 'mean' | 'median' | 'mostFrequent' | 'constant'
  /** The value of 'constant'; 0. */
  fillValue?: number
  /** Adds a column for each feature that had missing values in fit: 1 where it was missing. */
  addIndicator?: boolean
}

const rules: Record<string, (sorted: Float64Array, fill: number) => number> = {
  mean: v => v.reduce((a, b) => a + b, 0) / v.length,
  median: v => (v[(v.length - 1) >> 1] + v[v.length >> 1]) / 2,
  constant: (_, fill) => fill,
  // the least of those that are as frequent
  mostFrequent: v => {
    let [best, most] = [NaN, 0]
    for (let i = 0, from = 0; i < v.length; i++) {
      if (i > 0 && v[i] !== v[i - 1]) from = i
      if (i - from + 1 > most) [best, most] = [v[i], i - from + 1]
    }
    return best
  },
}

/**
 * Replaces NaN in `[examples, features]`, feature by feature.
 * @throws DataError where a feature has no value at all
 * @example const imputer = new data.SimpleImputer({ strategy: 'median' }).fit(xTrain); imputer.transform(xTest)
 */
export class SimpleImputer {
  readonly strategy: string
  readonly fillValue: number
  readonly addIndicator: boolean
  #values: Tensor | null = null
  /** Features that had missing values. */
  #marked: readonly number[] = []

  constructor(options: ImputerOptions = {}) {
    checkOptions('SimpleImputer', options, { strategy: true, fillValue: true, addIndicator: true })
    const { strategy = 'mean', fillValue = 0, addIndicator = false } = options
    if (!Object.hasOwn(rules, strategy))
      throw new DataError(`SimpleImputer: strategy is '${strategy}': expected ${Object.keys(rules).join(', ')}`)
    this.strategy = strategy
    this.fillValue = fillValue
    this.addIndicator = addIndicator
  }

  fit(x: Tensor): this {
    if (x.rank !== 2 || x.shape[0] === 0)
      throw new DataError(`SimpleImputer.fit: the input is [${x.shape.join(',')}]: expected [examples, features]`)
    const [rows, features] = x.shape
    const data = x.dataSync()
    const marked: number[] = []
    const values = Float64Array.from({ length: features }, (_, k) => {
      const found = Float64Array.from({ length: rows }, (_, i) => data[i * features + k])
        .filter(v => !Number.isNaN(v))
        .sort()
      if (found.length < rows) marked.push(k)
      if (found.length === 0 && this.strategy !== 'constant')
        throw new DataError(
          `SimpleImputer.fit: feature ${k} has no value in ${rows} examples: leave it out, or use the strategy 'constant'`,
        )
      return rules[this.strategy](found, this.fillValue)
    })
    this.#values = tensor(values, { dtype: x.dtype })
    this.#marked = marked
    return this
  }

  #fitted(op: string): Tensor {
    if (!this.#values)
      throw new DataError(`SimpleImputer.${op}: nothing was fitted: call fit(x) with the training data first`)
    return this.#values
  }
  transform(x: Tensor): Tensor {
    const values = this.#fitted('transform')
    if (x.rank !== 2 || x.shape[1] !== values.shape[0])
      throw new ShapeError(
        `SimpleImputer.transform: the input is [${x.shape.join(',')}], fitted were ${values.shape[0]} features`,
      )
    const missing = x.isNaN()
    const filled = where(missing, values.cast(x.dtype), x)
    if (!this.addIndicator || this.#marked.length === 0) return filled
    const marks = missing.cast(x.dtype).indexSelect(1, tensor(Int32Array.from(this.#marked), { device: x.device }))
    return concat([filled, marks], 1)
  }
  fitTransform(x: Tensor): Tensor { return this.fit(x).transform(x) }

  /** What was fitted, to be saved with the model. */
  stateDict(): FittedState {
    return { values: this.#fitted('stateDict'), marked: tensor(Int32Array.from(this.#marked)) }
  }
  loadStateDict(state: Readonly<Record<string, Tensor>>): void {
    const marked = stateOf('SimpleImputer.loadStateDict', state, 'marked')
    this.#values = stateOf('SimpleImputer.loadStateDict', state, 'values')
    this.#marked = Array.from(marked.dataSync())
  }
}
