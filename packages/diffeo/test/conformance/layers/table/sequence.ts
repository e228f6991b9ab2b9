/** @file Linear maps, tables, recurrent networks, attention and containers. */
import * as nn from '../../../../src/nn/index.ts'
import { tensor, type Tensor } from '../../../../src/tensor/index.ts'
import { of, shape, type Entry } from '../entry.ts'

const linear: Entry[] = [
  of('Linear', [7, 5], shape(3, 7)),
  of('Linear', [7, 5, { bias: false }], shape(2, 3, 7)),
  of('Bilinear', [3, 5, 4], s => [s.floats(2, 3), s.floats(2, 5)]),
  of('Embedding', [7, 5], s => [s.ints(7, 2, 3)]),
  of('Embedding', [7, 5, { paddingIdx: 2 }], s => [s.ints(7, 11)]),
  ...['sum', 'mean', 'max'].map(mode => of('EmbeddingBag', [7, 5, { mode }], s => [s.ints(7, 3, 4)])),
  of('EmbeddingBag', [7, 5, { mode: 'sum' }], s => [s.ints(7, 3, 4), null, s.floats(3, 4)]),
  of('EmbeddingBag', [7, 5, { paddingIdx: 2 }], s => [s.ints(7, 9), tensor(Int32Array.of(0, 4, 4))]),
]

const steps = shape(5, 2, 3)
const recurrent: Entry[] = ['RNN', 'LSTM', 'GRU'].flatMap(kind => [
  of(kind, [3, 4, { bidirectional: true, batchFirst: true }], shape(2, 5, 3)),
  {
    ...of(kind, [3, 4], s => [s.floats(5, 2, 3)]), variant: 'lengths',
    call: (m: nn.AnyModule, x: Tensor) => m.forward(x, null, { lengths: [5, 3] }),
  },
]).concat(
  of('GRU', [3, 4, { numLayers: 2, dropout: 0.3 }], steps),
  of('RNN', [3, 4, { nonlinearity: 'relu', bias: false }], steps),
  of('LSTM', [3, 4, { projSize: 2 }], s =>
    [s.floats(5, 2, 3), [s.floats(1, 2, 2), s.floats(1, 2, 4)]]),
  of('RNNCell', [3, 4], s => [s.floats(2, 3), s.floats(2, 4)]),
  of('GRUCell', [3, 4], s => [s.floats(2, 3), s.floats(2, 4)]),
  of('LSTMCell', [3, 4], shape(2, 3)),
)

const layer = { dimFeedforward: 6, dropout: 0.2 }
const first = { batchFirst: true, ...layer }
const two = (s: { floats(...n: number[]): Tensor }): Tensor[] => [s.floats(2, 5, 6), s.floats(2, 3, 6)]
const attention: Entry[] = [
  of('MultiheadAttention', [6, 2], shape(5, 2, 6)),
  of('MultiheadAttention', [6, 2, { batchFirst: true, dropout: 0.2, addBiasKv: true, addZeroAttn: true }], s =>
    [s.floats(2, 5, 6), s.floats(2, 3, 6), s.floats(2, 3, 6)]),
  {
    ...of('MultiheadAttention', [6, 3, { kdim: 4, vdim: 5, batchFirst: true }], s =>
      [s.floats(2, 5, 6), s.floats(2, 5, 4), s.floats(2, 5, 5)]),
    variant: 'causal, without weights',
    call: (m, q, k, v) => m.forward(q, k, v, { isCausal: true, needWeights: false }),
  },
  of('TransformerEncoderLayer', [6, 2, first], shape(2, 5, 6)),
  of('TransformerEncoderLayer', [6, 2, { ...layer, normFirst: true, activation: 'gelu' }], shape(5, 2, 6)),
  of('TransformerDecoderLayer', [6, 2, first], two),
  {
    ...of('TransformerEncoder', [], shape(2, 5, 6)), variant: 'one layer, a norm',
    make: () => new nn.TransformerEncoder(new nn.TransformerEncoderLayer(6, 2, first), 1, new nn.LayerNorm(6)),
  },
  {
    ...of('TransformerDecoder', [], two), variant: 'one layer, causal',
    make: () => new nn.TransformerDecoder(new nn.TransformerDecoderLayer(6, 2, first), 1),
    call: (m, x, y) => m.forward(x, y, { tgtIsCausal: true }),
  },
  of('Transformer', [{ dModel: 6, nhead: 2, numEncoderLayers: 1, numDecoderLayers: 1, ...first }], two),
]

class Listed extends nn.Module {
  layers = new nn.ModuleList([new nn.Linear(3, 5), new nn.Tanh(), new nn.Linear(5, 2)])
  forward(x: Tensor): Tensor { return [...this.layers].reduce((t, m) => m.forward(t) as Tensor, x) }
}
class Named extends nn.Module<[Tensor], Tensor[]> {
  heads = new nn.ModuleDict({ left: new nn.Linear(3, 2), right: new nn.Linear(3, 4) })
  forward(x: Tensor): Tensor[] { return [...this.heads].map(([, head]) => head.forward(x) as Tensor) }
}
class Scaled extends nn.Module {
  scales = new nn.ParameterList([tensor([1, 2, 3]), tensor([0.5])])
  forward(x: Tensor): Tensor { return [...this.scales].reduce((t: Tensor, p) => t.mul(p), x) }
}
class Shifted extends nn.Module {
  shifts = new nn.ParameterDict({ a: tensor([1, 2, 3]), b: tensor([0.5]) })
  forward(x: Tensor): Tensor { return x.add(this.shifts.get('a')).mul(this.shifts.get('b')) }
}
const inside = (layer: string, Outer: new () => nn.AnyModule): Entry =>
  ({ layer, variant: 'inside a module', make: () => new Outer(), inputs: shape(4, 3) })
const containers: Entry[] = [
  {
    ...of('Sequential', [], shape(4, 3)), variant: 'of three',
    make: () => new nn.Sequential(new nn.Linear(3, 5), new nn.ReLU(), new nn.Linear(5, 2)),
  },
  inside('ModuleList', Listed), inside('ModuleDict', Named), inside('ParameterList', Scaled),
  inside('ParameterDict', Shifted),
]

/** Layers whose weight is computed. */
const made = (variant: string, make: () => nn.AnyModule, more: Partial<Entry> = {}): Entry =>
  ({ layer: 'Linear', variant, make, inputs: shape(3, 5), ...more })
const computed: Entry[] = [
  made('weight norm', () => nn.utils.parametrizations.weightNorm(new nn.Linear(5, 4))),
  made('spectral norm', () => nn.utils.parametrizations.spectralNorm(new nn.Linear(5, 4)), {
    without: { vmapInTraining: 'the singular vectors move once a forward pass' },
  }),
  made('pruned', () => nn.utils.prune.l1Unstructured(new nn.Linear(5, 4), 'weight', 0.4)),
]

export const sequence: readonly Entry[] = [...computed, ...linear, ...recurrent, ...attention, ...containers]
