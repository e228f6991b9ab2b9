/** @file What is in a data set: shapes, classes, ranges, missing and outlying values, before anything is trained. */
import { Tensor } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import type { Dataset, IterableDataset } from './dataset.ts'
import { isDataset, isIterableDataset, whyNoDataset } from './dataset.ts'
import type { Skipped } from './loader-state.ts'
import { isNdArray } from './ndarray.ts'
import { permutation } from './random.ts'
import { Table } from './table.ts'

export interface DescribeOptions {
  /** Looks at no more than this many examples, drawn at random by a fixed seed; 10,000. */
  limit?: number
  /** A value is outlying if it lies more than this many quartile ranges outside of the quartiles (Tukey); 3. */
  fence?: number
}

/** What one part of the examples (a column, a place of a tuple, a key) holds. */
export interface PartDescription {
  readonly name: string
  readonly kind: 'numbers' | 'classes' | 'texts'
  /** Shapes that were seen, with how many examples have each; 20 at most. */
  readonly shapes: Readonly<Record<string, number>>
  readonly dtype: string
  /** Of values (elements, where examples are arrays). */
  readonly count: number
  /** NaN, null or undefined. */
  readonly missing: number
  readonly infinite: number
  readonly min: number
  readonly max: number
  readonly mean: number
  readonly std: number
  /** Values far outside of the quartiles (from a sample, where there are very many). */
  readonly outliers: number
  /** Whether all values are one. */
  readonly constant: boolean
  /** Classes or texts that were seen, with how many examples have each, the most frequent first; 1,000 at most. */
  readonly classes: Readonly<Record<string, number>>
}

export interface Description {
  /** Of the data set; NaN where it does not say. */
  readonly length: number
  /** Examples that were looked at. */
  readonly examined: number
  /** Those of them that could not be loaded: the first hundred, with the reasons. */
  readonly failures: readonly Skipped[]
  /** How many could not be loaded. */
  readonly failureCount: number
  readonly parts: readonly PartDescription[]
  /** What should be seen to before training, in words. */
  readonly warnings: readonly string[]
  toString(): string
}

/** What a data set or a table says of what it leaves out of its files. */
interface Leaving {
  readonly leftOut?: readonly string[]
  readonly skipped?: readonly Error[]
  readonly skippedCount?: number
}

/** Elements kept of a part, to find quartiles. */
const sample = 100_000

class Part {
  readonly name: string
  readonly shapes = new Map<string, number>()
  readonly classes = new Map<string, number>()
  #dtype = ''
  #scalars = true
  #texts = false
  #whole = true
  #count = 0
  #missing = 0
  #infinite = 0
  #min = Infinity
  #max = -Infinity
  #mean = 0
  #squares = 0
  #seen = 0
  readonly #values: number[] = []
  /** Takes each of so many, once there are more than are kept. */
  #stride = 1

  constructor(name: string) { this.name = name }

