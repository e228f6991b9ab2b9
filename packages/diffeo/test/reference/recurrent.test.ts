import { describe, expect, test } from 'vitest'
import * as nn from '../../src/nn/index.ts'
import { gradients, type Tensor } from '../../src/tensor/index.ts'
import { expectClose, fixture, toTensor, toTensors, type Arrays, type FixtureArray } from './support.ts'

interface Case {
  name: string; layer: string; options: Record<string, unknown>; lengths: number[] | null
  input: FixtureArray; states: FixtureArray[]; params: Arrays
  outputs: FixtureArray[]; upstream: FixtureArray[]; grads: Arrays
}
const { cases } = fixture<{ cases: Case[] }>('recurrent')

type Recurrent = nn.Module<unknown[], unknown>
const flat = (tree: unknown): Tensor[] => (Array.isArray(tree) ? tree.flatMap(flat) : [tree as Tensor])

describe('recurrent layers as PyTorch has them', () => {
  for (const c of cases) {
    test(c.name, () => {
      const Layer = (nn as unknown as Record<string, new (...args: unknown[]) => Recurrent>)[c.layer]
      const layer = new Layer(3, 4, c.options).to('float64')
      expect(layer.namedParameters().map(([name]) => name)).toEqual(Object.keys(c.params))
      layer.loadStateDict(toTensors(c.params))
      const x = toTensor(c.input)
      const states = c.states.map(toTensor)
      const state = states.length > 1 ? states : states[0]
      const found = flat(c.lengths ? layer.forward(x, state, { lengths: c.lengths }) : layer.forward(x, state))
      expect(found.length).toBe(c.outputs.length)
      const total = found.map((y, i) => y.mul(toTensor(c.upstream[i])).sum()).reduce((a, b) => a.add(b))
      const wrt: [string, Tensor][] =
        [['input', x], ...layer.namedParameters(), ...states.map((s, i): [string, Tensor] => [`state${i}`, s])]
      const grads = gradients(total, wrt.map(([, t]) => t))
      found.forEach((y, i) => { expectClose(y, c.outputs[i], `output ${i}`) })
      wrt.forEach(([name], i) => {
        expectClose(grads[i] as Tensor, c.grads[name] as FixtureArray, `gradient of ${name}`)
      })
    })
  }
})
