/** @file Parts for training and for testing. */
import { tensor, Tensor } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'
import { checkOptions, whatIs } from '../util/options.ts'
import { isDataset, Subset, whyNoDataset, type Dataset } from './dataset.ts'
import { Table } from './table.ts'
import { anySeed, checkSeed, permutation } from './random.ts'

export interface SplitOptions {
  /** Part of the examples for testing (below 1), or how many. */
  testSize?: number
  shuffle?: boolean
  seed?: number
  /**
   * A class for each example (of a table, the name of a column does): both parts then have the classes in the
   * proportions of the whole.
   */
  stratify?: Keys | string
  /** A group for each example (a patient, an author): no group is in both parts. */
  groups?: Keys | string
  /** When each example was: those of the test are the latest. */
  time?: Tensor | ArrayLike<number> | string
}
/** A class or group for each example. */
export type Keys = Tensor | ArrayLike<number | string | null>
/** What can be split: the rows of a tensor or a table, the elements of an array, the examples of a data set. */
export type Splittable = Tensor | Table | readonly unknown[] | Dataset<unknown>
type Half<A> = A extends Tensor
  ? Tensor
  : A extends Table
    ? Table
  : A extends readonly (infer E)[]
    ? E[]
    : A extends Dataset<infer T>
      ? Subset<T>
      : never

const lengthOf = (x: Splittable): number => (x instanceof Tensor ? x.shape[0] ?? 0 : x.length)

function take<A extends Splittable>(x: A, indices: Int32Array): Half<A> {
  if (x instanceof Tensor) return x.indexSelect(0, tensor(indices, { device: x.device })) as Half<A>
  if (x instanceof Table) return x.rows(indices) as Half<A>
  if (isDataset(x)) return new Subset(x as Dataset<unknown>, indices) as Half<A>
  return Array.from(indices, i => (x as readonly unknown[])[i]) as Half<A>
}

function testCount(n: number, size: number): number {
  const count = size < 1 ? Math.ceil(n * size) : size
  if (!Number.isInteger(count) || count < 1 || count >= n) {
    throw new DataError(`trainTestSplit: testSize ${size} of ${n} examples leaves one part empty`)
  }
  return count
}

/** Classes, groups or times as an array. @throws DataError unless there is one for each example */
export function keysOf(op: string, name: string, given: Keys, n: number): ArrayLike<number | string | null> {
  const keys = given instanceof Tensor ? given.dataSync() : given
  if (typeof keys !== 'object' || keys === null || typeof keys.length !== 'number')
    throw new DataError(
      `${op}: ${name} is ${whatIs(keys)}: expected ${name === 'stratify' ? 'a class' : 'an entry'} for each example, as in { ${name}: y }`,
    )
  if (keys.length !== n)
    throw new DataError(
      `${op}: ${name} has ${keys.length} ${name === 'stratify' ? 'classes' : 'entries'} for ${n} examples`,
    )
  return keys
}

/** Examples of each key, in the order given. */
export function byKey<K>(order: ArrayLike<number>, keys: ArrayLike<K>): Map<K, number[]> {
  const members = new Map<K, number[]>()
  for (let k = 0; k < order.length; k++) {
    const list = members.get(keys[order[k]])
    if (list) list.push(order[k])
    else members.set(keys[order[k]], [order[k]])
  }
  return members
}

/** How many of each class are tested: their share rounded down, and one more for those with the greatest remainders. */
function allot(counts: readonly number[], total: number): number[] {
  const n = counts.reduce((a, b) => a + b, 0)
  const exact = counts.map(c => (c * total) / n)
  const out = exact.map(Math.floor)
  const byRemainder = exact.map((e, i) => ({ i, rest: e - out[i] })).sort((a, b) => b.rest - a.rest || a.i - b.i)
  for (let k = 0, open = total - out.reduce((a, b) => a + b, 0); k < open; k++) out[byRemainder[k].i]++
  return out
}

function stratified(order: ArrayLike<number>, classes: ArrayLike<number | string | null>, test: number): Set<number> {
  const members = byKey(order, classes)
  const groups = [...members.values()]
  const few = [...members].find(([, list]) => list.length < 2)
  if (few) throw new DataError(`trainTestSplit: class ${String(few[0])} has one example: it cannot be in both parts`)
  if (test < groups.length || order.length - test < groups.length) {
    throw new DataError(
      `trainTestSplit: ${groups.length} classes do not fit parts of ${order.length - test} and ${test} examples`,
    )
  }
  const each = allot(groups.map(g => g.length), test)
  return new Set(groups.flatMap((list, k) => list.slice(0, each[k])))
}

/** Whole groups, in random order, as long as they fit. */
function grouped(order: ArrayLike<number>, groups: ArrayLike<number | string | null>, test: number): Set<number> {
  const members = [...byKey(order, groups).values()]
  if (members.length < 2)
    throw new DataError('trainTestSplit: all examples are of one group: it cannot be in both parts')
  const tested: number[] = []
  let taken = 0
  for (const list of members) {
    if (tested.length + list.length > test || taken === members.length - 1) continue
    tested.push(...list)
    taken++
  }
  if (tested.length > 0) return new Set(tested)
  // the smallest, where even that is more than was asked for
  return new Set(members.reduce((a, b) => (b.length < a.length ? b : a)))
}

