/** @file Correlations of ranks: of all elements of all batches, which are kept. */
import type { Tensor } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'
import { Kept, type Metric, type MetricState } from './metric.ts'
import { sameShape } from './moments.ts'

type Numbers = readonly number[]

abstract class RankCorrelation implements Metric {
  abstract readonly name: string
  readonly #of: string
  readonly #kept: Kept<'x' | 'y'>
  constructor(of: string) {
    this.#of = of
    this.#kept = new Kept(of)
  }
  /** @internal */
  protected abstract value(x: Numbers, y: Numbers): number

  update(output: Tensor, target: Tensor): void {
    sameShape(this.#of, output, target)
    this.#kept.add({ x: output, y: target })
  }
  async compute(): Promise<number> {
    const { x, y } = await this.#kept.values()
    if ([...x, ...y].some(Number.isNaN)) throw new DataError(`${this.#of}: an output or a target is NaN`)
    for (const [what, v] of [['outputs', x], ['targets', y]] as const) {
      if (v.every(e => e === v[0]))
        throw new DataError(`${this.#of}: all ${what} are the same: there is nothing to correlate`)
    }
    return this.value(x, y)
  }
  reset(): void { this.#kept.reset() }
  stateDict(): MetricState { return this.#kept.stateDict() }
  loadStateDict(state: MetricState): void { this.#kept.loadStateDict(state) }
}

/** Ranks from 1, ties sharing the mean of theirs. */
function ranks(x: Numbers): number[] {
  const order = x.map((_, i) => i).sort((a, b) => x[a] - x[b])
  const found = new Array<number>(x.length)
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && x[order[to]] === x[order[from]]) to++
    for (let i = from; i < to; i++) found[order[i]] = (from + 1 + to) / 2
  }
  return found
}

/**
 * Spearman's ρ: Pearson's r of the ranks, ties sharing the mean of theirs. @throws DataError from compute where all
 * targets or all outputs are the same
 * @example new metrics.Spearman()
 */
export class Spearman extends RankCorrelation {
  readonly name = 'spearman'
  readonly higherIsBetter = true
  constructor() { super('Spearman') }
  protected override value(x: Numbers, y: Numbers): number {
    const mean = (x.length + 1) / 2
    const [a, b] = [ranks(x), ranks(y)]
    const product = (p: Numbers, q: Numbers): number => p.reduce((s, v, i) => s + (v - mean) * (q[i] - mean), 0)
    return product(a, b) / Math.sqrt(product(a, a) * product(b, b))
  }
}

/**
 * Kendall's τ_b = (concordant − discordant)/√((pairs − ties of x)(pairs − ties of y)), in O(n log n) after Knight
 * (1966). @throws DataError from compute where all targets or all outputs are the same
 * @example new metrics.Kendall()
 */
export class Kendall extends RankCorrelation {
  readonly name = 'kendall'
  readonly higherIsBetter = true
  constructor() { super('Kendall') }
  protected override value(x: Numbers, y: Numbers): number {
    const n = x.length
    const order = x.map((_, i) => i).sort((a, b) => x[a] - x[b] || y[a] - y[b])
    const tiesX = ties(order, (a, b) => x[a] === x[b])
    const both = ties(order, (a, b) => x[a] === x[b] && y[a] === y[b])
    const sorted = order.map(i => y[i])
    const discordant = inversions(sorted)
    // which it has sorted
    const tiesY = ties(sorted, (a, b) => a === b)
    const pairs = (n * (n - 1)) / 2
    return (pairs - tiesX - tiesY + both - 2 * discordant) / Math.sqrt((pairs - tiesX) * (pairs - tiesY))
  }
}

/** How many pairs are alike, of what stands in runs. */
function ties(sorted: Numbers, alike: (a: number, b: number) => boolean): number {
  let [found, run] = [0, 0]
  for (let i = 1; i < sorted.length; i++) {
    run = alike(sorted[i - 1], sorted[i]) ? run + 1 : 0
    found += run
  }
  return found
}

/** Sorts, and says how many pairs stood the wrong way round. */
function inversions(x: number[]): number {
  if (x.length < 2) return 0
  const left = x.slice(0, x.length >> 1)
  const right = x.slice(x.length >> 1)
  let found = inversions(left) + inversions(right)
  for (let i = 0, l = 0, r = 0; i < x.length; i++) {
    if (r === right.length || (l < left.length && left[l] <= right[r])) x[i] = left[l++]
    else {
      found += left.length - l
      x[i] = right[r++]
    }
  }
  return found
}
