import { expect, test } from 'vitest'
import '../../src/ops/index.ts'
import * as g from '../../src/graph/build.ts'
import { backends, runCompiled, runReference, worst } from './support/backends.ts'
import { random } from '../unit/ops/support/case.ts'
test('flip epilogue', () => {
  for (const n of [7, 15, 31, 33, 40]) for (const f of [[0], [1], [0, 1]]) {
    const a = g.placeholder(0, [9, 20], 'float32'), b = g.placeholder(1, [20, n], 'float32'), r = g.placeholder(2, [9, n], 'float32')
    const feeds = new Map([a, b, r].map((x, i) => [x, random(x.shape, i + 1, -2, 2, 'float32')]))
    const out = g.add(g.dot(a, b, [[1, 0]]), g.flip(r, f))
    const out2 = g.flip(g.add(g.dot(g.flip(a, [0]), b, [[1, 0]]), r), f)
    for (const be of backends()) for (const o of [out, out2]) expect(worst(runCompiled([o], feeds, be)[0], runReference([o], feeds)[0])).toBeLessThan(1)
  }
})
