/** @file nn.utils: what PyTorch's numbers do not say. */
import { describe, expect, test } from 'vitest'
import './setup.ts'
import * as nn from '../../../src/nn/index.ts'
import * as optim from '../../../src/optim/index.ts'
import { compile, eye, grad, ones, randn, seed, tensor, type Tensor } from '../../../src/tensor/index.ts'

const { parametrizations, prune } = nn.utils

class Symmetric extends nn.Module {
  forward(x: Tensor): Tensor { return x.triu().add(x.triu(1).T) }
}
class Doubled extends nn.Module {
  forward(x: Tensor): Tensor { return x.mul(2) }
  rightInverse(x: Tensor): Tensor { return x.div(2) }
}

describe('parametrizations', () => {
  test('one after the other; the optimizer made before goes on with the original', () => {
    const layer = new nn.Linear(2, 2, { bias: false })
    layer.weight.assign([[1, 2], [9, 4]])
    const optimizer = new optim.SGD(layer.parameters(), { lr: 1 })
    const { weight } = layer
    nn.utils.registerParametrization(layer, 'weight', new Symmetric())
    nn.utils.registerParametrization(layer, 'weight', new Doubled())
    expect(nn.utils.isParametrized(layer)).toBe(true)
    expect([nn.utils.isParametrized(layer, 'weight'), nn.utils.isParametrized(layer, 'bias')]).toEqual([true, false])
    expect(Object.keys(layer.stateDict())).toEqual(['parametrizations.weight.original'])
    expect(layer.weight.arraySync()).toEqual([[2, 4], [4, 8]])
    optimizer.minimize(layer.forward(tensor([[1, 0]])).sum())
    // d(2·(w₀₀ + w₀₁))/dw
    expect(weight.arraySync()).toEqual([[-1, 0], [9, 4]])
    nn.utils.removeParametrizations(layer, 'weight')
    expect(layer.weight).toBe(weight)
    expect(weight.arraySync()).toEqual([[-2, 0], [0, 8]])
    expect(Object.keys(layer.stateDict())).toEqual(['weight'])
    expect(nn.utils.isParametrized(layer)).toBe(false)
  })
  test('rightInverse keeps the value; leaveParametrized: false gives the original back', () => {
    const layer = new nn.Linear(1, 1, { bias: false })
    layer.weight.assign([[3]])
    nn.utils.registerParametrization(layer, 'weight', new Doubled())
    expect(layer.weight.itemSync()).toBe(3)
    nn.utils.removeParametrizations(layer, 'weight', { leaveParametrized: false })
    expect(layer.weight.itemSync()).toBe(1.5)
  })
  test('spectral norm: u and v move once a forward pass in training, compiled too, not when looked at', () => {
    seed(1)
    const make = (): nn.Linear => parametrizations.spectralNorm(new nn.Linear(3, 4))
    const [layer, other] = [make(), make()]
    other.loadStateDict(layer.stateDict())
    const u = (m: nn.Module): number[] => [...m.stateDict()['parametrizations.weight.0._u'].dataSync()]
    const before = u(layer)
    String(layer)
    layer.weight.dataSync()
    expect(u(layer)).toEqual(before)
    const x = randn([2, 3])
    const step = compile((t: Tensor) => other.forward(t))
    for (let i = 0; i < 2; i++) expect(step(x).allClose(layer.forward(x)).itemSync()).toBe(1)
    expect(u(layer)).not.toEqual(before)
    u(other).forEach((v, i) => expect(v).toBeCloseTo(u(layer)[i], 5))
    const evaluated = u(layer.eval())
    layer.forward(x).dataSync()
    expect(u(layer)).toEqual(evaluated)
  })
  test('orthogonal: columns or rows of length 1 at right angles, whatever is trained', () => {
    seed(3)
    const off = (w: Tensor): number => {
      const square = w.shape[0] < w.shape[1] ? w.matmul(w.T) : w.T.matmul(w)
      return square.sub(eye(square.shape[0])).abs().max().itemSync()
    }
    const kinds = [[3, 5, null], [5, 3, 'householder'], [4, 4, 'cayley'], [4, 4, null]] as const
    for (const [inputs, outputs, map] of kinds) {
      const layer = parametrizations.orthogonal(new nn.Linear(inputs, outputs), 'weight', { orthogonalMap: map })
      expect(off(layer.weight)).toBeLessThan(1e-5)
      const before = layer.weight.detach()
      const loss = layer.forward(randn([2, inputs])).square().sum()
      new optim.SGD(layer.parameters(), { lr: 0.1 }).minimize(loss)
      expect(off(layer.weight)).toBeLessThan(1e-5)
      expect(layer.weight.sub(before).abs().max().itemSync()).toBeGreaterThan(1e-4)
    }
    const turned = new nn.Linear(2, 2)
    turned.weight.assign([[0, 1], [-1, 0]])
    parametrizations.orthogonal(turned)
    turned.weight.dataSync().forEach((w, i) => expect(w).toBeCloseTo([0, 1, -1, 0][i], 6))
    const reflected = new nn.Linear(2, 3)
    reflected.weight.assign([[0, 1], [-1, 0], [0, 0]])
    parametrizations.orthogonal(reflected, 'weight', { useTrivialization: false })
    reflected.weight.dataSync().forEach((w, i) => expect(w).toBeCloseTo([0, 1, -1, 0, 0, 0][i], 6))
    expect(() => parametrizations.orthogonal(turned, 'bias')).toThrow('expected a matrix')
  })
  test('functionalCall and grad see the originals', () => {
    const layer = parametrizations.weightNorm(new nn.Linear(2, 1, { bias: false }))
    const [length, direction] = ['original0', 'original1'].map(key => `parametrizations.weight.${key}`)
    const state: Record<string, Tensor> = {
      [length]: tensor([[2]]), [direction]: tensor([[3, 4]]),
    }
    const loss = (s: Record<string, Tensor>): Tensor => nn.functionalCall(layer, s, tensor([[1, 0]])).sum()
    expect(loss(state).itemSync()).toBeCloseTo(1.2, 6)
    expect(grad(loss)(state)[length].itemSync()).toBeCloseTo(0.6, 6)
  })
  test('of recurrent and attention layers, under the names of their states', () => {
    seed(0)
    const x = randn([3, 2, 4])
    const lstm = new nn.LSTM(4, 4)
    const [before] = lstm.forward(x)
    parametrizations.weightNorm(lstm, 'weight_hh_l0')
    expect(lstm.forward(x)[0].allClose(before).itemSync()).toBe(1)
    expect(lstm.parameters().length).toBe(5)
    const attention = parametrizations.weightNorm(new nn.MultiheadAttention(4, 2), 'in_proj_weight')
    expect(Object.keys(attention.stateDict())).toContain('parametrizations.in_proj_weight.original1')
    expect(attention.forward(x)[0].shape).toEqual([3, 2, 4])
    nn.utils.removeParametrizations(attention, 'in_proj_weight')
    expect(Object.keys(attention.stateDict())).toContain('in_proj_weight')
  })
  test('errors', () => {
    const layer = new nn.Linear(2, 2)
    expect(() => parametrizations.weightNorm(layer, 'wieght'))
      .toThrow("has no parameter 'wieght' of its own: it has weight, bias")
    expect(() => nn.utils.removeParametrizations(layer, 'weight')).toThrow('is not parametrized')
    parametrizations.weightNorm(layer)
    expect(() => nn.utils.removeParametrizations(layer, 'weight', { leaveParametrized: false })).toThrow('2 originals')
  })
})

