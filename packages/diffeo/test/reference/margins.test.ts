/** @file Losses with margins, likelihoods, CTC, focal, Dice and contrastive losses. */
import { describe, expect, test } from 'vitest'
import * as nn from '../../src/nn/index.ts'
import { gradients, type Tensor } from '../../src/tensor/index.ts'
import { expectClose, fixture, toTensor, toTensors, type Arrays, type FixtureArray } from './support.ts'

interface Case {
  name: string; op: string; options: Record<string, unknown>; tensorOptions: Arrays
  inputs: Record<string, FixtureArray>; output: FixtureArray; upstream: FixtureArray; grads: Arrays
}
type Loss = (inputs: readonly Tensor[], options: Record<string, unknown>) => Tensor
type Function = (...args: unknown[]) => Tensor
type Class = new (options: object) => { forward: Function }

/** What a case calls: the function, then the class. */
function forms(op: string): [Loss, Loss] {
  const name = op === 'crossEntropy' || op === 'klDiv' || op === 'infoNCE' ? `${op}Loss` : op
  const className = name.replace('ctc', 'CTC').replace('mse', 'MSE').replace('nll', 'NLL').replace('kl', 'KL')
    .replace('multilabel', 'MultiLabel').replace(/^./, c => c.toUpperCase())
  const from = nn as unknown as Record<string, Function> & Record<string, Class>
  return [
    (inputs, options) => from[op](...inputs, options),
    (inputs, options) => new from[className](options).forward(...inputs),
  ]
}

const squares = (a: Tensor, b: Tensor): Tensor => a.sub(b).square().sum(1)
/** A case's inputs and options in the words of ours. */
function adapted(op: string, inputs: Tensor[], options: Record<string, unknown>): Parameters<Loss> {
  if (op === 'ctcLoss') return [[inputs[0].logSoftmax(-1), ...inputs.slice(1)], options]
  if (op === 'infoNCE') return [inputs.slice(0, 2), { ...options, negatives: inputs[2] }]
  const { own, ...rest } = options
  return [inputs, own ? { ...rest, distanceFunction: squares } : rest]
}

for (const name of ['margins', 'likelihoods']) {
  describe(`${name} as PyTorch has them`, () => {
    for (const c of fixture<{ cases: Case[] }>(name).cases) {
      test(c.name, () => {
        const leaves = Object.values(c.inputs).map(toTensor)
        const args = adapted(c.op, leaves, { ...c.options, ...toTensors(c.tensorOptions) })
        const [byFunction, byClass] = forms(c.op)
        const output = byFunction(...args)
        const found = gradients(output.mul(toTensor(c.upstream)).sum(), leaves)
        expectClose(output, c.output, 'output')
        expectClose(byClass(...args), c.output, 'output of the class')
        Object.keys(c.inputs).forEach((key, i) => {
          if (c.grads[key]) expectClose(found[i] as Tensor, c.grads[key], `gradient of ${key}`)
          else expect(found[i]).toBeNull()
        })
      })
    }
  })
}
