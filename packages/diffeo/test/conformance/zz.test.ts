import { test } from 'vitest'
import '/work/main/packages/diffeo/src/ops/index.ts'
import * as g from '/work/main/packages/diffeo/src/graph/build.ts'
import { compileProgram } from '/work/main/packages/diffeo/src/schedule/index.ts'
import { printKernel } from '/work/main/packages/diffeo/src/kernel/print.ts'
import { backends } from '/work/main/packages/diffeo/test/conformance/support/backends.ts'
test('x', () => {
  const x = g.placeholder(0, [7, 9], 'float32'), i = g.placeholder(1, [7, 1], 'int32'), u = g.placeholder(2, [7, 1], 'float32')
  const out = g.where(g.equal(g.iota(1, x.shape), g.expand(i, x.shape)), g.expand(u, x.shape), g.constantLike(x, 0))
  const t = backends()[0].target
  const c = compileProgram([out], { target: t, leaf: n => n === x || n === i || n === u, updates: new Map() })
  for (const k of c.program.kernels) console.log(printKernel(k))
})
