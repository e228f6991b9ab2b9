/** @file nn.utils against torch.nn.utils: weights that are computed, pruning, fusion. */
import { describe, expect, test } from 'vitest'
import * as nn from '../../src/nn/index.ts'
import { gradients, Parameter, type Tensor } from '../../src/tensor/index.ts'
import { expectClose, fixture, toTensor, toTensors, type Arrays, type FixtureArray } from './support.ts'

interface Computed {
  name: string; op: 'weightNorm' | 'spectralNorm' | 'orthogonal'; layer: string; args: number[]; parameter: string
  options: Record<string, unknown>; training: boolean; input: FixtureArray; params: Arrays; buffers: Arrays
  buffersAfter: Arrays; output: FixtureArray; upstream: FixtureArray; grads: Arrays
}
interface Pruned { name: string; op: string; calls: number[][]; weight: FixtureArray; mask: FixtureArray }
interface Fused {
  name: string; layer: string; args: number[]; options: object; norm: string; eps: number; params: Arrays
  normalizing: Arrays; input: FixtureArray; output: FixtureArray; weight: FixtureArray; bias: FixtureArray
}
const { cases, pruned, globally, fused } = fixture<{
  cases: Computed[]; pruned: Pruned[]; fused: Fused[]
  globally: { weights: FixtureArray[]; masks: FixtureArray[]; amount: number }
}>('utils')

const layers = nn as unknown as Record<string, new (...args: unknown[]) => nn.Module>

describe('parametrizations as PyTorch has them', () => {
  for (const c of cases) {
    test(c.name, () => {
      const plain = new layers[c.layer](...c.args).to('float64')
      const layer = nn.utils.parametrizations[c.op](plain, c.parameter, c.options).train(c.training)
      expect(layer.namedParameters().map(([name]) => name).sort()).toEqual(Object.keys(c.params).sort())
      layer.loadStateDict({ ...toTensors(c.params), ...toTensors(c.buffers) })
      const x = toTensor(c.input)
      const output = layer.forward(x)
      const named: [string, Tensor][] = [['input', x], ...layer.namedParameters()]
      const found = gradients(output.mul(toTensor(c.upstream)).sum(), named.map(([, t]) => t))
      expectClose(output, c.output, 'output')
      named.forEach(([name], i) => expectClose(found[i] as Tensor, c.grads[name]!, `gradient of ${name}`))
      for (const [key, after] of Object.entries(c.buffersAfter)) expectClose(layer.stateDict()[key], after!, key)
      // the same function without the parametrization
      layer.eval()
      const computed = layer.forward(x).dataSync()
      nn.utils.removeParametrizations(layer, c.parameter)
      expect(Object.keys(layer.stateDict()).sort()).toEqual(['bias', 'weight'])
      layer.forward(x).dataSync().forEach((y, i) => expect(y).toBeCloseTo(computed[i], 12))
    })
  }
})

class Holder extends nn.Module {
  weight: Parameter
  constructor(weight: Tensor) {
    super()
    this.weight = new Parameter(weight)
  }
  forward(x: Tensor): Tensor { return x.mul(this.weight) }
}

describe('pruning as PyTorch has it', () => {
  for (const c of pruned) {
    test(c.name, () => {
      const module = new Holder(toTensor(c.weight))
      const prune = nn.utils.prune as unknown as Record<string, (m: nn.Module, name: string, ...call: number[]) => void>
      for (const call of c.calls) prune[c.op](module, 'weight', ...call)
      expect(Object.keys(module.stateDict())).toEqual(['weight_orig', 'weight_mask'])
      expectClose(module.stateDict().weight_mask, c.mask, 'mask')
    })
  }
  test('globally', () => {
    const modules = globally.weights.map(w => new Holder(toTensor(w)))
    nn.utils.prune.globalUnstructured(modules.map(m => [m, 'weight'] as const), { amount: globally.amount })
    modules.forEach((m, i) => expectClose(m.stateDict().weight_mask, globally.masks[i], `mask ${i}`))
  })
})

describe('fusion as PyTorch has it', () => {
  for (const c of fused) {
    test(c.name, () => {
      const layer = new layers[c.layer](...c.args, c.options).to('float64').eval()
      layer.loadStateDict(toTensors(c.params))
      const bn = new layers[c.norm](3, { eps: c.eps }).to('float64').eval()
      bn.loadStateDict(toTensors(c.normalizing), { strict: false })
      const fuse = c.layer === 'Linear' ? nn.utils.fuseLinearBnEval : nn.utils.fuseConvBnEval
      const one = (fuse as (a: nn.Module, b: nn.Module) => nn.Linear)(layer, bn)
      expectClose(one.weight, c.weight, 'weight')
      expectClose(one.bias!, c.bias, 'bias')
      expectClose(one.forward(toTensor(c.input)), c.output, 'output')
    })
  }
})
