/** @file van den Oord et al., "Representation learning with contrastive predictive coding" (2018). */
import { arange, concat, zeros, type Tensor } from '../../tensor/index.ts'
import { DiffeoError, ShapeError } from '../../util/errors.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { Module } from '../module.ts'
import { crossEntropy } from './cross-entropy.ts'
import { checkPair, reductionNames, shapeText, type ReductionOptions } from './reduction.ts'

export interface InfoNCEOptions extends ReductionOptions {
  temperature?: number
  /** What no query belongs to, `[M, D]`; unless given, the other rows' positives. */
  negatives?: Tensor | null
}
const names: Names<InfoNCEOptions> = { ...reductionNames, temperature: true, negatives: true }

const unit = (x: Tensor): Tensor => x.div(x.norm(1, { keepdims: true }).clamp(1e-12))

/**
 * −log(e^(cos(q, p)/τ) / Σ_k e^(cos(q, k)/τ)) of each query q and its positive p, where k runs over p and the
 * negatives: cross entropy of which row belongs to the query.
 *
 * @param query - `[N, D]`, as `positive`
 * @param options - `temperature` τ (0.1), `negatives` (the other rows' positives), `reduction` ('mean')
 * @throws ShapeError for other shapes
 * @example nn.infoNCE(encode(view1), encode(view2), { temperature: 0.07 })
 */
export function infoNCE(query: Tensor, positive: Tensor, options: InfoNCEOptions = {}): Tensor {
  checkOptions('infoNCE', options, names)
  const { temperature = 0.1, negatives, reduction } = options
  if (!(temperature > 0)) throw new DiffeoError(`infoNCE: temperature is ${temperature}, and must be above 0`)
  checkPair('infoNCE', query, positive, 'query', 'positive')
  if (query.rank !== 2) throw new ShapeError(`infoNCE: the query is ${shapeText(query)}: expected [batch, size]`)
  if (negatives && (negatives.rank !== 2 || negatives.shape[1] !== query.shape[1])) {
    throw new ShapeError(`infoNCE: the negatives are ${shapeText(negatives)}: expected [count, ${query.shape[1]}]`)
  }
  const [n] = query.shape
  const { device } = query
  const [q, p] = [unit(query), unit(positive)]
  const cos = negatives ? concat([q.mul(p).sum(1, { keepdims: true }), q.matmul(unit(negatives).T)], 1) : q.matmul(p.T)
  const labels = negatives ? zeros([n], { dtype: 'int32', device }) : arange(n, { dtype: 'int32', device })
  return crossEntropy(cos.div(temperature), labels, { reduction })
}

/**
 * Cross entropy of which row belongs to the query, by the cosine over a temperature.
 *
 * @remarks Shapes: query and positive `[N, D]`, the negatives `[M, D]`.
 * @param options - `temperature` (0.1), `negatives` (the other rows' positives), `reduction` ('mean')
 * @example
 * new nn.InfoNCELoss({ temperature: 1 }).forward(tensor([[1, 0], [0, 1]]), tensor([[1, 0], [0, 1]])) // 0.313
 */
export class InfoNCELoss extends Module<[query: Tensor, positive: Tensor]> {
  readonly options: InfoNCEOptions

  constructor(options: InfoNCEOptions = {}) {
    super()
    checkOptions('InfoNCELoss', options, names)
    this.options = options
  }

  override forward(query: Tensor, positive: Tensor): Tensor { return infoNCE(query, positive, this.options) }
}
