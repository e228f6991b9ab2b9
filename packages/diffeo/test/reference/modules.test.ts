/** @file Layers and functions of several inputs or outputs, and options as a seed combines them. */
import { describe, expect, test } from 'vitest'
import { runCase, type ModuleCase } from './module-cases.ts'
import { expectClose, fixture } from './support.ts'

for (const file of ['modules', 'options']) {
  const { cases } = fixture<{ cases: ModuleCase[] }>(file)
  describe(`${file} as PyTorch has them`, () => {
    test('there are cases', () => expect(cases.length).toBeGreaterThan(100))
    for (const c of cases) {
      test(c.name, () => {
        for (const [what, found, wanted] of runCase(c, 'float64')) expectClose(found, wanted, what)
      })
    }
  })
}
