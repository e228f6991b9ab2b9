/** @file Tables whose rows have a greatest length, and gradients by how often ids occur: PyTorch 2.14.1's numbers. */
import { expect, test } from 'vitest'
import './setup.ts'
import * as nn from '../../../src/nn/index.ts'
import * as optim from '../../../src/optim/index.ts'
import { compile, grad, gradients, tensor, type Tensor } from '../../../src/tensor/index.ts'
import { DiffeoError } from '../../../src/util/errors.ts'

const f64 = { dtype: 'float64' } as const
const table = tensor([[3, 4], [0.3, 0.4], [-6, 8], [1, 1]], f64)
const ids = tensor([[0, 0], [2, 1]], { dtype: 'int32' })
const marks = tensor([[1, 2], [3, 4]], f64).unsqueeze(2)
const near = (found: Tensor, wanted: number[][]): void => {
  const off = found.sub(tensor(wanted, f64)).abs().max()
  expect(off.itemSync()).toBeLessThan(1e-12)
}
const free = { freeze: false }
const all = [[3, 3], [4, 4], [3, 3], [0, 0]]
const [a, b] = [1.1999999760000004, 1.5999999680000005]

test.each<[string, object, number[][], number[][]]>([
  ['maxNorm', { maxNorm: 2 }, [[a, b], [0.3, 0.4], [-1.1999999880000003, 1.5999999840000003], [1, 1]], all],
  [
    'normType 1', { maxNorm: 2, normType: 1 },
    [[0.8571428448979593, 1.1428571265306124], [0.3, 0.4], [-0.8571428510204082, 1.1428571346938776], [1, 1]], all,
  ],
  [
    'normType ∞', { maxNorm: 2, normType: Infinity },
    [[1.499999962500001, 1.9999999500000012], [0.3, 0.4], [-1.4999999812500002, 1.9999999750000004], [1, 1]], all,
  ],
  ['scaleGradByFreq', { scaleGradByFreq: true }, [[3, 4], [0.3, 0.4], [-6, 8], [1, 1]],
    [[1.5, 1.5], [4, 4], [3, 3], [0, 0]]],
  ['all, with padding', { scaleGradByFreq: true, maxNorm: 1, paddingIdx: 2 },
    [[0.5999999880000002, 0.7999999840000003], [0.3, 0.4], [-0.5999999940000001, 0.7999999920000002], [1, 1]],
    [[1.5, 1.5], [4, 4], [0, 0], [0, 0]]],
])('Embedding: %s', (_, options, after, slope) => {
  const layer = nn.Embedding.fromPretrained(table, { ...options, ...free })
  const loss = (): Tensor => layer.forward(ids).mul(marks).sum()
  // in evaluation the rows are short, and the table stays
  layer.eval()
  near(layer.forward(ids).reshape([4, 2]), ids.flatten().arraySync().map((i: number) => after[i]))
  near(layer.weight, table.arraySync())
  near(grad((w: Tensor) => nn.embedding(ids, w, options).mul(marks).sum())(table), slope)
  layer.train()
  near(gradients(loss(), [layer.weight])[0]!, slope)
  near(layer.weight, after)
  layer.weight.assign(table)
  const step = compile(() => {
    const value = loss()
    return [value, gradients(value, [layer.weight])[0]!]
  })
  near(step()[1], slope)
  near(layer.weight, after)
})

test('EmbeddingBag', () => {
  const short = [[a, b], [0.3, 0.4], [-1.1999999880000003, 1.5999999840000003], [1, 1]]
  for (const [mode, slope] of [['sum', [1, 2, 2, 0]], ['mean', [0.5, 1, 1, 0]]] as const) {
    const layer = nn.EmbeddingBag.fromPretrained(table, { mode, maxNorm: 2, scaleGradByFreq: true, ...free })
    const loss = layer.forward(ids).mul(tensor([[1], [2]], f64)).sum()
    near(gradients(loss, [layer.weight])[0]!, slope.map(g => [g, g]))
    near(layer.weight, short)
  }
  const weights = { perSampleWeights: marks.squeeze(2), mode: 'sum', scaleGradByFreq: true } as const
  near(grad((w: Tensor) => nn.embeddingBag(ids, w, weights).sum())(table), [[1.5, 1.5], [4, 4], [3, 3], [0, 0]])
  expect(() => nn.embeddingBag(ids, table, { mode: 'max', scaleGradByFreq: true })).toThrow(DiffeoError)
  expect(() => new nn.Embedding(3, 2, { maxNorm: 0 })).toThrow('maxNorm is 0')
})

test('two uses in one loss, three steps of SGD', () => {
  const layer = nn.Embedding.fromPretrained(table, { maxNorm: 2, ...free })
  const optimizer = new optim.SGD(layer.parameters(), { lr: 0.5 })
  const more = tensor([0, 3], { dtype: 'int32' })
  const step = compile(() => {
    const loss = layer.forward(ids).mul(marks).sum().add(layer.forward(more).square().sum())
    optimizer.minimize(loss)
    return loss
  })
  const losses = [step(), step(), step()].map(l => l.itemSync())
  const wanted = [18.399999660000006, -21.567617262158137, -23.618925756755843]
  wanted.forEach((w, i) => expect(losses[i]).toBeCloseTo(w, 10))
  near(layer.weight, [
    [-1.5, -1.5], [-3.4318471352605266, -3.3963572664409174], [-3.3520719891911224, -2.25487027700484], [0, 0],
  ])
})
