import { test } from 'vitest'
import '../../src/ops/index.ts'
import * as g from '../../src/graph/build.ts'
import type { NDArray } from '../../src/ops/record.ts'
import { compileProgram } from '../../src/schedule/index.ts'
import { gradients, batchGraph } from '../../src/transform/index.ts'
import { recordOf } from '../../src/ops/index.ts'
import { printKernel } from '../../src/kernel/print.ts'
import { backends, runCompiled, runReference } from './support/backends.ts'
import { random } from '../unit/ops/support/case.ts'
import { cases } from '../unit/ops/cases/index.ts'
import { narrowCase } from './support/narrow.ts'
test('x', () => {
  const x = g.placeholder(0, [3, 3], 'float32'), c = g.placeholder(1, [], 'float32')
  const [out] = gradients([g.reduce('max', x, [1, 0])], [c], [x])
  const t = backends()[0].target
  const p = compileProgram([out!], { target: t, leaf: n => n === x || n === c, updates: new Map() })
  for (const k of p.program.kernels) console.log(printKernel(k))
  console.log(JSON.stringify(p.program.buffers), JSON.stringify(p.program.calls))
})
test('y', () => {
  const x = g.placeholder(0, [3, 5], 'float32'), s = g.placeholder(1, [3], 'int32')
  const d = g.apply('dynamicSlice', [g.placeholder(0, [5], 'float32'), g.placeholder(1, [], 'int32')], { size: [2] })
  const [out] = recordOf('dynamicSlice').batch!([x, s], [true, true], d as never, 3, batchGraph)
  const t = backends()[0].target
  const p = compileProgram([out!], { target: t, leaf: n => n === x || n === s, updates: new Map() })
  for (const k of p.program.kernels) console.log(printKernel(k))
  console.log(JSON.stringify(p.program.buffers), JSON.stringify(p.program.calls))
})
