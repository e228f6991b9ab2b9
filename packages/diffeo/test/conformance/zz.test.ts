import { test } from 'vitest'
import '../../src/ops/index.ts'
import * as g from '../../src/graph/build.ts'
import { compileProgram } from '../../src/schedule/index.ts'
import { printKernel } from '../../src/kernel/print.ts'
import { backends, runCompiled, runReference } from './support/backends.ts'
import { random } from '../unit/ops/support/case.ts'
test('x', () => {
  const x = g.placeholder(0, [1, 2, 3], 'float32')
  const p = g.pad(x, [[0, 0], [2, 0], [0, 2]], 0.5, [0, 2, 1])
  const out = g.neg(g.expand(g.reduceKeep('max', p, [2]), p.shape))
  const b = backends()[2]
  const feeds = new Map([[x, random(x.shape, 1, -2, 2, 'float32')]])
  console.log(runCompiled([out], feeds, b, c => { for (const k of c.program.kernels) console.log(printKernel(k)) }), runReference([out], feeds))
})