  add(value: unknown): void {
    if (value === null || value === undefined) {
      this.#count++
      this.#missing++
      return
    }
    const array =
      value instanceof Tensor
        ? { data: value.dataSync(), shape: value.shape, dtype: value.dtype as string }
        : isNdArray(value)
          ? value
          : ArrayBuffer.isView(value) && 'length' in value
            ? { data: value as unknown as ArrayLike<number>, shape: [value.length as number] }
            : null
    const shape = array ? array.shape : Array.isArray(value) ? shapeOf(value) : []
    count(this.shapes, `[${shape.join(',')}]`, 20)
    this.#scalars &&= shape.length === 0
    this.#dtype ||= array ? array.dtype ?? array.data.constructor.name.replace('Array', '').toLowerCase() : typeof value
    if (typeof value === 'string') this.#text(value)
    else if (array) for (let i = 0; i < array.data.length; i++) this.#number(array.data[i])
    else for (const v of [value].flat(Infinity)) this.#number(Number(v))
    if (shape.length === 0 && typeof value !== 'string') {
      const number = Number(array ? array.data[0] : value)
      this.#whole &&= Number.isNaN(number) || (Number.isInteger(number) && number >= 0)
      if (!Number.isNaN(number)) count(this.classes, String(number), 1000)
    }
  }
  #text(value: string): void {
    this.#texts = true
    this.#count++
    count(this.classes, value, 1000)
  }
  #number(x: number): void {
    this.#count++
    if (Number.isNaN(x)) { this.#missing++; return }
    if (!Number.isFinite(x)) { this.#infinite++; return }
    if (x < this.#min) this.#min = x
    if (x > this.#max) this.#max = x
    // Welford's running mean and sum of squares
    const delta = x - this.#mean
    this.#mean += delta / ++this.#seen
    this.#squares += delta * (x - this.#mean)
    if (this.#seen % this.#stride !== 0) return
    this.#values.push(x)
    if (this.#values.length < 2 * sample) return
    for (let i = 0; i < sample; i++) this.#values[i] = this.#values[2 * i + 1]
    this.#values.length = sample
    this.#stride *= 2
  }
  #outliers(fence: number): number {
    const sorted = Float64Array.from(this.#values).sort()
    if (sorted.length < 4) return 0
    const [low, high] = [0.25, 0.75].map(q => sorted[Math.floor(q * (sorted.length - 1))])
    const width = fence * (high - low)
    if (width === 0) return 0
    return sorted.filter(x => x < low - width || x > high + width).length * this.#stride
  }
  describe(fence: number): PartDescription {
    const isClasses = this.#scalars && !this.#texts && this.#whole && this.classes.size > 0 && this.classes.size <= 100
    const none = this.#seen === 0
    return {
      name: this.name, kind: this.#texts ? 'texts' : isClasses ? 'classes' : 'numbers',
      shapes: Object.fromEntries(this.shapes), dtype: this.#dtype, count: this.#count, missing: this.#missing,
      infinite: this.#infinite, min: none ? NaN : this.#min, max: none ? NaN : this.#max,
      mean: none ? NaN : this.#mean, std: none ? NaN : Math.sqrt(this.#squares / this.#seen),
      outliers: isClasses ? 0 : this.#outliers(fence),
      constant: this.#texts ? this.classes.size === 1 : !none && this.#min === this.#max,
      classes: this.#texts || isClasses
        ? Object.fromEntries([...this.classes].sort(([, a], [, b]) => b - a)) : {},
    }
  }
}

const count = (map: Map<string, number>, key: string, most: number): void => {
  if (map.has(key) || map.size < most) map.set(key, (map.get(key) ?? 0) + 1)
}
const shapeOf = (x: unknown): number[] => (Array.isArray(x) ? [x.length, ...shapeOf(x[0])] : [])

/** The parts of an example by name: columns and keys as they are, places of a tuple as 'part 0', … */
function partsOf(example: unknown): [string, unknown][] {
  if (Array.isArray(example) && !(example.length > 0 && example.every(x => typeof x === 'number')))
    return example.map((x, i) => [`part ${i}`, x])
  const isRecord = typeof example === 'object' && example !== null && !Array.isArray(example) &&
    !ArrayBuffer.isView(example) && !(example instanceof Tensor) && !isNdArray(example)
  return isRecord ? Object.entries(example) : [['example', example]]
}

/** Examples one after the other, or why one cannot be loaded. */
async function* looked(
  source: Dataset<any> | IterableDataset<any> | Table, limit: number,
): AsyncGenerator<{ example: unknown } | Skipped> {
  const set = source instanceof Table ? { length: source.length, get: (i: number) => source.row(i) }
    : isDataset(source) ? source : null
  if (set) {
    for (const index of chosen(set.length, limit)) {
      try {
        yield { example: await set.get(index) }
      } catch (error) {
        yield { index, error: error instanceof Error ? error : new Error(String(error)) }
      }
    }
    return
  }
  let examined = 0
  for await (const example of source as IterableDataset<any>) {
    yield { example }
    if (++examined === limit) return
  }
}

/**
 * Looks through a data set or a table. Examples that cannot be loaded are listed, and so are files that were left out.
 * @throws DataError where it is empty, or no example can be loaded
 * @example console.log(String(await data.describe(dataset)))
 */
export async function describe(
  source: Dataset<any> | IterableDataset<any> | Table, options: DescribeOptions = {},
): Promise<Description> {
  checkOptions('describe', options, { limit: true, fence: true })
  const { limit = 10_000, fence = 3 } = options
  const isTable = source instanceof Table
  if (!isTable && !isDataset(source) && !isIterableDataset(source))
    throw new DataError(`describe: the data set ${whyNoDataset(source)}`)
  const parts = new Map<string, Part>()
  const failures: Skipped[] = []
  let [examined, failureCount] = [0, 0]
  for await (const found of looked(source, limit)) {
    examined++
    if ('error' in found) {
      if (++failureCount <= 100) failures.push(found)
      continue
    }
    for (const [name, value] of partsOf(found.example)) {
      if (!parts.has(name)) parts.set(name, new Part(name))
      parts.get(name)!.add(value)
    }
  }
  if (examined === 0) throw new DataError('describe: the data set is empty')
  if (failureCount === examined)
    throw new DataError(
      `describe: none of ${examined} examples can be loaded; the first, ${failures[0].index}: ${failures[0].error.message}`,
      { cause: failures[0].error },
    )
  const length = isTable || isDataset(source) ? source.length : NaN
  const described = [...parts.values()].map(p => p.describe(fence))
  const warnings = [
    ...lostWarnings(failures, failureCount, examined), ...leftOutWarnings(source as Leaving),
    ...described.flatMap(p => warningsOf(p, examined)),
  ]
  return {
    length,
    examined,
    failures,
    failureCount,
    parts: described,
    warnings,
    toString: () => printed(length, examined, described, warnings),
  }
}

function lostWarnings(failures: readonly Skipped[], count: number, examined: number): string[] {
  if (count === 0) return []
  const more = count > 3 ? `; and ${count - 3} more: see failures` : ''
  const shown = failures.slice(0, 3).map(({ index, error }) => `example ${index}: ${error.message}`).join('; ')
  return [`${count} of ${examined} cannot be loaded (a loader's onError: 'skip' leaves them out): ${shown}${more}`]
}
function leftOutWarnings({ leftOut = [], skipped = [], skippedCount = 0 }: Leaving): string[] {
  const few = leftOut.slice(0, 3).join(', ')
  return [
    ...(leftOut.length > 0
      ? [`${leftOut.length} files are of other kinds and were left out: ${few}${leftOut.length > 3 ? ', …' : ''}`]
      : []),
    ...(skippedCount > 0 ? [`${skippedCount} rows were left out; the first: ${skipped[0].message}`] : []),
  ]
}

function chosen(length: number, limit: number): Iterable<number> {
  if (length <= limit) return Array.from({ length }, (_, i) => i)
  return permutation(length, 0, 0).subarray(0, limit).sort()
}

function warningsOf(p: PartDescription, examined: number): string[] {
  const found: string[] = []
  const share = (n: number): string => `${n} of ${p.count} (${((100 * n) / p.count).toPrecision(2)} %)`
  if (p.missing > 0)
    found.push(`'${p.name}': ${share(p.missing)} values are missing: impute them, or leave the examples out`)
  if (p.infinite > 0) found.push(`'${p.name}': ${share(p.infinite)} values are infinite`)
  if (p.outliers > 0)
    found.push(
      `'${p.name}': ${share(p.outliers)} values lie far outside of the rest: look at them; RobustScaler minds them less`,
    )
  if (p.constant && examined > 1) found.push(`'${p.name}' is always the same: it says nothing`)
  if (Object.keys(p.shapes).length > 1)
    found.push(`'${p.name}' has examples of ${Object.keys(p.shapes).length} shapes or more: resize or pad them`)
  const sizes = p.kind === 'classes' ? Object.values(p.classes) : []
  if (sizes.length > 1 && sizes[0] > 10 * sizes[sizes.length - 1])
    found.push(
      `'${p.name}': the largest class has ${sizes[0]} examples, the smallest ${sizes[sizes.length - 1]}: weigh them, or draw with WeightedRandomSampler`,
    )
  return found
}

function printed(
  length: number,
  examined: number,
  parts: readonly PartDescription[],
  warnings: readonly string[],
): string {
  const short = (x: number): string => String(Number(x.toPrecision(4)))
  const lines = parts.map(p => {
    const shapes = Object.keys(p.shapes)
    const what =
      p.kind === 'numbers'
        ? `${short(p.min)} … ${short(p.max)}, mean ${short(p.mean)}, deviation ${short(p.std)}`
        : `${Object.keys(p.classes).length} different: ${Object.entries(p.classes)
            .slice(0, 5)
            .map(([c, n]) => `${c.slice(0, 20)} (${n})`)
            .join(', ')}${Object.keys(p.classes).length > 5 ? ', …' : ''}`
    const lacks = p.missing > 0 ? `, ${p.missing} missing` : ''
    return `  ${p.name}: ${p.dtype} ${shapes.length > 1 ? `${shapes[0]} and others` : shapes[0] ?? ''} ${what}${lacks}`
  })
  const head = Number.isNaN(length)
    ? `${examined} examples`
    : `${length} examples${examined < length ? `, ${examined} looked at` : ''}`
  return [head, ...lines, ...warnings.map(w => `! ${w}`)].join('\n')
}
