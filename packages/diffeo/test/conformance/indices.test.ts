/** @file Indices from data: out of range is flagged and harmless, on every backend; in range is never flagged. */
import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import '../../src/ops/index.ts'
import { emitKernels } from '../../src/backend/native/codegen/index.ts'
import { createLinker } from '../../src/backend/native/linker.ts'
import * as g from '../../src/graph/build.ts'
import type { Node, Shape } from '../../src/graph/node.ts'
import type { NDArray } from '../../src/ops/record.ts'
import { random } from '../unit/ops/support/case.ts'
import { backends, runCompiled, runReference, worst, type Backend } from './support/backends.ts'

const guarded = createLinker(createRequire(import.meta.url), { emit: emitKernels, guard: true })
const all: Backend[] = [
  ...backends(),
  ...(guarded.linker ? [{ name: 'guarded', linker: guarded.linker, target: guarded.target }] : []),
]

const feeds = new Map<Node, NDArray>()
const floats = (...shape: number[]): Node => {
  const n = g.placeholder(feeds.size, shape, 'float32')
  feeds.set(n, random(shape, feeds.size + 1, -1, 1, 'float32'))
  return n
}
const ints = (shape: Shape, data: readonly number[]): Node => {
  const n = g.placeholder(feeds.size, shape, 'int32')
  feeds.set(n, { shape, dtype: 'int32', data: Float64Array.from(data) })
  return n
}

const bad = [-1, 10, 11, 2 ** 31 - 1, -(2 ** 31), 1e6]
const among = (n: number, wrong: number, at: number) => Array.from({ length: n }, (_, i) => (i === at ? wrong : i % 10))

const wrong: Record<string, (value: number) => Node> = {
  gather: v => g.gather(floats(10), ints([37], among(37, v, 36)), 0),
  'gather of rows': v => g.gather(floats(10, 33), ints([7, 1], among(7, v, 3)), 0),
  'gather inside a pad': v => g.pad(g.gather(floats(10), ints([19], among(19, v, 18)), 0), [[3, 40]]),
  'gather inside a concat': v => g.concat([floats(5), g.gather(floats(10), ints([19], among(19, v, 0)), 0)], 0),
  'gather inside a sum': v => g.sum(g.gather(floats(10), ints([300], among(300, v, 150)), 0), [0]),
  'scatter add': v => g.scatter(floats(10), ints([37], among(37, v, 5)), floats(37), 0, 'add'),
  'scatter set of rows': v => g.scatter(floats(10, 33), ints([7, 1], among(7, v, 6)), floats(7, 33), 0, 'set'),
  'scatter into a constant': v =>
    g.scatter(g.constant(0, [4, 10], 'float32'), ints([1, 8], among(8, v, 2)), floats(4, 8), 1, 'add'),
}

const place = (n: number): Node => g.iota(0, [n])
const right: Record<string, () => Node> = {
  'a tail of lanes': () => g.gather(floats(17), place(17), 0),
  'a computed index inside a pad': () => g.pad(g.gather(floats(17), place(17), 0), [[5, 30]]),
  'a computed index inside a concat': () =>
    g.concat([g.gather(floats(17), place(17), 0), floats(20), g.gather(floats(3), place(3), 0)], 0),
  'inside a pad inside rows': () =>
    g.pad(g.gather(floats(9, 17), g.iota(1, [9, 17]), 1), [
      [1, 2],
      [3, 20],
    ]),
  'inside a pad inside a sum': () =>
    g.sum(
      g.pad(g.gather(floats(9, 17), g.iota(1, [9, 17]), 1), [
        [1, 2],
        [3, 20],
      ]),
      [1],
    ),
  'inside inner padding': () => g.pad(g.gather(floats(17), place(17), 0), [[1, 1]], 0, [2]),
  'flipped inner padding': () => g.flip(g.pad(g.gather(floats(17), place(17), 0), [[3, 2]], 0, [2]), [0]),
}

describe.each(all.map(b => [b.name, b] as const))('%s', (_name, backend) => {
  for (const [name, make] of Object.entries(wrong)) {
    test(`${name}: out of range is flagged`, () => {
      for (const value of bad)
        expect(() => runCompiled([make(value)], feeds, backend), String(value)).toThrow('status 1')
      const fine = make(9)
      expect(worst(runCompiled([fine], feeds, backend)[0], runReference([fine], feeds)[0])).toBeLessThan(1)
    })
  }
  for (const [name, make] of Object.entries(right)) {
    test(`${name}: in range is not`, () => {
      const node = make()
      expect(worst(runCompiled([node], feeds, backend)[0], runReference([node], feeds)[0])).toBeLessThan(1)
    })
  }
})
