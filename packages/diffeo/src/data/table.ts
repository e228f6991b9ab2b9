/** @file A table: columns by name, of numbers or of strings. */
import { tensor, type Tensor } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'
import { nearest, whatIs } from '../util/options.ts'
import type { FormatError, Skips } from './formats/error.ts'
import type { NdArray } from './ndarray.ts'

export type ColumnType = 'number' | 'string'
/** Numbers, NaN where one is missing, or strings, null where one is. */
export type Column = Float64Array | readonly (string | null)[]

const isNumeric = (column: Column): column is Float64Array => column instanceof Float64Array
/** What a column of truth values holds, which are 1 and 0. */
const booleans = new Map([['true', 1], ['false', 0]])
const number = /^[ \t]*[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|inf(?:inity)?)[ \t]*$/i
const usual = ['', 'NA', 'N/A', 'NaN', 'nan', 'null', '?']

/** A text as a number, true and false as 1 and 0; undefined: it is none. */
function numberOf(text: string, decimal: string): number | undefined {
  const usual = decimal === '.' ? text : text.includes('.') ? '' : text.replace(decimal, '.')
  return number.test(usual)
    ? Number(usual.replace(/inf(inity)?/i, 'Infinity'))
    : booleans.get(text.trim().toLowerCase())
}

interface Cells {
  readonly missing?: readonly string[]
  readonly types?: Readonly<Record<string, ColumnType>>
  readonly decimal?: string
  readonly file?: string
  readonly skips?: Skips
}

/**
 * Columns of one length, as CSV, JSON lines and Parquet files give them.
 * @example
 * const table = data.parseCsv('x,y,kind\n1,2,a\n3,4,b')
 * table.matrix(['x', 'y']).shape   // [2, 2]
 */
export class Table {
  readonly names: readonly string[]
  readonly length: number
  /** What was left out of the file: the first hundred errors, and how many there were. */
  readonly skipped: readonly FormatError[]
  readonly skippedCount: number
  readonly #columns: ReadonlyMap<string, Column>

  constructor(columns: Readonly<Record<string, Column>> | ReadonlyMap<string, Column>, skips?: Skips) {
    const map = columns instanceof Map ? columns : new Map(Object.entries(columns as Record<string, Column>))
    this.#columns = map
    this.names = [...map.keys()]
    this.length = map.size > 0 ? map.get(this.names[0])!.length : 0
    this.skipped = skips?.errors ?? []
    this.skippedCount = skips?.count ?? 0
    for (const [name, { length }] of map) {
      if (length !== this.length)
        throw new DataError(`Table: column '${name}' has ${length} rows, '${this.names[0]}' has ${this.length}`)
    }
  }

  /** @internal Of texts, whose types are found out. */
  static fromCells(names: readonly string[], rows: readonly (readonly string[])[], options: Cells = {}): Table {
    const { types = {}, decimal = '.', file = 'Table', skips } = options
    const missing = new Set(options.missing ?? usual)
    const twice = names.find((name, i) => names.indexOf(name) !== i)
    if (twice !== undefined) throw new DataError(`${file}: two columns are called '${twice}'`)
    for (const name of Object.keys(types))
      if (!names.includes(name)) throw new DataError(`${file}: there is no column '${name}', whose type is given`)
    const columns = names.map((name, k): [string, Column] => {
      const numeric = types[name]
        ? types[name] === 'number'
        : rows.some(r => !missing.has(r[k])) &&
          rows.every(r => missing.has(r[k]) || numberOf(r[k], decimal) !== undefined)
      if (!numeric) return [name, rows.map(r => (missing.has(r[k]) ? null : r[k]))]
      return [name, Float64Array.from(rows, (r, i) => {
        if (missing.has(r[k])) return NaN
        const found = numberOf(r[k], decimal)
        if (found !== undefined) return found
        throw new DataError(`${file}: column '${name}', row ${i}: '${r[k]}' is no number`)
      })]
    })
    return new Table(new Map(columns), skips)
  }

  /**
   * Of objects with the same keys: numbers and booleans become numbers, all else texts (as of a CSV file).
   * @example data.Table.fromRows([{ x: 1, kind: 'a' }, { x: 2, kind: null }])
   */
  static fromRows(rows: readonly Readonly<Record<string, unknown>>[], skips?: Skips): Table {
    const names = new Set(rows.flatMap(r => Object.keys(r)))
    const columns = [...names].map((name): [string, Column] => {
      const values = rows.map(r => r[name] ?? null)
      const numeric = values.every(v => v === null || ['number', 'boolean', 'bigint'].includes(typeof v))
      return [name, numeric
        ? Float64Array.from(values, v => (v === null ? NaN : Number(v)))
        : values.map(v => (v === null ? null : textOf(v)))]
    })
    return new Table(new Map(columns), skips)
  }

