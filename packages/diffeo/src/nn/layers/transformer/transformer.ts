/** @file Encoder and decoder. */
import { full, type Device, type DType, type Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { xavierUniform } from '../../init/xavier.ts'
import { Module } from '../../module.ts'
import { LayerNorm } from '../norm/layer-norm.ts'
import { TransformerDecoder } from './decoder.ts'
import { TransformerDecoderLayer, type DecoderMasks } from './decoder-layer.ts'
import { TransformerEncoder } from './encoder.ts'
import { TransformerEncoderLayer } from './encoder-layer.ts'
import { layerNames, settingsOf, type TransformerLayerOptions } from './options.ts'

export interface TransformerOptions extends TransformerLayerOptions {
  dModel?: number
  nhead?: number
  numEncoderLayers?: number
  numDecoderLayers?: number
}

/** PyTorch's masks: bool, true is left out; or float, added to the scores. */
export interface TransformerMasks extends DecoderMasks {
  srcMask?: Tensor | null
  srcKeyPaddingMask?: Tensor | null
  srcIsCausal?: boolean
}

/**
 * An encoder, and a decoder that looks at what it gives.
 *
 * @remarks Source `[S, batch, dModel]`, target and output `[T, batch, dModel]`, or with the batch first, or without.
 * Vaswani et al., "Attention is all you need" (2017).
 * @param options - `dModel` (512), `nhead` (8), `numEncoderLayers`, `numDecoderLayers` (6), and those of
 * TransformerEncoderLayer
 * @example
 * const sizes = { dModel: 32, nhead: 4, numEncoderLayers: 1, numDecoderLayers: 1 }
 * const model = new nn.Transformer({ ...sizes, batchFirst: true })
 * model.forward(randn([2, 10, 32]), randn([2, 7, 32]), { tgtIsCausal: true }).shape // [2, 7, 32]
 */
export class Transformer extends Module<[src: Tensor, tgt: Tensor, masks?: TransformerMasks]> {
  readonly encoder: TransformerEncoder
  readonly decoder: TransformerDecoder

  constructor(options: TransformerOptions = {}) {
    super()
    checkOptions('Transformer', options, {
      dModel: true, nhead: true, numEncoderLayers: true, numDecoderLayers: true, ...layerNames,
    })
    const { dModel = 512, nhead = 8, numEncoderLayers = 6, numDecoderLayers = 6, ...layer } = options
    const { norm } = settingsOf('Transformer', layer)
    this.encoder = new TransformerEncoder(
      new TransformerEncoderLayer(dModel, nhead, layer), numEncoderLayers, new LayerNorm(dModel, norm))
    this.decoder = new TransformerDecoder(
      new TransformerDecoderLayer(dModel, nhead, layer), numDecoderLayers, new LayerNorm(dModel, norm))
    for (const p of this.parameters()) if (p.rank > 1) xavierUniform(p)
  }

  override forward(src: Tensor, tgt: Tensor, masks: TransformerMasks = {}): Tensor {
    const { srcMask = null, srcKeyPaddingMask = null, srcIsCausal = false, ...rest } = masks
    const memory = this.encoder.forward(src, { mask: srcMask, srcKeyPaddingMask, isCausal: srcIsCausal })
    return this.decoder.forward(tgt, memory, rest)
  }

  /** −∞ above the diagonal, 0 elsewhere: `[size, size]`. `isCausal` says the same without a mask in memory. */
  static generateSquareSubsequentMask(size: number, options: { dtype?: DType; device?: Device } = {}): Tensor {
    return full([size, size], -Infinity, options).triu(1)
  }
}
