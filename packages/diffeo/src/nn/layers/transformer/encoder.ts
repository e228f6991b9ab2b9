/** @file The transformer's encoder. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { Module, type AnyModule } from '../../module.ts'
import { positive } from '../../sizes.ts'
import { ModuleList } from '../container/module-list.ts'
import { encoderMaskNames, type EncoderMasks, type TransformerEncoderLayer } from './encoder-layer.ts'

/**
 * Layers one behind the other: copies of the one given, which begin with its values, and a norm at the end.
 *
 * @remarks Input and output `[S, batch, dModel]`, or as the layer has it.
 * @param layer - what all layers are copies of
 * @param numLayers - how many there are
 * @param norm - what comes last (nothing)
 * @example
 * const layer = new nn.TransformerEncoderLayer(64, 4, { batchFirst: true, dimFeedforward: 128 })
 * new nn.TransformerEncoder(layer, 2).forward(randn([2, 10, 64])).shape // [2, 10, 64]
 */
export class TransformerEncoder extends Module<[src: Tensor, masks?: EncoderMasks]> {
  readonly layers: ModuleList<TransformerEncoderLayer>
  readonly norm: AnyModule | null

  constructor(layer: TransformerEncoderLayer, numLayers: number, norm: AnyModule | null = null) {
    super()
    positive('TransformerEncoder: numLayers', numLayers)
    this.layers = new ModuleList(Array.from({ length: numLayers }, () => layer.copy()))
    this.norm = norm
  }

  override forward(src: Tensor, masks: EncoderMasks = {}): Tensor {
    checkOptions('TransformerEncoder.forward', masks, encoderMaskNames)
    let x = src
    for (const layer of this.layers) x = layer.forward(x, masks)
    return this.norm ? this.norm.forward(x) as Tensor : x
  }
}
