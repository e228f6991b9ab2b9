/** @file Every case of the table of primitives on every compiled backend, against the interpreter rounded to dtypes. */
import { describe, expect, test } from 'vitest'
import { cases } from '../unit/ops/cases/index.ts'
import { backends, runCompiled, worst } from './support/backends.ts'
import { extraCases } from './support/cases.ts'
import { caseIn } from './support/narrow.ts'
import { runsOf } from './support/runs.ts'

const table = [...cases, ...extraCases].map(c => caseIn(c, 'float32'))

describe.each(backends().map(b => [b.name, b] as const))('%s', (_name, backend) => {
  test.each(table.map((c, i) => [`${i} ${c.name}`, c] as const))('%s', (_case, c) => {
    for (const { run, expected } of runsOf(c)) {
      const got = runCompiled(run.outputs, run.feeds, backend)
      got.forEach((a, i) => {
        const off = worst(a, expected[i])
        if (!(off < 1))
          expect.fail(
            `${run.what}, output ${i}: off by ${off} tolerances: [${show(a)}] instead of [${show(expected[i])}]`,
          )
      })
    }
  })
})

const show = (a: Float64Array): string => `${Array.from(a.subarray(0, 40), v => (Object.is(v, -0) ? '-0' : v))}`
