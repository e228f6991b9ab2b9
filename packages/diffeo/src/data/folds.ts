/** @file Folds for cross-validation, and data sets cut into several parts. */
import { Tensor } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import { datasetOf, Subset, type Dataset } from './dataset.ts'
import { anySeed, checkSeed, permutation, Random } from './random.ts'
import { byKey, keysOf, type Keys, type Splittable } from './split.ts'

/** Indices of the examples of one fold. */
export interface Fold { readonly train: Int32Array; readonly test: Int32Array }

export interface KFoldOptions {
  /** How many; 5. */
  folds?: number
  shuffle?: boolean
  seed?: number
  /** A class for each example: each fold has the classes in the proportions of the whole. */
  stratify?: Keys
  /** A group for each example: no group is in two folds. */
  groups?: Keys
}

/** The number of examples, given as such or as what holds them. */
function countOf(op: string, data: number | Splittable): number {
  const n = typeof data === 'number' ? data : data instanceof Tensor ? data.shape[0] ?? 0 : data.length
  if (!Number.isSafeInteger(n) || n < 1) throw new DataError(`${op}: there are ${n} examples`)
  return n
}

function checkFolds(op: string, folds: number, n: number): void {
  if (!Number.isInteger(folds) || folds < 2 || folds > n)
    throw new DataError(`${op}: folds is ${folds}: expected a whole number from 2 to the ${n} examples`)
}

/** The fold that each example is tested in, as pairs of indices. */
function foldsOf(place: ArrayLike<number>, folds: number): Fold[] {
  const all = Array.from(place, (_, i) => i)
  return Array.from({ length: folds }, (_, k) => ({
    train: Int32Array.from(all.filter(i => place[i] !== k)),
    test: Int32Array.from(all.filter(i => place[i] === k)),
  }))
}

/** Each class is dealt out in turn where the last one stopped, so that folds differ by one example at most. */
function stratifiedPlaces(
  classes: ArrayLike<number | string | null>,
  folds: number,
  random: Random | null,
): Int32Array {
  const members = [
    ...byKey(
      Array.from(classes, (_, i) => i),
      classes,
    ).entries(),
  ]
  const few = members.find(([, list]) => list.length < folds)
  if (few) {
    throw new DataError(
      `kFold: class ${String(few[0])} has ${few[1].length} examples, fewer than ${folds} folds: take fewer folds`,
    )
  }
  const places = new Int32Array(classes.length)
  let dealt = 0
  for (const [, list] of members) {
    const wanted = new Array<number>(folds).fill(0)
    for (let i = 0; i < list.length; i++) wanted[dealt++ % folds]++
    const hands = wanted.flatMap((n, k) => new Array<number>(n).fill(k))
    if (random) for (let i = hands.length - 1; i > 0; i--) {
      const j = random.integer(i + 1)
      ;[hands[i], hands[j]] = [hands[j], hands[i]]
    }
    list.forEach((example, i) => { places[example] = hands[i] })
  }
  return places
}

/** The largest group first, each to the fold that has the fewest examples yet. */
function groupedPlaces(groups: ArrayLike<number | string | null>, folds: number, random: Random | null): Int32Array {
  const members = [...byKey(Array.from(groups, (_, i) => i), groups).values()]
  if (members.length < folds)
    throw new DataError(`kFold: there are ${members.length} groups, fewer than ${folds} folds`)
  const rank = members.map(() => random?.next() ?? 0)
  const order = [...members.keys()].sort((a, b) => members[b].length - members[a].length || rank[a] - rank[b] || a - b)
  const sizes = new Array<number>(folds).fill(0)
  const places = new Int32Array(groups.length)
  for (const g of order) {
    const fold = sizes.indexOf(Math.min(...sizes))
    sizes[fold] += members[g].length
    for (const i of members[g]) places[i] = fold
  }
  return places
}

/**
 * Folds: each example is tested in one and trained on in the others. In order unless `shuffle` is set.
 * @param data how many examples there are, or what holds them
 * @throws DataError where a class or the groups are fewer than the folds
 * @example
 * for (const { train, test } of data.kFold(dataset, { folds: 5, shuffle: true, seed: 0 })) {
 *   await fit(model(), new data.Subset(dataset, train), options)
 * }
 */
