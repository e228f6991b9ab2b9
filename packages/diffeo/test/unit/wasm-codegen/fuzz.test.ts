import { expect, it } from 'vitest'
import { wasmTarget } from '../../../src/backend/wasm/codegen.ts'
import { interpret } from '../../../src/kernel/interpret.ts'
import { printKernel } from '../../../src/kernel/print.ts'
import { verifyKernel } from '../../../src/kernel/verify.ts'
import { randomKernel } from '../kernel/fuzz.ts'
import { args, difference, memoryBytes, prepare, ranges, scratch } from '../kernel/image.ts'
import { instantiate } from './helpers.ts'

const seeds = Number(process.env.DIFFEO_FUZZ ?? 400)
const firstSeed = Number(process.env.DIFFEO_SEED ?? 1)

for (const relaxed of [false, true]) {
  it(`${seeds} random kernels give the interpreter's bits${relaxed ? ' (relaxed: fused)' : ''}`, () => {
    const target = wasmTarget(relaxed)
    const coverage = new Map<string, number>()
    const memory = new WebAssembly.Memory({ initial: Math.ceil(memoryBytes / 65536) })
    const expected = new ArrayBuffer(memoryBytes)
    for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
      const kernel = randomKernel(seed, target, coverage)
      verifyKernel(kernel, target)
      prepare(expected, seed, target)
      prepare(memory.buffer, seed, target)
      const call = { args, first: 0, end: kernel.total, scratch }
      interpret(kernel, target, expected, call, { fma: relaxed ? 'single' : 'double', ranges })
      instantiate([kernel], memory, relaxed)[0](args, 0, kernel.total, scratch)
      const wrong = difference(expected, memory.buffer)
      if (wrong) expect.fail(`seed ${seed}: interpreter and wasm differ in ${wrong}\n${printKernel(kernel)}`)
    }
    const listed = [...coverage].sort((a, b) => a[1] - b[1]).map(([op, n]) => `${op} ${n}`).join(', ')
    console.log(`seeds ${firstSeed}…${firstSeed + seeds - 1}, ${coverage.size} kinds of instruction: ${listed}`)
  })
}
