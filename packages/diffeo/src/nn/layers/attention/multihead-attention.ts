/** @file Multi-head attention. */
import { concat, ones, zeros, Parameter, type Tensor } from '../../../tensor/index.ts'
import { weightsOf } from '../../../tensor/internal.ts'
import { ShapeError } from '../../../util/errors.ts'
import { checkOptions } from '../../../util/options.ts'
import { checkProbability, dropout } from '../../functional/dropout.ts'
import { scaledDotProductAttention } from '../../functional/attention.ts'
import { linear } from '../../functional/linear.ts'
import { constant } from '../../init/constant.ts'
import { xavierNormal, xavierUniform } from '../../init/xavier.ts'
import { Module } from '../../module.ts'
import { positive } from '../../sizes.ts'
import type { Member } from '../../tree.ts'
import { Linear } from '../linear/linear.ts'
import { filledParameter, madeOf, parameterNames, type ParameterOptions } from '../parameters.ts'
import { joinedMask, widened } from './masks.ts'

export interface MultiheadAttentionOptions extends ParameterOptions {
  /** The probability with which a weight is dropped in training. */
  dropout?: number
  bias?: boolean
  /** Whether a learned key and value are put behind the others. */
  addBiasKv?: boolean
  /** Whether a key and value of zeros are put behind the others. */
  addZeroAttn?: boolean
  /** Columns of the keys, and of the values, where they are not embedDim. */
  kdim?: number | null
  vdim?: number | null
  /** Whether the batch is axis 0, not axis 1. */
  batchFirst?: boolean
}

/** PyTorch's masks: bool, true is left out; or float, added to the scores. */
export interface AttentionMasks {
  /** `[batch, S]` */
  keyPaddingMask?: Tensor | null
  /** `[T, S]` or `[batch · heads, T, S]` */
  attnMask?: Tensor | null
  /** Whether query i sees the keys up to i only. */
  isCausal?: boolean
  /** Whether the weights are given back, too: they are computed only where they are used. */
  needWeights?: boolean
  /** Whether these are the mean over the heads. */
  averageAttnWeights?: boolean
}

const stateKeys: Readonly<Record<string, string>> = {
  inProjWeight: 'in_proj_weight', qProjWeight: 'q_proj_weight', kProjWeight: 'k_proj_weight',
  vProjWeight: 'v_proj_weight', inProjBias: 'in_proj_bias', biasK: 'bias_k', biasV: 'bias_v', outProj: 'out_proj',
}

type Three = readonly [Tensor, Tensor, Tensor]

/**
 * softmax(qᵢ·kᵢᵀ/√size)·vᵢ for each head i, side by side, through a last linear map; qᵢ, kᵢ, vᵢ are linear maps of
 * query, key and value.
 *
 * @remarks query `[T, batch, embedDim]`, key `[S, batch, kdim]`, value `[S, batch, vdim]`, or with the batch first, or
 * without a batch. Gives `[output, weights]`: the query's shape, and `[batch, T, S]`. Vaswani et al., "Attention is all
 * you need" (2017).
 * @param embedDim - columns of query and output, a multiple of the heads
 * @param numHeads - how many heads there are
 * @param options - `dropout` (0), `bias` (true), `addBiasKv` (false), `addZeroAttn` (false), `kdim`, `vdim` (embedDim),
 * `batchFirst` (false), `dtype`, `device`
 * @example
 * const layer = new nn.MultiheadAttention(64, 4, { batchFirst: true })
 * const [y] = layer.forward(randn([2, 10, 64]))
 * y.shape // [2, 10, 64]
 */
export class MultiheadAttention extends Module<
  [query: Tensor, key?: Tensor, value?: Tensor, masks?: AttentionMasks], [Tensor, Tensor | null]