export function kFold(data: number | Splittable, options: KFoldOptions = {}): Fold[] {
  checkOptions('kFold', options, { folds: true, shuffle: true, seed: true, stratify: true, groups: true })
  const { folds = 5, shuffle = false, seed = anySeed(), stratify, groups } = options
  const n = countOf('kFold', data)
  checkFolds('kFold', folds, n)
  checkSeed('kFold', seed)
  if (stratify !== undefined && groups !== undefined)
    throw new DataError('kFold: stratify and groups are two ways to split: leave one out')
  const random = shuffle ? new Random(seed) : null
  if (stratify !== undefined)
    return foldsOf(stratifiedPlaces(keysOf('kFold', 'stratify', stratify, n), folds, random), folds)
  if (groups !== undefined) return foldsOf(groupedPlaces(keysOf('kFold', 'groups', groups, n), folds, random), folds)
  const order = shuffle ? permutation(n, seed, 0) : Uint32Array.from({ length: n }, (_, i) => i)
  const places = new Int32Array(n)
  // the first n mod folds have one more
  const [least, more] = [Math.floor(n / folds), n % folds]
  const bound = more * (least + 1)
  order.forEach((example, i) => {
    places[example] = i < bound ? Math.floor(i / (least + 1)) : more + Math.floor((i - bound) / least)
  })
  return foldsOf(places, folds)
}

export interface TimeSeriesOptions {
  /** How many; 5. */
  folds?: number
  /** Examples that each tests; by default all parts, the first training part too, are of one size. */
  testSize?: number
  /** Examples left out between training and test. */
  gap?: number
  /** Trains on no more than the last of these. */
  maxTrainSize?: number
}

/**
 * Folds of examples in the order of time: each trains on what was before its test.
 * @example data.timeSeriesSplit(365, { folds: 4, testSize: 30, gap: 7 })
 */
export function timeSeriesSplit(data: number | Splittable, options: TimeSeriesOptions = {}): Fold[] {
  checkOptions('timeSeriesSplit', options, { folds: true, testSize: true, gap: true, maxTrainSize: true })
  const n = countOf('timeSeriesSplit', data)
  const { folds = 5, gap = 0, maxTrainSize = n } = options
  checkFolds('timeSeriesSplit', folds, n)
  const { testSize = Math.floor(n / (folds + 1)) } = options
  for (const [name, value, least] of [
    ['testSize', testSize, 1],
    ['gap', gap, 0],
    ['maxTrainSize', maxTrainSize, 1],
  ] as const) {
    if (!Number.isInteger(value) || value < least)
      throw new DataError(`timeSeriesSplit: ${name} is ${value}: expected a whole number from ${least} up`)
  }
  if (n - folds * testSize - gap < 1)
    throw new DataError(
      `timeSeriesSplit: ${folds} tests of ${testSize} and a gap of ${gap} leave nothing of ${n} examples to train on`,
    )
  const range = (from: number, to: number): Int32Array => Int32Array.from({ length: to - from }, (_, i) => from + i)
  return Array.from({ length: folds }, (_, k) => {
    const start = n - (folds - k) * testSize
    return { train: range(Math.max(0, start - gap - maxTrainSize), start - gap), test: range(start, start + testSize) }
  })
}

/**
 * A data set cut at random into parts of these sizes, or these shares of the whole.
 * @example const [train, validation, test] = data.randomSplit(dataset, [0.8, 0.1, 0.1], { seed: 0 })
 */
export function randomSplit<T>(
  source: Dataset<T> | readonly T[], sizes: readonly number[], options: { seed?: number } = {},
): Subset<T>[] {
  checkOptions('randomSplit', options, { seed: true })
  const { seed = anySeed() } = options
  const dataset = datasetOf('randomSplit', source)
  const n = countOf('randomSplit', dataset)
  const sum = sizes.reduce((a, b) => a + b, 0)
  const shares = sizes.every(s => s >= 0 && s <= 1) && Math.abs(sum - 1) < 1e-9
  if (!shares && (sum !== n || sizes.some(s => !Number.isInteger(s) || s < 0)))
    throw new DataError(`randomSplit: the parts ${sizes.join(', ')} make up neither 1 nor the ${n} examples`)
  const order = permutation(n, checkSeed('randomSplit', seed), 0)
  let [before, from] = [0, 0]
  return sizes.map(size => {
    before += size
    const to = shares ? Math.round(before * n) : before
    const part = new Subset(dataset, order.subarray(from, to))
    from = to
    return part
  })
}
