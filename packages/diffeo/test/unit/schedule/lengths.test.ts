/**
 * @file How programs grow with the length of sequences: a recurrent network's code does not, and attention keeps
 * nothing that grows with its square.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { NullLinker } from '../../../src/backend/null/index.ts'
import { emitKernels } from '../../../src/backend/native/codegen/index.ts'
import { installExecutor } from '../../../src/graph/executor.ts'
import { CompiledExecutor } from '../../../src/runtime/compiled-executor.ts'
import { InterpExecutor } from '../../../src/runtime/interp-executor.ts'
import * as nn from '../../../src/nn/index.ts'
import * as optim from '../../../src/optim/index.ts'
import type { Compiled } from '../../../src/schedule/index.ts'
import { compile, tensor, zeros, type Tensor } from '../../../src/tensor/index.ts'
import { backends } from '../../conformance/support/backends.ts'

const compiled: Compiled[] = []
// code is measured where machine code is emitted
const native = backends().find(b => b.name !== 'wasm')
const { target } = native ?? backends()[0]
beforeAll(() => installExecutor(new CompiledExecutor({
  device: 'null', linker: new NullLinker(), target, onCompile: (_, c) => compiled.push(c),
})))
afterAll(() => installExecutor(new InterpExecutor()))

const ids = (batch: number, length: number): Tensor =>
  tensor(Int32Array.from({ length: batch * length }, (_, i) => i % 7), { shape: [batch, length] })

/** The program that a step becomes. */
function programOf(step: (...args: Tensor[]) => Tensor, ...args: Tensor[]): Compiled['program'] {
  compiled.length = 0
  compile(step)(...args)
  return compiled.at(-1)!.program
}

class LanguageModel extends nn.Module {
  embedding = new nn.Embedding(7, 24)
  lstm = new nn.LSTM(24, 32, { numLayers: 2, batchFirst: true })
  head = new nn.Linear(32, 7)
  forward(x: Tensor): Tensor { return this.head.forward(this.lstm.forward(this.embedding.forward(x))[0]) }
}

describe('a step of training a two-layer LSTM', () => {
  const stepOf = (length: number): Compiled['program'] => {
    const model = new LanguageModel()
    const optimizer = new optim.Adam(model.parameters())
    return programOf((x, y) => {
      const loss = nn.crossEntropy(model.forward(x).flatten(0, 1), y.flatten())
      optimizer.minimize(loss)
      return loss
    }, ids(4, length), ids(4, length))
  }
  test.skipIf(!native)('has loops, whose calls and code do not grow with the number of steps', () => {
    const lengths = [16, 256, 512, 2048]
    const programs = lengths.map(stepOf)
    programs.forEach(({ loops = [] }, i) => {
      expect(loops.map(l => l.turns)).toEqual([1, 2, 3, 4].map(() => lengths[i]))
      expect(loops.map(l => l.end - l.first)).toEqual(programs[0].loops!.map(l => l.end - l.first))
    })
    // what sums over all steps outside of the loops is done in two stages from some length on, and that is all
    const [least, , long, longest] = programs.map(p => p.calls.length)
    expect(longest).toBe(long)
    expect(longest).toBeLessThan(1.1 * least)
    const code = programs.map(p => emitKernels(p.kernels, target).code.length)
    expect(code[3]).toBeLessThan(1.05 * code[2])
    expect(Math.max(...code)).toBeLessThan(1.5 * Math.min(...code))
  })
})

describe('a step of training attention', () => {
  const stepOf = (length: number): Compiled['program'] => {
    const layer = new nn.TransformerEncoderLayer(32, 2, { batchFirst: true, dimFeedforward: 32, dropout: 0 })
    const optimizer = new optim.SGD(layer.parameters())
    return programOf(x => {
      const loss = layer.forward(x, { isCausal: true }).square().mean()
      optimizer.minimize(loss)
      return loss
    }, zeros([1, length, 32]))
  }
  /** The greatest buffer or scratch, and all buffers that are there for the time of a run. */
  const sizesOf = ({ buffers, kernels, arenaBytes }: Compiled['program']): [number, number] => {
    const bytes = buffers.map(b => ('bytes' in b ? b.bytes : b.kind === 'data' ? b.content.length : 4))
    return [Math.max(...bytes, ...kernels.map(k => k.scratchBytes)), arenaBytes]
  }
  test('no buffer and no scratch holds a matrix of all pairs, and twice the length takes twice the memory', () => {
    const [short, long] = [512, 1024].map(length => sizesOf(stepOf(length)))
    expect(short[0]).toBeLessThan(4 * 512 ** 2 / 4)
    expect(long[0]).toBeLessThan(4 * 1024 ** 2 / 8)
    expect(long[1]).toBeLessThan(2.1 * short[1])
  })
})