  #column(name: string): Column {
    const column = this.#columns.get(name)
    if (column) return column
    const meant = nearest(name, this.names)
    throw new DataError(
      `Table: there is no column '${name}'${meant ? `: did you mean '${meant}'?` : `; there are ${this.names.join(', ')}`}`,
    )
  }
  /** A column as it is. @throws DataError where there is none of the name */
  column(name: string): Column { return this.#column(name) }
  type(name: string): ColumnType { return isNumeric(this.#column(name)) ? 'number' : 'string' }
  /** @throws DataError where the column is one of strings */
  numbers(name: string): Float64Array {
    const column = this.#column(name)
    if (isNumeric(column)) return column
    const text = column.find(v => v !== null)
    throw new DataError(
      `Table: column '${name}' holds texts, as '${text}': ${/^[+-]?\d*,\d+$/.test(text ?? '') ? "where a comma is before the decimals, read it with { decimal: ',' }" : 'encode it with OneHotEncoder or LabelEncoder'}`,
    )
  }
  /** Any column as texts. */
  strings(name: string): (string | null)[] {
    const column = this.#column(name)
    return isNumeric(column) ? Array.from(column, v => (Number.isNaN(v) ? null : String(v))) : [...column]
  }

  #checkRow(index: number): void {
    if (!Number.isInteger(index) || index < 0 || index >= this.length)
      throw new DataError(`Table: there is no row ${index}: there are ${this.length}`)
  }
  row(index: number): Record<string, number | string | null> {
    this.#checkRow(index)
    return Object.fromEntries(this.names.map(name => [name, this.#column(name)[index]]))
  }
  select(names: readonly string[]): Table { return new Table(new Map(names.map(n => [n, this.#column(n)]))) }
  drop(names: readonly string[]): Table {
    names.forEach(n => this.#column(n))
    return this.select(this.names.filter(n => !names.includes(n)))
  }
  /** Some rows, in this order. @throws DataError where there is none of a number @example table.rows([2, 0]) */
  rows(indices: ArrayLike<number>): Table {
    for (let i = 0; i < indices.length; i++) this.#checkRow(indices[i])
    return new Table(new Map(this.names.map(name => {
      const column = this.#column(name)
      return [name, isNumeric(column)
        ? Float64Array.from(indices, i => column[i]) : Array.from(indices, i => column[i])]
    })))
  }

  /** The first rows. @example console.log([...table.head(3).names]) */
  head(count = 5): Table {
    if (!Number.isInteger(count) || count < 0)
      throw new DataError(`Table.head: count is ${count}: expected a whole number from 0 up`)
    return this.rows(Array.from({ length: Math.min(count, this.length) }, (_, i) => i))
  }
  /** The rows for which it is true. @example table.filter(row => Number(row.rooms) > 2) */
  filter(keeps: (row: Record<string, number | string | null>, index: number) => unknown): Table {
    if (typeof keeps !== 'function')
      throw new DataError(`Table.filter: got ${whatIs(keeps)}: expected a function of a row, row => row.x > 2`)
    return this.rows(Array.from({ length: this.length }, (_, i) => i).filter(i => keeps(this.row(i), i)))
  }
  /**
   * The rows without a missing value, or without one in these columns.
   * @example table.dropMissing(['price']), table.dropMissing()
   */
  dropMissing(names: readonly string[] = this.names): Table {
    const columns = names.map(n => this.#column(n))
    const isThere = (v: number | string | null): boolean => v !== null && !Number.isNaN(v)
    return this.rows(Array.from({ length: this.length }, (_, i) => i).filter(i => columns.every(c => isThere(c[i]))))
  }

  /** Columns of numbers as `[rows, columns]`; all such columns, unless they are named. */
  matrix(names: readonly string[] = this.names.filter(n => this.type(n) === 'number')): NdArray<Float32Array> {
    const columns = names.map(n => this.numbers(n))
    const out = new Float32Array(this.length * columns.length)
    columns.forEach((column, k) => { for (let i = 0; i < this.length; i++) out[i * columns.length + k] = column[i] })
    return { data: out, shape: [this.length, columns.length] }
  }
  /** As `matrix`, or a column as `[rows]`. @example table.tensor(['x', 'y']), table.tensor('price') */
  tensor(names?: string | readonly string[]): Tensor {
    if (typeof names === 'string') return tensor(Float32Array.from(this.numbers(names)))
    const { data, shape } = this.matrix(names)
    return tensor(data, { shape })
  }
}

const textOf = (v: unknown): string => (typeof v === 'object' ? JSON.stringify(v) : String(v))
