/** @file linalg and fft against PyTorch's float64: values and gradients. */
import { describe, expect, test } from 'vitest'
import { expectClose, fixture, toTensor, type FixtureArray } from './support.ts'
import { fftCalls, linalgCalls, type Args, type Call } from './linear-algebra-cases.ts'
import { ones, vjp, zerosLike, type Tensor } from '../../src/tensor/index.ts'

interface Case {
  name: string
  op: string
  args: Args
  inputs: FixtureArray[]
  outputs: FixtureArray[]
  upstream: (FixtureArray | null)[]
  grads: (FixtureArray | null)[]
}

function check(c: Case, call: Call): void {
  const inputs = c.inputs.map(toTensor)
  if (inputs.length === 0) {
    expectClose(call([], c.args) as Tensor, c.outputs[0], 'output')
    return
  }
  const [outputs, pullback] = vjp((...ts: Tensor[]) => [call(ts, c.args)].flat(), ...inputs)
  expect(outputs.length).toBe(c.outputs.length)
  outputs.forEach((y, i) => expectClose(y, c.outputs[i], `output ${i}`))
  const cotangents = outputs.map((y, i) =>
    c.upstream[i] ? toTensor(c.upstream[i]) : y.dtype === 'float64' ? zerosLike(y) : ones(y.shape, { dtype: y.dtype }))
  if (c.grads.every(g => g === null)) return
  const found = pullback(cotangents as never) as Tensor[]
  c.grads.forEach((want, i) => { if (want) expectClose(found[i], want, `gradient ${i}`) })
}

for (const [file, calls] of Object.entries({ linalg: linalgCalls, fft: fftCalls })) {
  describe(`${file}: values and gradients are PyTorch's`, () => {
    for (const c of fixture<{ cases: Case[] }>(file).cases) test(c.name, () => check(c, calls[c.op]))
  })
}