> {
  readonly inProjWeight: Parameter | null
  readonly qProjWeight: Parameter | null
  readonly kProjWeight: Parameter | null
  readonly vProjWeight: Parameter | null
  readonly inProjBias: Parameter | null
  readonly biasK: Parameter | null
  readonly biasV: Parameter | null
  readonly outProj: Linear
  readonly embedDim: number
  readonly numHeads: number
  readonly dropout: number
  readonly batchFirst: boolean
  readonly addZeroAttn: boolean

  constructor(embedDim: number, numHeads: number, options: MultiheadAttentionOptions = {}) {
    super()
    checkOptions('MultiheadAttention', options, {
      dropout: true, bias: true, addBiasKv: true, addZeroAttn: true, kdim: true, vdim: true, batchFirst: true,
      ...parameterNames,
    })
    this.embedDim = positive('MultiheadAttention: embedDim', embedDim)
    this.numHeads = positive('MultiheadAttention: numHeads', numHeads)
    if (embedDim % numHeads !== 0)
      throw new ShapeError(`MultiheadAttention: embedDim ${embedDim} is not a multiple of the ${numHeads} heads`)
    this.dropout = checkProbability('MultiheadAttention: dropout', options.dropout ?? 0)
    this.batchFirst = options.batchFirst ?? false
    this.addZeroAttn = options.addZeroAttn ?? false
    const { bias = true, addBiasKv = false } = options
    const kdim = positive('MultiheadAttention: kdim', options.kdim ?? embedDim)
    const vdim = positive('MultiheadAttention: vdim', options.vdim ?? embedDim)
    const weight = (key: string, shape: readonly number[]) =>
      new Parameter(xavierUniform(shape, madeOf(options)), { name: `MultiheadAttention.${key}` })
    const one = kdim === embedDim && vdim === embedDim
    this.inProjWeight = one ? weight('in_proj_weight', [3 * embedDim, embedDim]) : null
    this.qProjWeight = one ? null : weight('q_proj_weight', [embedDim, embedDim])
    this.kProjWeight = one ? null : weight('k_proj_weight', [embedDim, kdim])
    this.vProjWeight = one ? null : weight('v_proj_weight', [embedDim, vdim])
    this.inProjBias = bias ? filledParameter('MultiheadAttention.in_proj_bias', [3 * embedDim], 0, options) : null
    const row = (key: string) =>
      new Parameter(xavierNormal([1, 1, embedDim], madeOf(options)), { name: `MultiheadAttention.${key}` })
    this.biasK = addBiasKv ? row('bias_k') : null
    this.biasV = addBiasKv ? row('bias_v') : null
    this.outProj = new Linear(embedDim, embedDim, { bias, ...madeOf(options) })
    if (this.outProj.bias) this.outProj.bias.assign(constant([embedDim], 0, madeOf(options)))
  }

  /** @internal */
  override members(): Member[] {
    return [...super.members()].map(m => ({ ...m, name: stateKeys[m.name] ?? m.name }))
  }

  override forward(
    query: Tensor, key: Tensor = query, value: Tensor = key, masks: AttentionMasks = {},
  ): [Tensor, Tensor | null] {
    checkOptions('MultiheadAttention.forward', masks, {
      keyPaddingMask: true, attnMask: true, isCausal: true, needWeights: true, averageAttnWeights: true,
    })
    if (query.rank === 3) return this.#attend([query, key, value], masks)
    if (query.rank !== 2)
      throw new ShapeError(`MultiheadAttention: the query is [${query.shape.join(',')}]: expected 3 axes, or 2`)
    const axis = this.batchFirst ? 0 : 1
    const given = [query, key, value].map(x => x.unsqueeze(axis)) as unknown as Three
    const same = key === query && value === key
    const [output, weights] = this.#attend(same ? [given[0], given[0], given[0]] : given, masks)
    return [output.squeeze(axis), weights && weights.squeeze(0)]
  }

  #attend(given: Three, masks: AttentionMasks): [Tensor, Tensor | null] {
    const [q, k, v] = this.#heads(this.#project(given))
    const [batch, heads, queries] = q.shape
    const shape = { batch, heads, queries, keys: given[1].shape[this.batchFirst ? 1 : 0] }
    const more = k.shape[2] - shape.keys
    const { isCausal = false, needWeights = true, averageAttnWeights = true } = masks
    // keys put behind the others are seen by all, so that the triangle must be written out
    const triangle = isCausal && more > 0 && !masks.attnMask
      ? ones([shape.queries, shape.keys], { dtype: 'bool', device: q.device }).tril().not() : null
    const joined = joinedMask(masks.attnMask ?? triangle, masks.keyPaddingMask ?? null, shape, q)
    const mask = joined?.dtype === 'bool' ? widened(joined.not(), more)?.not() ?? null : widened(joined, more)
    const options = { mask, causal: isCausal && more === 0 }
    const p = this.training ? this.dropout : 0
    const weights = needWeights ? dropout(weightsOf(q, k, v, options), p) : null
    const mixed = weights && p > 0 ? weights.matmul(v) : scaledDotProductAttention(q, k, v, { ...options, dropout: p })
    const order = this.batchFirst ? [0, 2, 1, 3] : [2, 0, 1, 3]
    const together = mixed.permute(order).flatten(2)
    return [this.outProj.forward(together), weights && averageAttnWeights ? weights.mean(1) : weights]
  }

  /** Queries, keys and values of all heads side by side. */
  #project([query, key, value]: Three): Three {
    const { embedDim: n, inProjWeight, inProjBias } = this
    const own = [this.qProjWeight, this.kProjWeight, this.vProjWeight]
    if (inProjWeight && query === key && key === value)
      return linear(query, inProjWeight, inProjBias).split(n, -1) as unknown as Three
    const weights = inProjWeight ? inProjWeight.split(n, 0) : own as Tensor[]
    const biases = inProjBias ? inProjBias.split(n, 0) : [null, null, null]
    return [query, key, value].map((x, i) => linear(x, weights[i], biases[i])) as unknown as Three
  }

  /** `[batch, heads, length, size]` of each, with the keys and values that are put behind the others. */
  #heads([q, k, v]: Three): Three {
    const [axis, batch] = this.batchFirst ? [1, 0] : [0, 1]
    const longer = (x: Tensor, bias: Tensor | null): Tensor => {
      const row = [1, 1, this.embedDim]
      row[batch] = x.shape[batch]
      const learned = bias ? [bias.expand(row)] : []
      const blank = this.addZeroAttn ? [zeros(row, { dtype: x.dtype, device: x.device })] : []
      return learned.length + blank.length > 0 ? concat([x, ...learned, ...blank], axis) : x
    }
    const order = this.batchFirst ? [0, 2, 1, 3] : [1, 2, 0, 3]
    const split = (x: Tensor): Tensor =>
      x.unflatten(2, [this.numHeads, this.embedDim / this.numHeads]).permute(order)
    return [split(q), split(longer(k, this.biasK)), split(longer(v, this.biasV))]
  }

  override describe(): string { return `MultiheadAttention ${this.embedDim}, ${this.numHeads} heads` }
}
