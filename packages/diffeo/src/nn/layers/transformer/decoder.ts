/** @file The transformer's decoder. */
import type { Tensor } from '../../../tensor/index.ts'
import { Module, type AnyModule } from '../../module.ts'
import { ModuleList } from '../container/module-list.ts'
import { copiesOf, type Copied } from './copies.ts'
import type { DecoderMasks, TransformerDecoderLayer } from './decoder-layer.ts'

/**
 * Layers one behind the other, each of which looks at the memory: copies of the one given, which begin with its values,
 * and a norm at the end.
 *
 * @remarks Target and output `[T, batch, dModel]`, memory `[S, batch, dModel]`, or as the layer has it.
 * @param layer - what all layers are copies of (by its `copy()`); or a function that makes each, of any module with
 * such a forward
 * @param numLayers - how many there are
 * @param norm - what comes last (nothing)
 * @example
 * const layer = new nn.TransformerDecoderLayer(64, 4, { batchFirst: true, dimFeedforward: 128 })
 * new nn.TransformerDecoder(layer, 2).forward(randn([2, 7, 64]), randn([2, 10, 64])).shape // [2, 7, 64]
 */
export class TransformerDecoder<L extends AnyModule = TransformerDecoderLayer>
  extends Module<[tgt: Tensor, memory: Tensor, masks?: DecoderMasks]> {
  readonly layers: ModuleList<L>
  readonly norm: AnyModule | null

  constructor(layer: Copied<L>, numLayers: number, norm: AnyModule | null = null) {
    super()
    this.layers = new ModuleList(copiesOf('TransformerDecoder', layer, numLayers))
    this.norm = norm
  }

  override forward(tgt: Tensor, memory: Tensor, masks: DecoderMasks = {}): Tensor {
    let x = tgt
    for (const layer of this.layers) x = layer.forward(x, memory, masks) as Tensor
    return this.norm ? this.norm.forward(x) as Tensor : x
  }
}
