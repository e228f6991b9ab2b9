import { describe, expect, test } from 'vitest'
import * as nn from '../../src/nn/index.ts'
import { gradients, type Tensor } from '../../src/tensor/index.ts'
import { expectClose, fixture, toTensor, toTensors, type Arrays, type FixtureArray } from './support.ts'

interface Product {
  name: string; options: nn.ScaledDotProductOptions; mask: FixtureArray | null; inputs: Arrays
  output: FixtureArray; upstream: FixtureArray; grads: Arrays
}
interface Layer {
  name: string; layer: string; args: unknown[]; options: Record<string, unknown>; same: boolean
  masks: Record<string, FixtureArray | boolean>; inputs: FixtureArray[]; params: Arrays
  outputs: FixtureArray[]; upstreams: FixtureArray[]; grads: Arrays
}
const { products, cases } = fixture<{ products: Product[]; cases: Layer[] }>('attention')

describe('scaledDotProductAttention as PyTorch has it', () => {
  for (const c of products) {
    test(c.name, () => {
      const inputs = toTensors(c.inputs)
      const { query, key, value } = inputs
      const mask = inputs.mask ?? (c.mask && toTensor(c.mask))
      const output = nn.scaledDotProductAttention(query, key, value, { ...c.options, mask })
      const names = Object.keys(inputs)
      const found = gradients(output.mul(toTensor(c.upstream)).sum(), names.map(n => inputs[n]))
      expectClose(output, c.output, 'output')
      names.forEach((n, i) => expectClose(found[i] as Tensor, c.grads[n]!, `gradient of ${n}`))
    })
  }
})

/** PyTorch's masks by position are options of the layers' names. */
const renamed: Record<string, string> = { srcMask: 'mask' }

type AnyLayer = nn.Module<any[], any>
function build({ layer, args, options }: Layer): AnyLayer {
  const Made = (nn as unknown as Record<string, new (...args: unknown[]) => AnyLayer>)[layer]
  return Object.keys(options).length > 0 ? new Made(...args, options) : new Made(...args)
}

describe('layers as PyTorch has them', () => {
  for (const c of cases) {
    test(c.name, () => {
      const layer = build(c).to('float64')
      expect(Object.keys(layer.stateDict()).sort()).toEqual(Object.keys(c.params).sort())
      layer.loadStateDict(toTensors(c.params))
      const given = c.inputs.map(toTensor)
      const xs = c.same ? [given[0], given[0], given[0]] : given
      const masks = Object.entries(c.masks).map(([key, m]) =>
        [renamed[key] ?? key, typeof m === 'object' ? toTensor(m) : m])
      const result: Tensor | (Tensor | null)[] =
        masks.length > 0 ? layer.forward(...xs, Object.fromEntries(masks)) : layer.forward(...xs)
      const outputs = [result].flat() as Tensor[]
      const loss = outputs.map((o, i) => o.mul(toTensor(c.upstreams[i])).sum()).reduce((a, b) => a.add(b))
      const inputs = given.map((x, i): [string, Tensor] => [`input ${i}`, x])
      const named: [string, Tensor][] = [...inputs, ...layer.namedParameters()]
      const found = gradients(loss, named.map(([, t]) => t))
      outputs.forEach((o, i) => expectClose(o, c.outputs[i], `output ${i}`))
      named.forEach(([name], i) => expectClose(found[i] as Tensor, c.grads[name]!, `gradient of ${name}`))
    })
  }
})
