/** @file Layers and functions of several inputs or outputs, and layers with running statistics. */
import { describe, expect, test } from 'vitest'
import * as nn from '../../src/nn/index.ts'
import { gradients, tensor, zerosLike, type Tensor } from '../../src/tensor/index.ts'
import { expectClose, fixture, toTensor, toTensors, type Arrays, type FixtureArray } from './support.ts'

interface Case {
  name: string; layer?: string; op?: string; args: unknown[]; options: Record<string, unknown>
  tensorOptions?: Arrays; inputs: FixtureArray[]; outputSize?: number[]; training?: boolean
  params?: Arrays; buffers?: Arrays; buffersAfter?: Arrays
  outputs: FixtureArray[]; upstream: (FixtureArray | null)[]; grads: Arrays
}
const { cases } = fixture<{ cases: Case[] }>('modules')

type AnyLayer = nn.Module<any[], unknown>
const all = nn as unknown as Record<string, (new (...args: unknown[]) => AnyLayer) & ((...args: unknown[]) => unknown)>

function layerOf({ layer, args, options, tensorOptions, params, buffers, training }: Case): AnyLayer {
  const given = { ...options, ...toTensors(tensorOptions ?? {}) }
  const made = Object.keys(given).length > 0 ? new all[layer!](...args, given) : new all[layer!](...args)
  made.to('float64').loadStateDict({ ...toTensors(params ?? {}), ...toTensors(buffers ?? {}) })
  return made.train(training)
}

const flat = (tree: unknown): Tensor[] =>
  Array.isArray(tree) ? tree.flatMap(flat) : 'node' in (tree as object) ? [tree as Tensor]
    : Object.values(tree as object).flatMap(flat)

describe('modules and functions as PyTorch has them', () => {
  for (const c of cases) {
    test(c.name, () => {
      const inputs = c.inputs.map(toTensor)
      const layer = c.layer ? layerOf(c) : null
      const outputs = flat(layer ? layer.forward(...inputs, ...sizeOf(c)) : callOf(c, inputs))
      expect(outputs.length).toBe(c.outputs.length)
      const terms = outputs.flatMap((o, i) => (c.upstream[i] ? [o.mul(toTensor(c.upstream[i])).sum()] : []))
      const named: [string, Tensor][] = [
        ...inputs.map((x, i): [string, Tensor] => [`input${i}`, x]), ...(layer?.namedParameters() ?? []),
      ]
      const wanted = named.filter(([name]) => c.grads[name])
      const found = gradients(terms.reduce((a, b) => a.add(b)), wanted.map(([, t]) => t))
      outputs.forEach((o, i) => expectClose(o, c.outputs[i], `output ${i}`))
      // where PyTorch has zeros for what nothing depends on, there is no gradient here
      wanted.forEach(([name, t], i) => expectClose(found[i] ?? zerosLike(t), c.grads[name]!, `gradient of ${name}`))
      for (const [key, after] of Object.entries(c.buffersAfter ?? {})) expectClose(layer!.stateDict()[key], after!, key)
    })
  }
})

/** Options by name, where there are any. */
function optionsOf({ options }: Case): Record<string, unknown>[] {
  return Object.keys(options).length > 0 ? [options] : []
}
const sizeOf = ({ outputSize }: Case): number[][] => (outputSize ? [outputSize] : [])

function callOf(c: Case, inputs: readonly Tensor[]): unknown {
  if (c.op !== 'embeddingBag') return all[c.op!](...inputs, ...c.args, ...optionsOf(c))
  const [ids, weight, perSampleWeights = null] = inputs
  const { offsets, ...options } = c.options
  const begins = offsets ? tensor(Int32Array.from(offsets as number[])) : null
  return all.embeddingBag(ids, weight, { ...options, offsets: begins, perSampleWeights })
}
