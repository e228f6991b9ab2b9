/** @file Classes and categories as numbers, by what was seen when it was fitted. */
import type { Tensor } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'
import { checkOptions, nearest } from '../util/options.ts'
import type { NdArray } from './ndarray.ts'
import { jsonOf, jsonTensor, type FittedState } from './state.ts'
import { Table } from './table.ts'

/** A class or category; null is one of its own. */
export type Category = string | number | null

/** Numbers by size, texts by their code units, null last. */
function inOrder(a: Category, b: Category): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0
}
const sortedSet = (values: Iterable<Category>): Category[] => [...new Set(values)].sort(inOrder)
const listed = (classes: readonly Category[]): string => {
  const shown = classes.slice(0, 8).map(c => (c === null ? 'null' : `'${c}'`)).join(', ')
  return classes.length > 8 ? `${shown}, … (${classes.length})` : shown
}
function unknown(op: string, value: Category, classes: readonly Category[]): DataError {
  const meant = typeof value === 'string' ? nearest(value, classes.filter(c => typeof c === 'string')) : undefined
  return new DataError(
    `${op}: ${value === null ? 'null' : `'${value}'`} was not seen by fit, which saw ${listed(classes)}${meant ? `: did you mean '${meant}'?` : ''}`,
  )
}

/**
 * Classes as 0 … n − 1, in their order.
 * @example
 * const encoder = new data.LabelEncoder().fit(['cat', 'dog', 'cat'])
 * encoder.transform(['dog'])   // Int32Array [1]
 */
export class LabelEncoder {
  #classes: readonly Category[] | null = null
  #places = new Map<Category, number>()

  get classes(): readonly Category[] {
    if (!this.#classes) throw new DataError('LabelEncoder: nothing was fitted: call fit(labels) first')
    return this.#classes
  }
  #set(classes: readonly Category[]): void {
    this.#classes = classes
    this.#places = new Map(classes.map((c, i) => [c, i]))
  }
  fit(labels: Iterable<Category>): this {
    const classes = sortedSet(labels)
    if (classes.length === 0) throw new DataError('LabelEncoder.fit: there are no labels')
    this.#set(classes)
    return this
  }
  /** @throws DataError for a label that was not there */
  transform(labels: Iterable<Category>): Int32Array {
    const { classes } = this
    return Int32Array.from(labels, label => {
      const place = this.#places.get(label)
      if (place === undefined) throw unknown('LabelEncoder.transform', label, classes)
      return place
    })
  }
  fitTransform(labels: readonly Category[]): Int32Array { return this.fit(labels).transform(labels) }
  inverseTransform(places: ArrayLike<number>): Category[] {
    const { classes } = this
    return Array.from(places, place => {
      if (!Number.isInteger(place) || place < 0 || place >= classes.length)
        throw new DataError(`LabelEncoder.inverseTransform: there is no class ${place}: there are ${classes.length}`)
      return classes[place]
    })
  }
  stateDict(): FittedState { return { classes: jsonTensor(this.classes) } }
  loadStateDict(state: Readonly<Record<string, Tensor>>): void {
    this.#set(jsonOf<Category[]>('LabelEncoder.loadStateDict', state, 'classes'))
  }
}

/** Columns of categories: of a table, or one alone. */
export type Categories = Table | readonly Category[]

abstract class CategoryEncoder {
  #columns: readonly { readonly name: string; readonly places: ReadonlyMap<Category, number> }[] | null = null
  readonly #ignore: boolean