function latest(times: ArrayLike<number | string | null>, n: number, test: number): Set<number> {
  const order = Array.from({ length: n }, (_, i) => i)
  order.forEach(i => {
    if (times[i] === null || Number.isNaN(Number(times[i])))
      throw new DataError(`trainTestSplit: the time of example ${i} is ${times[i]}`)
  })
  return new Set(order.sort((a, b) => Number(times[a]) - Number(times[b]) || a - b).slice(n - test))
}

/** @throws DataError for `[x, y]`, whose elements would be split instead of their rows */
function checkParts(given: readonly Splittable[]): void {
  const [list] = given
  if (given.length !== 1 || !Array.isArray(list) || list.length < 2) return
  if (!list.every(t => t instanceof Tensor && t.rank > 0 && t.shape[0] === (list[0] as Tensor).shape[0])) return
  const tensors = list as readonly Tensor[]
  const alike = tensors.every(t => t.shape.join() === tensors[0].shape.join())
  // more of one shape are examples
  if (alike && tensors.length > 2) return
  throw new DataError(
    `trainTestSplit: these are ${tensors.length} tensors of ${tensors[0].shape[0]} rows in one array: pass them one by ` +
      'one, trainTestSplit(x, y, { testSize })',
  )
}

/** Names of columns become these columns of the first table. */
function columnsOf(parts: readonly Splittable[], { stratify, groups, time }: SplitOptions): Ways {
  const table = parts.find(p => p instanceof Table)
  const found = Object.entries({ stratify, groups, time }).map(([name, given]) =>
    [name, typeof given === 'string' && table ? table.column(given) : given])
  return Object.fromEntries(found) as Ways
}
interface Ways { readonly stratify?: Keys; readonly groups?: Keys; readonly time?: Keys }

function divide(n: number, options: SplitOptions, ways: Ways): [Int32Array, Int32Array] {
  const { testSize = 0.25, seed = anySeed() } = options
  const { stratify, groups, time } = ways
  const test = testCount(n, testSize)
  const { shuffle = time === undefined } = options
  checkSeed('trainTestSplit', seed)
  const rules = Object.entries({ stratify, groups, time })
    .filter(([, rule]) => rule !== undefined)
    .map(([name]) => name)
  if (rules.length > 1)
    throw new DataError(`trainTestSplit: ${rules.join(' and ')} are two ways to split: leave one out`)
  if (shuffle && time !== undefined) throw new DataError('trainTestSplit: time gives the order: leave shuffle out')
  if (!shuffle && rules.length > 0 && time === undefined)
    throw new DataError(`trainTestSplit: ${rules[0]} goes with shuffle`)
  const order = shuffle ? permutation(n, seed, 0) : Uint32Array.from({ length: n }, (_, i) => i)
  if (rules.length === 0)
    return [
      Int32Array.from(shuffle ? order.subarray(test) : order.subarray(0, n - test)),
      Int32Array.from(shuffle ? order.subarray(0, test) : order.subarray(n - test)),
    ]
  const tested = stratify !== undefined
    ? stratified(order, keysOf('trainTestSplit', 'stratify', stratify, n), test)
    : groups !== undefined
      ? grouped(order, keysOf('trainTestSplit', 'groups', groups, n), test)
      : latest(keysOf('trainTestSplit', 'time', time!, n), n, test)
  return [Int32Array.from(order.filter(i => !tested.has(i))), Int32Array.from(order.filter(i => tested.has(i)))]
}

/**
 * Splits each argument into a part for training and one for testing, at the same places.
 * @example const [xTrain, xTest, yTrain, yTest] = data.trainTestSplit(x, y, { testSize: 0.2, seed: 0, stratify: y })
 * @example const [train, test] = data.trainTestSplit(dataset)
 * @example const [train, test] = data.trainTestSplit(table, { stratify: 'kind' })
 * @example data.trainTestSplit(scans, { groups: patients }); data.trainTestSplit(x, y, { time: days })
 */
export function trainTestSplit<A extends Splittable>(a: A, options?: SplitOptions): [Half<A>, Half<A>]
export function trainTestSplit<A extends Splittable, B extends Splittable>(
  a: A,
  b: B,
  options?: SplitOptions,
): [Half<A>, Half<A>, Half<B>, Half<B>]
export function trainTestSplit<A extends Splittable, B extends Splittable, C extends Splittable>(
  a: A, b: B, c: C, options?: SplitOptions,
): [Half<A>, Half<A>, Half<B>, Half<B>, Half<C>, Half<C>]
export function trainTestSplit(...given: (Splittable | SplitOptions | undefined)[]): unknown[] {
  const isPart = (x: unknown): x is Splittable =>
    x instanceof Tensor || x instanceof Table || Array.isArray(x) || isDataset(x)
  const parts = given.filter(isPart)
  if (parts.length === 0) throw new DataError(`trainTestSplit: the data set ${whyNoDataset(given[0])}`)
  const options = given.find((x): x is SplitOptions => x !== undefined && !isPart(x)) ?? {}
  checkOptions('trainTestSplit', options,
    { testSize: true, seed: true, stratify: true, shuffle: true, groups: true, time: true })
  checkParts(parts)
  const n = lengthOf(parts[0])
  parts.forEach((p, i) => {
    if (lengthOf(p) !== n)
      throw new DataError(`trainTestSplit: argument ${i} has ${lengthOf(p)} examples, argument 0 has ${n}`)
  })
  const [train, test] = divide(n, options, columnsOf(parts, options))
  return parts.flatMap(p => [take(p, train), take(p, test)])
}
