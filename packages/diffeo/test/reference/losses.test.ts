import { describe, expect, test } from 'vitest'
import * as nn from '../../src/nn/index.ts'
import { gradients, type Tensor } from '../../src/tensor/index.ts'
import { expectClose, fixture, toTensor, toTensors, type Arrays, type FixtureArray } from './support.ts'

interface Case {
  name: string; op: string; options: Record<string, unknown>; tensorOptions: Arrays
  inputs: { input: FixtureArray; target: FixtureArray }; output: FixtureArray; upstream: FixtureArray; grads: Arrays
}
const { cases } = fixture<{ cases: Case[] }>('losses')

type Loss = (input: Tensor, target: Tensor, options: object) => Tensor
const functions: Record<string, Loss> = {
  mse: nn.mseLoss,
  crossEntropy: nn.crossEntropy,
  bce: nn.binaryCrossEntropy,
  bceWithLogits: nn.binaryCrossEntropyWithLogits,
}
const classes: Record<string, new (options: object) => nn.Module<[Tensor, Tensor]>> = {
  mse: nn.MSELoss, crossEntropy: nn.CrossEntropyLoss, bce: nn.BCELoss, bceWithLogits: nn.BCEWithLogitsLoss,
}

describe('losses as PyTorch has them', () => {
  for (const c of cases) {
    test(c.name, () => {
      const [input, target] = [toTensor(c.inputs.input), toTensor(c.inputs.target)]
      const options = { ...c.options, ...toTensors(c.tensorOptions) }
      const output = functions[c.op](input, target, options)
      // first of all: reading a value cuts the history of what reaches no parameter
      const [dInput, dTarget] = gradients(output.mul(toTensor(c.upstream)).sum(), [input, target])
      expectClose(output, c.output, 'output')
      expectClose(new classes[c.op](options).forward(input, target), c.output, 'output of the class')
      expectClose(dInput as Tensor, c.grads.input!, 'gradient of input')
      if (c.grads.target) expectClose(dTarget as Tensor, c.grads.target, 'gradient of target')
      else expect(dTarget).toBeNull()
    })
  }
})
