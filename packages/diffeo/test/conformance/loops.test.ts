/** @file Loop nests that are cut, tiled, batched or done in stages: values, independence of threads, turns to share. */
import { describe, expect, test } from 'vitest'
import '../../src/ops/index.ts'
import * as g from '../../src/graph/build.ts'
import type { DType } from '../../src/graph/dtype.ts'
import type { Node } from '../../src/graph/node.ts'
import type { NDArray } from '../../src/ops/record.ts'
import { compileProgram } from '../../src/schedule/index.ts'
import { backends, runCompiled, runReference, worst } from './support/backends.ts'

let seed = 1
/** Positive, so that sums do not cancel. */
const random = (): number => {
  seed = (Math.imul(seed, 1664525) + 1013904223) | 0
  return (seed >>> 0) / 2 ** 32
}
const feeds = new Map<Node, NDArray>()
const input = (shape: readonly number[], dtype: DType = 'float32'): Node => {
  const n = g.placeholder(feeds.size, shape, dtype)
  const data = Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () =>
    dtype === 'float32' ? Math.fround(random()) : Math.floor(random() * 100))
  feeds.set(n, { shape, dtype, data })
  return n
}
const bc = (x: Node, shape: readonly number[]): Node => g.expand(x, shape)
const one = (x: Node): Node => g.add(x, g.constantLike(x, 1))
const roll = (x: Node, by: number): Node => {
  const [n, m] = x.shape
  return g.concat([g.slice(x, [n - by, 0], [n, m]), g.slice(x, [0, 0], [n - by, m])], 0)
}
const parts = (x: Node, n: number, axis: number): Node => g.concat(
  Array.from({ length: n }, (_, i) =>
    axis === 0
      ? g.slice(x, [i % 3, 0], [i % 3 + 1 + i % 2, x.shape[1]])
      : g.slice(x, [0, i % 3], [x.shape[0], i % 3 + 2])),
  axis)
const cumulative = (x: Node, axis: number, reverse = false): Node =>
  g.apply('cumulative', [x], { combine: 'add', axis, reverse })
const matrixVector = (m: number, k: number): Node => g.dot(input([m, k]), input([k]), [[1, 0]])

const cases: Record<string, () => Node[]> = {
  'pads of two axes, and another store in the same loops': () => {
    const [x, y] = [input([70, 130]), input([73, 131])]
    return [g.add(g.pad(x, [[1, 2], [0, 1]]), y), g.neg(y)]
  },
  'a roll added to itself': () => { const x = input([300, 200]); return [g.add(roll(x, 3), x)] },
  'concats of 33, 130 and 300 parts': () =>
    [33, 130, 300].flatMap(n => [0, 1].map(axis => one(parts(input([9, 7]), n, axis)))),
  'a short outer axis': () => [g.add(input([3, 5003]), bc(input([3, 1]), [3, 5003]))],
  'transposes with rests': () => [[64, 64], [130, 67], [97, 33], [7, 200], [200, 20], [1000, 100]].map(shape =>
    one(g.permute(input(shape), [1, 0]))),
  'transposes of three axes': () =>
    [[2, 1, 0], [2, 0, 1], [0, 2, 1]].map(perm => one(g.permute(input([40, 5, 70]), perm))),
  'a transpose of bytes, of a slice, and two that share loops': () => {
    const [x, y] = [input([97, 131]), input([131, 97])]
    const t = g.permute(x, [1, 0])
    return [
      one(g.permute(input([97, 131], 'int8'), [1, 0])), g.neg(g.permute(g.slice(x, [1, 2], [96, 131]), [1, 0])),
      g.add(t, y), g.mul(t, y),
    ]
  },
  'a matrix and a vector': () => [matrixVector(512, 200), matrixVector(514, 131)],
  'long rows and a vector': () => [matrixVector(259, 1024), matrixVector(270, 1037)],
  'many short rows': () => [g.sum(input([1003, 97]), [1]), g.reduce('max', input([1003, 97]), [1])],
  'a row that all turns share': () => [g.neg(bc(g.reduceKeep('add', bc(input([1, 64]), [5, 64]), [1]), [5, 64]))],
  'deep sums': () => [
    g.sum(input([40009]), [0]), g.sum(input([33333, 2]), [0]), g.sum(input([2, 40009]), [1]),
    g.reduce('max', input([40009]), [0]), g.sum(input([50000], 'int32'), [0]), g.sum(input([35, 3, 40, 41]), [0, 2, 3]),
  ],
  'sums with a short innermost axis': () => [
    g.sum(input([517, 30, 7]), [0, 2]), g.sum(input([64, 40, 5, 6]), [0, 2, 3]), g.sum(input([30, 40, 17, 9]), [1, 3]),
  ],
  'a deep sum of rolled and padded operands, and one that is padded': () => {
    const x = input([40000, 2])
    return [
      g.sum(g.mul(roll(x, 3), x), [0, 1]), g.sum(g.pad(x, [[3, 5], [0, 0]]), [0]), g.pad(g.sum(x, [0]), [[1, 2]]),
    ]
  },
  'running sums of a long axis': () => [
    cumulative(input([40009]), 0), cumulative(input([40009]), 0, true), cumulative(input([3, 32768]), 1),
    cumulative(input([32768, 2], 'int32'), 0),
  ],
  'running sums of rows': () => [cumulative(input([8, 100]), 1), cumulative(input([6, 100]), 1, true)],
}

for (const backend of backends()) {
  describe(`${backend.name} loops`, () => {
    for (const [name, make] of Object.entries(cases)) {
      test(name, () => {
        const outputs = make()
        const expected = runReference(outputs, feeds)
        backend.linker.setThreads(1)
        const found = runCompiled(outputs, feeds, backend)
        found.forEach((values, i) => expect(worst(values, expected[i])).toBeLessThan(1))
        if (backend.name === 'wasm') return // linked without workers here
        backend.linker.setThreads(2)
        try {
          expect(runCompiled(outputs, feeds, backend)).toEqual(found)
        } finally {
          backend.linker.setThreads(1)
        }
      })
    }

    test('there are turns for threads', () => {
      const x = input([300, 300])
      const turnsOf = (output: Node): number =>
        compileProgram([output], { target: backend.target, leaf: n => feeds.has(n), updates: new Map() })
          .program.kernels[0].total
      for (const output of [g.pad(x, [[1, 1], [0, 0]]), g.concat([x, g.neg(x)], 0), roll(x, 3)])
        expect(turnsOf(output)).toBeGreaterThan(8)
      expect(turnsOf(g.sum(input([100003]), [0]))).toBeGreaterThan(8)
    })

    test('a float32 sum errs by no more for having many terms', () => {
      const data = Float64Array.from({ length: 1 << 17 }, (_, i) => 1000 + (i >> 1) % 2)
      const x = g.placeholder(0, [1 << 17], 'float32')
      const fed = new Map<Node, NDArray>([[x, { shape: x.shape, dtype: 'float32', data }]])
      const [[all], columns, running] = runCompiled(
        [g.sum(x, [0]), g.sum(g.reshape(x, [1 << 16, 2]), [0]), cumulative(x, 0)], fed, backend)
      const exact = 1000.5 * (1 << 17)
      for (const sum of [all, columns[0] * 2, columns[1] * 2, running[(1 << 17) - 1]])
        expect(Math.abs(sum - exact) / exact).toBeLessThan(1e-6)
    })
  })
}
