/**
 * @file Random dots and convolutions with their gradients, where memory outside the buffers cannot be touched
 * (`guard`): equal to the interpreter, and the same bits with one thread and with two.
 */
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import '../../src/ops/index.ts'
import { emitKernels } from '../../src/backend/native/codegen/index.ts'
import { createLinker } from '../../src/backend/native/linker.ts'
import { WasmLinker } from '../../src/backend/wasm/linker.ts'
import { backends, runCompiled, runReference, worst, type Backend } from './support/backends.ts'
import { randomContraction } from './support/random-contraction.ts'

/** `DIFFEO_FUZZ=5000 npx vitest run contractions-random` goes on for longer. */
const cases = Number(process.env.DIFFEO_FUZZ ?? 80)
const slice = 20

const spawn = (source: string): Worker => {
  const worker = new Worker(source, { eval: true })
  worker.unref()
  return worker
}
const guarded = ({ name, target }: Backend): Backend => {
  if (name === 'wasm') return { name, linker: new WasmLinker({ relaxed: false, spawn }), target }
  const made = createLinker(createRequire(import.meta.url), { emit: emitKernels, isa: name, guard: true })
  if (!made.linker) throw new Error(`${name} was there`)
  return { name, linker: made.linker, target: made.target }
}
const tried = backends().map(guarded)

test.each(Array.from({ length: Math.ceil(cases / slice) }, (_, i) => i * slice))('%d and more', { timeout: 600_000 },
  first => {
    for (let seed = first; seed < first + slice; seed++) {
      const { outputs, inputs: { feeds }, text } = randomContraction(seed)
      const expected = runReference(outputs, feeds)
      for (const backend of tried) {
        const [alone, together] = [1, 2].map(threads => {
          backend.linker.setThreads(threads)
          return runCompiled(outputs, feeds, backend)
        })
        alone.forEach((a, i) => {
          const which = `seed ${seed} on ${backend.name}, output ${i}: ${text}`
          expect(worst(a, expected[i]), which).toBeLessThan(1)
          expect(a.every((v, j) => Object.is(v, together[i][j])), `${which}, with two threads`).toBe(true)
        })
      }
    }
  })
