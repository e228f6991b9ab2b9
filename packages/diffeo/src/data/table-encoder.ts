/** @file A table as one tensor of features: numbers filled up and scaled, categories as 0 and 1. */
import { concat, tensor, type Tensor } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import { OneHotEncoder } from './encoders.ts'
import { SimpleImputer } from './imputer.ts'
import { MinMaxScaler, RobustScaler, StandardScaler } from './scaler.ts'
import { jsonOf, jsonTensor, type FittedState } from './state.ts'
import type { Table } from './table.ts'

export interface TableEncoderOptions {
  /** Columns of numbers; all such columns, but for those left out and those that are categories. */
  numbers?: readonly string[]
  /** Columns of categories, of texts or of numbers; all columns of texts. */
  categories?: readonly string[]
  /** Columns that are no features: the target, a name. */
  leaveOut?: readonly string[]
  /** What stands for a missing number; 'median'. */
  impute?: 'mean' | 'median' | 'mostFrequent'
  /** 'standard', unless it is given; null: as they are. */
  scale?: 'standard' | 'minMax' | 'robust' | null
  /** What to do about a category that fit did not see: its columns are 0, or it is an error; 'ignore'. */
  handleUnknown?: 'error' | 'ignore'
}

const scalers = { standard: StandardScaler, minMax: MinMaxScaler, robust: RobustScaler }

/**
 * Features of tables, by what was fitted to the training table: `[rows, features]`.
 * @throws DataError where a column is missing, or holds texts and was named as numbers
 * @example
 * const encoder = new data.TableEncoder({ leaveOut: ['price'] }).fit(train)
 * const [x, y] = [encoder.transform(train), train.tensor('price')]
 * await save('encoder.safetensors', encoder.stateDict())
 */
export class TableEncoder {
  readonly #options: TableEncoderOptions
  #columns: { readonly numbers: readonly string[]; readonly categories: readonly string[] } | null = null
  readonly #imputer: SimpleImputer
  readonly #scaler: StandardScaler | MinMaxScaler | RobustScaler | null
  readonly #encoder: OneHotEncoder

  constructor(options: TableEncoderOptions = {}) {
    checkOptions('TableEncoder', options,
      { numbers: true, categories: true, leaveOut: true, impute: true, scale: true, handleUnknown: true })
    const { impute = 'median', scale = 'standard', handleUnknown = 'ignore' } = options
    if (scale !== null && !Object.hasOwn(scalers, scale))
      throw new DataError(
        `TableEncoder: scale is '${String(scale)}': expected ${Object.keys(scalers).join(', ')} or null`,
      )
    this.#options = options
    this.#imputer = new SimpleImputer({ strategy: impute })
    this.#scaler = scale === null ? null : new scalers[scale]()
    this.#encoder = new OneHotEncoder({ handleUnknown })
  }

  fit(table: Table): this {
    const { leaveOut = [], categories = table.names.filter(n => table.type(n) === 'string' && !leaveOut.includes(n)) } =
      this.#options
    const {
      numbers = table.names.filter(n => table.type(n) === 'number' && !leaveOut.includes(n) && !categories.includes(n)),
    } = this.#options
    if (numbers.length + categories.length === 0) throw new DataError('TableEncoder.fit: there are no columns left')
    this.#columns = { numbers, categories }
    if (numbers.length > 0) {
      const filled = this.#imputer.fitTransform(table.tensor(numbers))
      this.#scaler?.fit(filled)
    }
    if (categories.length > 0) this.#encoder.fit(table.select(categories))
    return this
  }

  #fitted(op: string) {
    if (!this.#columns)
      throw new DataError(`TableEncoder.${op}: nothing was fitted: call fit(table) with the training table first`)
    return this.#columns
  }
  /** What each feature is: a column's name, or 'city=Rome'. */
  get featureNames(): string[] {
    const { numbers, categories } = this.#fitted('featureNames')
    return [...numbers, ...categories.length > 0 ? this.#encoder.featureNames : []]
  }
  transform(table: Table): Tensor {
    const { numbers, categories } = this.#fitted('transform')
    const parts: Tensor[] = []
    if (numbers.length > 0) {
      const filled = this.#imputer.transform(table.tensor(numbers))
      parts.push(this.#scaler ? this.#scaler.transform(filled) : filled)
    }
    if (categories.length > 0) {
      const { data, shape } = this.#encoder.transform(table.select(categories))
      parts.push(tensor(data, { shape }))
    }
    return parts.length === 1 ? parts[0] : concat(parts, 1)
  }
  fitTransform(table: Table): Tensor { return this.fit(table).transform(table) }

  /** What was fitted, to be saved with the model. */
  stateDict(): FittedState {
    const columns = this.#fitted('stateDict')
    const parts = {
      imputer: columns.numbers.length > 0 ? this.#imputer.stateDict() : {},
      scaler: columns.numbers.length > 0 && this.#scaler ? this.#scaler.stateDict() : {},
      encoder: columns.categories.length > 0 ? this.#encoder.stateDict() : {},
    }
    const named = Object.entries(parts).flatMap(([part, state]) =>
      Object.entries(state).map(([name, value]) => [`${part}.${name}`, value] as const))
    return { columns: jsonTensor(columns), ...Object.fromEntries(named) }
  }
  loadStateDict(state: Readonly<Record<string, Tensor>>): void {
    const columns = jsonOf<{ numbers: string[]; categories: string[] }>('TableEncoder.loadStateDict', state, 'columns')
    const part = (prefix: string): Record<string, Tensor> =>
      Object.fromEntries(
        Object.entries(state)
          .filter(([name]) => name.startsWith(prefix))
          .map(([name, value]) => [name.slice(prefix.length), value]),
      )
    if (columns.numbers.length > 0) {
      this.#imputer.loadStateDict(part('imputer.'))
      this.#scaler?.loadStateDict(part('scaler.'))
    }
    if (columns.categories.length > 0) this.#encoder.loadStateDict(part('encoder.'))
    this.#columns = columns
  }
}
