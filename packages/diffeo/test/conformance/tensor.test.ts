/**
 * @file PyTorch's cases for tensors, values and gradients, in float32 on every compiled backend, against the
 * interpreter rounded to float32.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { installExecutor, type Executor } from '../../src/graph/executor.ts'
import { CompiledExecutor } from '../../src/runtime/compiled-executor.ts'
import { InterpExecutor } from '../../src/runtime/interp-executor.ts'
import { ones, vjp, type Tensor, type TypedArray } from '../../src/tensor/index.ts'
import { asTensor, callOf, readCases, type Case } from '../unit/tensor/fixtures.ts'
import { backends } from './support/backends.ts'

const reference = new InterpExecutor()
afterAll(() => installExecutor(reference))
/** |a − b| ≤ atol + rtol · max|b| */
const [atol, rtol] = [1e-6, 1e-5]

/** Outputs and gradients of a case on an executor. */
function run(c: Case, executor: Executor): { shape: readonly number[]; values: TypedArray }[] {
  installExecutor(executor)
  const inputs = c.inputs.flat().map(a => (a.dtype ? asTensor(a) : asTensor(a, 'float32')))
  const isFloat = (t: Tensor): boolean => t.dtype === 'float32'
  const filled = (given: Tensor[]): Tensor[] => {
    let k = 0
    return inputs.map(t => (isFloat(t) ? given[k++] : t))
  }
  const [outputs, pullback] = vjp(
    (...given: Tensor[]) => [callOf(c)(filled(given), c.args)].flat(),
    ...inputs.filter(isFloat),
  )
  const floats = outputs.every(isFloat)
  const found = floats
    ? pullback(outputs.map((y, i) => (c.upstream[i] ? asTensor(c.upstream[i], 'float32') : ones(y.shape))) as never)
    : []
  return [...outputs, ...(found as Tensor[])].map(t => ({ shape: t.shape, values: t.dataSync() }))
}

function compare(got: TypedArray, want: TypedArray, what: string): void {
  const finite = Array.from(want).filter(Number.isFinite).map(Math.abs)
  const bound = atol + rtol * Math.max(0, ...finite)
  want.forEach((y, i) => {
    const x = got[i]
    const close = Object.is(x, y) || x === y || (Number.isNaN(x) && Number.isNaN(y)) || Math.abs(x - y) <= bound
    if (!close) expect.fail(`${what}[${i}] is ${x}, the interpreter has ${y}`)
  })
}

for (const { name, linker, target } of backends()) {
  const executor = new CompiledExecutor({ device: 'native', linker, target })
  describe(`${name} against the interpreter`, () => {
    for (const c of ['tensor', 'elementwise', 'functions', 'special'].flatMap(readCases)) {
      test(`${c.op}: ${c.name}`, () => {
        const want = run(c, reference)
        const got = run(c, executor)
        want.forEach(({ shape, values }, i) => {
          expect(got[i].shape).toEqual(shape)
          compare(got[i].values, values, `result ${i}`)
        })
      })
    }
  })
}
