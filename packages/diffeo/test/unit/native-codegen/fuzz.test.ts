import { writeSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { RegisterLimits } from '../../../src/backend/native/codegen/index.ts'
import { interpret } from '../../../src/kernel/interpret.ts'
import { printKernel } from '../../../src/kernel/print.ts'
import { verifyKernel } from '../../../src/kernel/verify.ts'
import { randomKernel } from '../kernel/fuzz.ts'
import { args, difference, memoryBytes, prepare, ranges, scratch } from '../kernel/image.ts'
import { canRun, compileKernels, type Memory, mapMemory, targets } from './native.ts'

const seeds = Number(process.env.DIFFEO_FUZZ ?? 400)
const firstSeed = Number(process.env.DIFFEO_SEED ?? 1)

const limits: Record<string, RegisterLimits | undefined> = {
  'all registers': undefined,
  'few registers': { ints: 4, vectors: 8, masks: 5 },
  'hardly any': { ints: 2, vectors: 5, masks: 4 },
}

/** Slots hold addresses. */
const rebase = (memory: Memory, slots: number): void => {
  const view = new DataView(memory.buffer)
  for (let slot = 0; slot < slots; slot++) {
    const at = args + 8 * slot
    view.setBigUint64(at, view.getBigUint64(at, true) + BigInt(memory.address), true)
  }
}

for (const target of targets) {
  describe.skipIf(!canRun(target))(target.isa, () => {
    const memory = canRun(target) ? mapMemory(memoryBytes) : null
    for (const [name, limit] of Object.entries(limits)) {
      it(`${seeds} random kernels give the interpreter's bits (${name})`, () => {
        const expected = new ArrayBuffer(memoryBytes)
        for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
          const kernel = randomKernel(seed, target)
          verifyKernel(kernel, target)
          prepare(expected, seed, target)
          prepare(memory!.buffer, seed, target)
          rebase(memory!, kernel.slots)
          interpret(kernel, target, expected, { args, first: 0, end: kernel.total, scratch }, { fma: 'single', ranges })
          if (process.env.DIFFEO_TRACE) writeSync(2, `seed ${seed}\n`)
          const [run] = compileKernels([kernel], target, limit)
          run(memory!.address + args, 0, kernel.total, memory!.address + scratch)
          const wrong = difference(expected, memory!.buffer)
          if (wrong)
            expect.fail(`seed ${seed}: interpreter and ${target.isa} differ in ${wrong}\n${printKernel(kernel)}`)
        }
      })
    }
  })
}