describe('pruning', () => {
  test('what is pruned stays 0 in training, and remove makes it so for good', () => {
    const layer = new nn.Linear(4, 1, { bias: false })
    layer.weight.assign([[1, -4, 2, 3]])
    const optimizer = new optim.SGD(layer.parameters(), { lr: 1 })
    expect(prune.isPruned(layer)).toBe(false)
    prune.l1Unstructured(layer, 'weight', 0.5)
    const model = new nn.Sequential(layer)
    expect(prune.isPruned(model)).toBe(true)
    expect(Object.keys(model.stateDict())).toEqual(['0.weight_orig', '0.weight_mask'])
    optimizer.minimize(layer.forward(ones([1, 4])).sum())
    expect(layer.weight.arraySync()).toEqual([[0, -5, 0, 2]])
    prune.remove(layer, 'weight')
    expect(layer.stateDict().weight.arraySync()).toEqual([[0, -5, 0, 2]])
    expect(prune.isPruned(model)).toBe(false)
  })
  test('random, by a mask, in name only', () => {
    const layer = prune.randomUnstructured(new nn.Linear(5, 4), 'weight', 7)
    expect(layer.stateDict().weight_mask.sum().itemSync()).toBe(13)
    const rows = prune.randomStructured(new nn.Linear(5, 4), 'weight', 0.5, 0).stateDict().weight_mask.sum(1)
    expect([...rows.dataSync()].sort()).toEqual([0, 0, 5, 5])
    const chosen = prune.customFromMask(new nn.Linear(2, 1), 'weight', tensor([[0, 1]]))
    expect(Math.abs(chosen.weight.index(0, 0).itemSync())).toBe(0)
    const same = prune.identity(new nn.Linear(2, 1), 'bias')
    expect(Object.keys(same.stateDict())).toEqual(['weight', 'bias_orig', 'bias_mask'])
  })
  test('errors', () => {
    const layer = new nn.Linear(2, 3)
    expect(() => prune.l1Unstructured(layer, 'weight', 1.5)).toThrow('the amount is 1.5')
    expect(() => prune.l1Unstructured(layer, 'weight', 7)).toThrow('a whole number up to 6')
    expect(() => prune.lnStructured(layer, 'weight', 1, 2, 2)).toThrow('no axis 2')
    expect(() => prune.remove(layer, 'weight')).toThrow("'weight' of Linear 2→3 is not pruned")
    expect(() => prune.customFromMask(layer, 'weight', ones([2]))).toThrow('the mask is [2]')
  })
})

