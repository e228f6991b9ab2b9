/** @file How well scores rank documents: precision and recall at k, reciprocal rank, average precision, NDCG. */
import { arange, tensor, where, type Tensor } from '../tensor/index.ts'
import { isFloat } from '../graph/dtype.ts'
import { DataError, ShapeError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import { checkChoice, text } from './classes.ts'
import { meanOf, Sums, type Metric, type MetricState } from './metric.ts'

export interface RetrievalOptions {
  /** Only the first k documents count: all of them unless it is said. */
  k?: number
}

/** Of each query: relevance in the order of the scores, ranks from 1, and whether a rank counts. */
interface Ranking { readonly relevance: Tensor; readonly ranks: Tensor; readonly counted: Tensor; readonly k: number }

/** a/b of what is not negative, a ≤ b: 0 where b is 0. */
const quotient = (a: Tensor, b: Tensor): Tensor => a.div(where(b.gt(0), b, 1))

/** A mean over queries: rows of scores and of relevance, `[Q, D]`, or `[D]` for one query. */
abstract class Retrieval implements Metric {
  abstract readonly name: string
  readonly #of: string
  readonly #k: number | undefined
  readonly #sums: Sums
  constructor(options: RetrievalOptions, of: string) {
    checkOptions(of, options, { k: true })
    const { k } = options
    if (k !== undefined && (!Number.isInteger(k) || k < 1))
      throw new DataError(`${of}: k is ${k}: it must be a whole number above 0`)
    this.#of = of
    this.#k = k
    this.#sums = new Sums(of)
  }
  /** Of each query. @internal */
  protected abstract each(ranking: Ranking): Tensor

  update(output: Tensor, target: Tensor): void {
    const fits = output.rank === target.rank && output.shape.every((d, i) => d === target.shape[i])
    if (!fits || output.rank < 1 || output.rank > 2) {
      throw new ShapeError(
        `${this.#of}: the output is ${text(output)}, the target ${text(target)}: both are [queries, documents], or [documents]`,
      )
    }
    const documents = output.shape[output.rank - 1]
    const scores = output.detach().reshape([-1, documents])
    const dtype = isFloat(scores.dtype) ? scores.dtype : 'float32'
    const order = scores.argsort(1, { descending: true })
    const relevance = target.detach().reshape([-1, documents]).cast(dtype).gather(1, order)
    const ranks = arange(1, documents + 1, 1, { dtype, device: scores.device })
    const k = this.#k ?? documents
    const found = this.each({ relevance, ranks, counted: ranks.le(k), k })
    this.#sums.add({ found: found.sum(), queries: tensor(found.size, { dtype: 'int32', device: found.device }) })
  }
  async compute(): Promise<number> {
    const { found, queries } = await this.#sums.values()
    return meanOf(this.#of, found[0], queries[0])
  }
  reset(): void { this.#sums.reset() }
  stateDict(): MetricState { return this.#sums.stateDict() }
  loadStateDict(state: MetricState): void { this.#sums.loadStateDict(state) }
}

const isRelevant = ({ relevance }: Ranking): Tensor => relevance.gt(0).cast(relevance.dtype)
/** How many relevant documents are among the first k. */
const found = (r: Ranking): Tensor => isRelevant(r).mul(r.counted).sum(1)

/**
 * Of the first k documents by score, the part that is relevant (above 0): found/k, even where there are fewer than k.
 * @example const precision = new metrics.PrecisionAtK({ k: 10 }); precision.update(scores, relevance)
 */
export class PrecisionAtK extends Retrieval {
  readonly name = 'precisionAtK'
  readonly higherIsBetter = true
  constructor(options: RetrievalOptions = {}) { super(options, 'PrecisionAtK') }
  protected override each(r: Ranking): Tensor { return found(r).div(r.k) }
}

/**
 * Of the relevant documents, the part that is among the first k; 0 for a query that has none.
 * @example new metrics.RecallAtK({ k: 10 })
 */
export class RecallAtK extends Retrieval {
  readonly name = 'recallAtK'
  readonly higherIsBetter = true
  constructor(options: RetrievalOptions = {}) { super(options, 'RecallAtK') }
  protected override each(r: Ranking): Tensor { return quotient(found(r), isRelevant(r).sum(1)) }
}

/** The part of queries with a relevant document among the first k. @example new metrics.HitRate({ k: 10 }) */
export class HitRate extends Retrieval {
  readonly name = 'hitRate'
  readonly higherIsBetter = true
  constructor(options: RetrievalOptions = {}) { super(options, 'HitRate') }
  protected override each(r: Ranking): Tensor { return found(r).gt(0).cast(r.relevance.dtype) }
}

/**
 * Mean reciprocal rank: 1/(rank of the first relevant document), 0 where none is among the first k.
 * @example new metrics.MRR()
 */
export class MRR extends Retrieval {
  readonly name = 'mrr'
  readonly higherIsBetter = true
  constructor(options: RetrievalOptions = {}) { super(options, 'MRR') }
  protected override each(r: Ranking): Tensor { return isRelevant(r).mul(r.counted).div(r.ranks).max(1) }
}

/**
 * Mean average precision: the precision at each relevant document among the first k, summed and divided by
 * min(k, how many are relevant); 0 for a query that has none.
 * @example new metrics.MAP({ k: 100 })
 */
export class MAP extends Retrieval {
  readonly name = 'map'
  readonly higherIsBetter = true
  constructor(options: RetrievalOptions = {}) { super(options, 'MAP') }
  protected override each(r: Ranking): Tensor {
    const relevant = isRelevant(r)
    const precision = relevant.cumsum(1).div(r.ranks)
    return quotient(precision.mul(relevant).mul(r.counted).sum(1), relevant.sum(1).clamp(null, r.k))
  }
}

export interface NDCGOptions extends RetrievalOptions {
  /** What a document of relevance g gives: 'linear' g, unless it is said; 'exponential' 2^g − 1. */
  gain?: 'linear' | 'exponential'
}

/**
 * Σ gain/log₂(rank + 1) over the first k documents, over the same of the best order (Järvelin and Kekäläinen 2002).
 * Relevance is 0 or more; a query of none counts 0. Among tied scores the earlier document comes first.
 * @example new metrics.NDCG({ k: 10 })
 */
export class NDCG extends Retrieval {
  readonly name = 'ndcg'
  readonly higherIsBetter = true
  readonly #exponential: boolean
  constructor(options: NDCGOptions = {}) {
    checkOptions('NDCG', options, { k: true, gain: true })
    checkChoice('NDCG', 'gain', options.gain, ['linear', 'exponential'])
    const { gain, ...rest } = options
    super(rest, 'NDCG')
    this.#exponential = gain === 'exponential'
  }
  protected override each({ relevance, ranks, counted }: Ranking): Tensor {
    const discount = counted.cast(ranks.dtype).div(ranks.add(1).log2())
    const gained = (g: Tensor): Tensor => (this.#exponential ? g.mul(Math.LN2).expm1() : g).mul(discount).sum(1)
    return quotient(gained(relevance), gained(relevance.sort(1, { descending: true }).values))
  }
}
