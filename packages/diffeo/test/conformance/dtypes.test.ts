/**
 * @file The table of primitives in float64, float16 and bfloat16 on every compiled backend, values and gradients,
 * against the interpreter rounded to the dtype. (What batching and tangents make of a graph does not depend on it.)
 */
import { describe, expect, test } from 'vitest'
import type { DType } from '../../src/graph/dtype.ts'
import { cases } from '../unit/ops/cases/index.ts'
import { backends, runCompiled, worst } from './support/backends.ts'
import { extraCases } from './support/cases.ts'
import { caseIn } from './support/narrow.ts'
import { runsOf } from './support/runs.ts'

/** Of the greatest value, and absolute: a few units in the last place, and of the least normal number. */
const tolerances: Partial<Record<DType, readonly [rtol: number, atol: number]>> = {
  float64: [1e-13, 1e-14], float16: [2 ** -8, 2 ** -11], bfloat16: [2 ** -5, 2 ** -8],
}
const dtypes = Object.keys(tolerances) as DType[]

const show = (a: Float64Array): string => `${Array.from(a.subarray(0, 40), v => (Object.is(v, -0) ? '-0' : v))}`

// Bits of one type as those of another need types of one size: see the table itself.
const table = [...cases, ...extraCases].filter(c => c.op !== 'bitcast' &&
  [...c.inputs.map(a => a.dtype), c.out.dtype].some(d => d === 'float64' || d === 'float32'))

const known = new Map<string, ReturnType<typeof runsOf>>()
describe.each(backends().map(b => [b.name, b] as const))('%s', (_name, backend) => {
  describe.each(dtypes)('%s', dtype => {
    const [rtol, atol] = tolerances[dtype]!
    test.each(table.map((c, i) => [`${i} ${c.name}`, c] as const))('%s', (name, c) => {
      const key = `${dtype} ${name}`
      if (!known.has(key)) known.set(key, runsOf(caseIn(c, dtype)))
      for (const { run, expected } of known.get(key)!) {
        if (run.what !== 'forward' && run.what !== 'vjp') continue
        runCompiled(run.outputs, run.feeds, backend).forEach((got, i) => {
          const off = worst(got, expected[i], rtol, atol)
          if (!(off < 1)) {
            expect.fail(`${run.what}, output ${i}: off by ${off} tolerances: [${show(got)}] for [${show(expected[i])}]`)
          }
        })
      }
    })
  })
})