test('parameters as a vector, and back', () => {
  const layer = new nn.Linear(2, 3)
  const vector = nn.utils.parametersToVector(layer.parameters())
  expect(vector.shape).toEqual([9])
  nn.utils.vectorToParameters(tensor([0, 1, 2, 3, 4, 5, 6, 7, 8]), layer.parameters())
  expect(layer.weight.arraySync()).toEqual([[0, 1], [2, 3], [4, 5]])
  expect(layer.bias!.arraySync()).toEqual([6, 7, 8])
  expect(() => nn.utils.vectorToParameters(ones([8]), layer.parameters())).toThrow('the parameters have 9 elements')
})

test('sequences side by side, and apart again', () => {
  const { padSequence, unpadSequence } = nn.utils.rnn
  const sequences = [tensor([[1, 2], [3, 4], [5, 6]]), tensor([[7, 8]])]
  expect(padSequence(sequences).shape).toEqual([3, 2, 2])
  const rows = padSequence(sequences, { batchFirst: true, paddingValue: -1 })
  expect(rows.arraySync()).toEqual([[[1, 2], [3, 4], [5, 6]], [[7, 8], [-1, -1], [-1, -1]]])
  const left = padSequence(sequences, { batchFirst: true, paddingSide: 'left' })
  expect(left.index(1).arraySync()).toEqual([[0, 0], [0, 0], [7, 8]])
  const apart = unpadSequence(rows, [3, 1], { batchFirst: true })
  expect(apart.map(s => s.arraySync())).toEqual(sequences.map(s => s.arraySync()))
  expect(() => padSequence([ones([2, 3]), ones([2])])).toThrow('equal axes behind')
})

test('fusion wants evaluation', () => {
  const [conv, bn] = [new nn.Conv2d(1, 2, 3), new nn.BatchNorm2d(2)]
  expect(() => nn.utils.fuseConvBnEval(conv, bn)).toThrow('call eval() first')
  expect(() => nn.utils.fuseConvBnEval(conv.eval(), new nn.BatchNorm2d(2, { trackRunningStats: false }).eval()))
    .toThrow('no running statistics')
})
