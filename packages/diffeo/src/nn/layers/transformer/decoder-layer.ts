/** @file A layer of the transformer's decoder. */
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
export interface DecoderMasks {
  tgtMask?: Tensor | null
  memoryMask?: Tensor | null
  tgtKeyPaddingMask?: Tensor | null
  memoryKeyPaddingMask?: Tensor | null
  tgtIsCausal?: boolean
  memoryIsCausal?: boolean
}
const maskNames: Names<DecoderMasks> = {
  tgtMask: true, memoryMask: true, tgtKeyPaddingMask: true, memoryKeyPaddingMask: true, tgtIsCausal: true,
  memoryIsCausal: true,
}

/**
 * Self-attention, attention to the encoder's output, then two linear maps with an activation between them; around each
 * a sum with what went in, and a layer norm.
 *
 * @remarks Target and output `[T, batch, dModel]`, memory `[S, batch, dModel]`, or with the batch first, or without.
 * Vaswani et al., "Attention is all you need" (2017).
 * @param dModel - columns of input and output
 * @param nhead - heads
 * @param options - as of TransformerEncoderLayer
 * @example
 * const layer = new nn.TransformerDecoderLayer(64, 4, { batchFirst: true, dimFeedforward: 128 })
 * layer.forward(randn([2, 7, 64]), randn([2, 10, 64])).shape // [2, 7, 64]
 */
export class TransformerDecoderLayer extends Module<[tgt: Tensor, memory: Tensor, masks?: DecoderMasks]> {
  readonly selfAttn: MultiheadAttention
  readonly multiheadAttn: MultiheadAttention
  readonly linear1: Linear
  readonly linear2: Linear
  readonly norm1: LayerNorm
  readonly norm2: LayerNorm
  readonly norm3: LayerNorm
  readonly drop: Dropout
  readonly activation: (x: Tensor) => Tensor
  readonly normFirst: boolean
  #copy: () => TransformerDecoderLayer

  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super()
    const s = settingsOf('TransformerDecoderLayer', options)
    this.selfAttn = new MultiheadAttention(dModel, nhead, s.attention)
    this.multiheadAttn = new MultiheadAttention(dModel, nhead, s.attention)
    this.linear1 = new Linear(dModel, s.hidden, s.linear)
    this.linear2 = new Linear(s.hidden, dModel, s.linear)
    this.norm1 = new LayerNorm(dModel, s.norm)
    this.norm2 = new LayerNorm(dModel, s.norm)
    this.norm3 = new LayerNorm(dModel, s.norm)
    this.drop = new Dropout(s.p)
    this.activation = s.activation
    this.normFirst = s.normFirst
    this.#copy = () => new TransformerDecoderLayer(dModel, nhead, options)
  }

  /** @internal */
  override members(): Member[] { return renamed(super.members()) }
  /** A layer of its own with the same values. */
  copy(): TransformerDecoderLayer {
    const other = this.#copy()
    other.loadStateDict(this.stateDict())
    return other
  }

  override forward(tgt: Tensor, memory: Tensor, masks: DecoderMasks = {}): Tensor {
    checkOptions('TransformerDecoderLayer.forward', masks, maskNames)
    const self = (x: Tensor): Tensor => this.drop.forward(this.selfAttn.forward(x, x, x, {
      attnMask: masks.tgtMask ?? null, keyPaddingMask: masks.tgtKeyPaddingMask ?? null,
      isCausal: masks.tgtIsCausal ?? false, needWeights: false,
    })[0])
    const look = (x: Tensor): Tensor => this.drop.forward(this.multiheadAttn.forward(x, memory, memory, {
      attnMask: masks.memoryMask ?? null, keyPaddingMask: masks.memoryKeyPaddingMask ?? null,
      isCausal: masks.memoryIsCausal ?? false, needWeights: false,
    })[0])
    const feed = (x: Tensor): Tensor =>
      this.drop.forward(this.linear2.forward(this.drop.forward(this.activation(this.linear1.forward(x)))))
    const steps = [[self, this.norm1], [look, this.norm2], [feed, this.norm3]] as const
    return steps.reduce((x, [f, norm]) => (this.normFirst ? x.add(f(norm.forward(x))) : norm.forward(x.add(f(x)))), tgt)
  }
}
