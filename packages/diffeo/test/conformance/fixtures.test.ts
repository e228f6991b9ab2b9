/**
 * @file PyTorch's cases of layers and functions, in float32 on the native backend and on wasm, against what PyTorch
 * has.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { installExecutor } from '../../src/graph/executor.ts'
import { CompiledExecutor } from '../../src/runtime/compiled-executor.ts'
import { InterpExecutor } from '../../src/runtime/interp-executor.ts'
import { runCase, type ModuleCase } from '../reference/module-cases.ts'
import { fixture, type Arrays, type FixtureArray } from '../reference/support.ts'
import { backends, worst } from './support/backends.ts'

/** layers.json has one input and one output. */
interface Single extends Omit<ModuleCase, 'inputs' | 'outputs' | 'upstream'> {
  input: FixtureArray; output: FixtureArray; upstream: FixtureArray
}
function several({ input, output, upstream, ...c }: Single): ModuleCase {
  const { input: first, ...own } = c.grads
  const grads: Arrays = first ? { input0: first, ...own } : own
  return { ...c, grads, inputs: [input], outputs: [output], upstream: [upstream] }
}
const cases = [
  ...fixture<{ cases: Single[] }>('layers').cases.map(several),
  ...['modules', 'options'].flatMap(name => fixture<{ cases: ModuleCase[] }>(name).cases),
]

afterAll(() => installExecutor(new InterpExecutor('float64')))

// one native form: the kernels of the others are compared with each other elsewhere
const [native, wasm] = [backends()[0], backends().at(-1)!]
for (const { name, linker, target } of new Set([native, wasm])) {
  const executor = new CompiledExecutor({ device: name === 'wasm' ? 'wasm' : 'native', linker, target })
  describe(name, () => {
    for (const c of cases) {
      test(c.name, () => {
        installExecutor(executor)
        for (const [what, found, wanted] of runCase(c, 'float32')) {
          expect(found.shape, what).toEqual(wanted.shape)
          // |a − b| ≤ 10⁻⁶ + 10⁻⁵ · max|b|
          const off = worst(Float64Array.from(found.dataSync()), Float64Array.from(wanted.data, Number))
          expect(off, `${what}: in tolerances`).toBeLessThan(1)
        }
      })
    }
  })
}