  constructor(handleUnknown: 'error' | 'ignore' = 'error') {
    if (handleUnknown !== 'error' && handleUnknown !== 'ignore')
      throw new DataError(
        `${this.constructor.name}: handleUnknown is '${String(handleUnknown)}': expected 'error' or 'ignore'`,
      )
    this.#ignore = handleUnknown === 'ignore'
  }
  #of(data: Categories): [string, readonly Category[]][] {
    if (!(data instanceof Table)) return [['', data]]
    return data.names.map(name => [
      name,
      data.type(name) === 'number' ? Array.from(data.numbers(name)) : data.strings(name),
    ])
  }
  protected get fitted() {
    if (!this.#columns)
      throw new DataError(
        `${this.constructor.name}: nothing was fitted: call fit(categories) with the training data first`,
      )
    return this.#columns
  }
  /** The categories of each column, in their order. */
  get categories(): Category[][] { return this.fitted.map(c => [...c.places.keys()]) }

  fit(data: Categories): this {
    const columns = this.#of(data).map(([name, values]) => [name, sortedSet(values)] as const)
    if (columns.some(([, c]) => c.length === 0)) throw new DataError(`${this.constructor.name}.fit: there are no rows`)
    this.#set(columns)
    return this
  }
  #set(columns: readonly (readonly [string, readonly Category[]])[]): void {
    this.#columns = columns.map(([name, c]) => ({ name, places: new Map(c.map((v, i) => [v, i])) }))
  }
  /** The place of each row's category in each column; −1: it was not seen. */
  protected places(data: Categories): Int32Array[] {
    const { fitted } = this
    const given = this.#of(data)
    if (given.length !== fitted.length || given.some(([name], i) => name !== fitted[i].name)) {
      throw new DataError(
        `${this.constructor.name}.transform: the columns are ${given.map(([n]) => n).join(', ')}, fitted were ${fitted.map(c => c.name).join(', ')}`,
      )
    }
    return given.map(([name, values], k) =>
      Int32Array.from(values, value => {
        const place = fitted[k].places.get(value)
        if (place !== undefined) return place
        if (this.#ignore) return -1
        throw unknown(`${this.constructor.name}.transform${name ? `, column '${name}'` : ''}`, value, [
          ...fitted[k].places.keys(),
        ])
      }),
    )
  }
  stateDict(): FittedState { return { categories: jsonTensor(this.fitted.map(c => [c.name, [...c.places.keys()]])) } }
  loadStateDict(state: Readonly<Record<string, Tensor>>): void {
    this.#set(jsonOf(`${this.constructor.name}.loadStateDict`, state, 'categories'))
  }
}

/**
 * A column of 0 and 1 for each category of each column.
 * @throws DataError for a category that fit did not see, unless `handleUnknown` is 'ignore': then its columns are 0
 * @example
 * const encoder = new data.OneHotEncoder().fit(train.select(['city', 'kind']))
 * const { data: ones, shape } = encoder.transform(test.select(['city', 'kind']))
 * tensor(ones, { shape })
 */
export class OneHotEncoder extends CategoryEncoder {
  constructor(options: { handleUnknown?: 'error' | 'ignore' } = {}) {
    checkOptions('OneHotEncoder', options, { handleUnknown: true })
    super(options.handleUnknown)
  }
  /** A name for each column of the result: 'city=Rome'. */
  get featureNames(): string[] {
    return this.fitted.flatMap(({ name, places }) => [...places.keys()].map(c => (name ? `${name}=${c}` : String(c))))
  }
  transform(data: Categories): NdArray<Float32Array> {
    const places = this.places(data)
    const sizes = this.categories.map(c => c.length)
    const width = sizes.reduce((a, b) => a + b, 0)
    const rows = places[0].length
    const out = new Float32Array(rows * width)
    let from = 0
    places.forEach((column, k) => {
      for (let i = 0; i < rows; i++) if (column[i] >= 0) out[i * width + from + column[i]] = 1
      from += sizes[k]
    })
    return { data: out, shape: [rows, width] }
  }
  fitTransform(data: Categories): NdArray<Float32Array> { return this.fit(data).transform(data) }
}

/**
 * Each category as its place, for embeddings: `[rows, columns]`. What fit did not see is an error, or, with 'ignore',
 * the place behind the last.
 * @example new data.OrdinalEncoder({ handleUnknown: 'ignore'
 * }).fit(train.select(['city'])).transform(test.select(['city']))
 */
export class OrdinalEncoder extends CategoryEncoder {
  constructor(options: { handleUnknown?: 'error' | 'ignore' } = {}) {
    checkOptions('OrdinalEncoder', options, { handleUnknown: true })
    super(options.handleUnknown)
  }
  transform(data: Categories): NdArray<Int32Array> {
    const places = this.places(data)
    const sizes = this.categories.map(c => c.length)
    const rows = places[0].length
    const out = new Int32Array(rows * places.length)
    places.forEach((column, k) => {
      for (let i = 0; i < rows; i++) out[i * places.length + k] = column[i] < 0 ? sizes[k] : column[i]
    })
    return { data: out, shape: [rows, places.length] }
  }
  fitTransform(data: Categories): NdArray<Int32Array> { return this.fit(data).transform(data) }
}
