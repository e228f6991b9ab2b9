/** @file A layer of the transformer's encoder. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions, type Names } from '../../../util/options.ts'
import { Module } from '../../module.ts'
import type { Member } from '../../tree.ts'
import { MultiheadAttention } from '../attention/multihead-attention.ts'
import { Dropout } from '../dropout/dropout.ts'
import { Linear } from '../linear/linear.ts'
import { LayerNorm } from '../norm/layer-norm.ts'
import { renamed, settingsOf, type TransformerLayerOptions } from './options.ts'

/** PyTorch's masks: bool, true is left out; or float, added to the scores. */
export interface EncoderMasks {
  /** `[S, S]` or `[batch · heads, S, S]` */
  mask?: Tensor | null
  /** `[batch, S]` */
  srcKeyPaddingMask?: Tensor | null
  isCausal?: boolean
}
export const encoderMaskNames: Names<EncoderMasks> = { mask: true, srcKeyPaddingMask: true, isCausal: true }

/**
 * Self-attention, then two linear maps with an activation between them; around each a sum with what went in, and a
 * layer norm.
 *
 * @remarks Input and output `[S, batch, dModel]`, or with the batch first, or without. Vaswani et al., "Attention is
 * all you need" (2017); `normFirst` as in Xiong et al., "On layer normalization in the transformer architecture"
 * (2020).
 * @param dModel - columns of input and output
 * @param nhead - heads
 * @param options - `dimFeedforward` (2048), `dropout` (0.1), `activation` ('relu'), `layerNormEps` (1e-5), `batchFirst`
 * (false), `normFirst` (false), `bias` (true), `dtype`, `device`
 * @example
 * const layer = new nn.TransformerEncoderLayer(64, 4, { batchFirst: true, dimFeedforward: 128 })
 * layer.forward(randn([2, 10, 64])).shape // [2, 10, 64]
 */
export class TransformerEncoderLayer extends Module<[src: Tensor, masks?: EncoderMasks]> {
  readonly selfAttn: MultiheadAttention
  readonly linear1: Linear
  readonly linear2: Linear
  readonly norm1: LayerNorm
  readonly norm2: LayerNorm
  readonly drop: Dropout
  readonly activation: (x: Tensor) => Tensor
  readonly normFirst: boolean
  #copy: () => TransformerEncoderLayer

  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super()
    const s = settingsOf('TransformerEncoderLayer', options)
    this.selfAttn = new MultiheadAttention(dModel, nhead, s.attention)
    this.linear1 = new Linear(dModel, s.hidden, s.linear)
    this.linear2 = new Linear(s.hidden, dModel, s.linear)
    this.norm1 = new LayerNorm(dModel, s.norm)
    this.norm2 = new LayerNorm(dModel, s.norm)
    this.drop = new Dropout(s.p)
    this.activation = s.activation
    this.normFirst = s.normFirst
    this.#copy = () => new TransformerEncoderLayer(dModel, nhead, options)
  }

  /** @internal */
  override members(): Member[] { return renamed(super.members()) }
  /** A layer of its own with the same values. */
  copy(): TransformerEncoderLayer {
    const other = this.#copy()
    other.loadStateDict(this.stateDict())
    return other
  }

  override forward(src: Tensor, masks: EncoderMasks = {}): Tensor {
    checkOptions('TransformerEncoderLayer.forward', masks, encoderMaskNames)
    const { mask = null, srcKeyPaddingMask = null, isCausal = false } = masks
    const attend = (x: Tensor): Tensor => this.drop.forward(this.selfAttn.forward(x, x, x, {
      attnMask: mask, keyPaddingMask: srcKeyPaddingMask, isCausal, needWeights: false,
    })[0])
    const feed = (x: Tensor): Tensor =>
      this.drop.forward(this.linear2.forward(this.drop.forward(this.activation(this.linear1.forward(x)))))
    if (this.normFirst) {
      const x = src.add(attend(this.norm1.forward(src)))
      return x.add(feed(this.norm2.forward(x)))
    }
    const x = this.norm1.forward(src.add(attend(src)))
    return this.norm2.forward(x.add(feed(x)))
  }
}
