import { describe, expect, test } from 'vitest'
import * as nn from '../../src/nn/index.ts'
import { gradients, type Tensor } from '../../src/tensor/index.ts'
import { expectClose, fixture, toTensor, toTensors, type Arrays, type FixtureArray } from './support.ts'

interface Case {
  name: string; layer: string; args: unknown[]; options: Record<string, unknown>
  input: FixtureArray; params: Arrays; output: FixtureArray; upstream: FixtureArray; grads: Arrays
  training?: boolean; buffers?: Arrays; buffersAfter?: Arrays
}
const { cases } = fixture<{ cases: Case[] }>('layers')

/** Arguments, and options only where there are any (Flatten and others take none). */
function build({ layer, args, options }: Case): nn.Module {
  const Layer = (nn as unknown as Record<string, new (...args: unknown[]) => nn.Module>)[layer]
  return Object.keys(options).length > 0 ? new Layer(...args, options) : new Layer(...args)
}

describe('layers as PyTorch has them', () => {
  for (const c of cases) {
    test(c.name, () => {
      const layer = build(c).to('float64')
      layer.loadStateDict({ ...toTensors(c.params), ...toTensors(c.buffers ?? {}) })
      layer.train(c.training ?? true)
      const x = toTensor(c.input)
      const output = layer.forward(x)
      const names = layer.namedParameters()
      expect(names.map(([name]) => name).sort()).toEqual(Object.keys(c.params).sort())
      const found = gradients(output.mul(toTensor(c.upstream)).sum(), [x, ...names.map(([, p]) => p)])
      expectClose(output, c.output, 'output')
      const keys = ['input', ...names.map(([name]) => name)]
      keys.forEach((key, i) => {
        if (c.grads[key]) expectClose(found[i] as Tensor, c.grads[key], `gradient of ${key}`)
        else expect(found[i]).toBeNull()
      })
      for (const [key, after] of Object.entries(c.buffersAfter ?? {})) expectClose(layer.stateDict()[key], after!, key)
    })
  }
})
