/** @file The transformer's encoder. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { Module, type AnyModule } from '../../module.ts'
import { ModuleList } from '../container/module-list.ts'
import { copiesOf, type Copied } from './copies.ts'
import { encoderMaskNames, type EncoderMasks, type TransformerEncoderLayer } from './encoder-layer.ts'

/**
 * Layers one behind the other: copies of the one given, which begin with its values, and a norm at the end.
 *
 * @remarks Input and output `[S, batch, dModel]`, or as the layer has it.
 * @param layer - what all layers are copies of (by its `copy()`); or a function that makes each, of any module with
 * such a forward
 * @param numLayers - how many there are
 * @param norm - what comes last (nothing)
 * @example
 * const layer = new nn.TransformerEncoderLayer(64, 4, { batchFirst: true, dimFeedforward: 128 })
 * new nn.TransformerEncoder(layer, 2).forward(randn([2, 10, 64])).shape // [2, 10, 64]
 */
export class TransformerEncoder<L extends AnyModule = TransformerEncoderLayer>
  extends Module<[src: Tensor, masks?: EncoderMasks]> {
  readonly layers: ModuleList<L>
  readonly norm: AnyModule | null

  constructor(layer: Copied<L>, numLayers: number, norm: AnyModule | null = null) {
    super()
    this.layers = new ModuleList(copiesOf('TransformerEncoder', layer, numLayers))
    this.norm = norm
  }

  override forward(src: Tensor, masks: EncoderMasks = {}): Tensor {
    checkOptions('TransformerEncoder.forward', masks, encoderMaskNames)
    let x = src
    for (const layer of this.layers) x = layer.forward(x, masks) as Tensor
    return this.norm ? this.norm.forward(x) as Tensor : x
  }
}
