/** @file Maps whose code knows no size: every length of head and tail, on every backend. */
import { describe, expect, test } from 'vitest'
import '../../src/ops/index.ts'
import * as g from '../../src/graph/build.ts'
import type { DType } from '../../src/graph/dtype.ts'
import type { Node } from '../../src/graph/node.ts'
import type { NDArray } from '../../src/ops/record.ts'
import { backends, runCompiled, runReference, worst } from './support/backends.ts'

const sizes = [2, 3, 7, 8, 15, 16, 17, 31, 63, 64, 65, 127, 130, 1000, 4099]

type Make = (input: (dtype: DType) => Node, n: number) => Node[]
const scalar = (x: Node, n: number): Node => g.expand(g.reshape(x, [1]), [n])
const cases: Record<string, Make> = {
  light: input => [g.mul(g.add(input('float32'), input('float32')), input('float32'))],
  heavy: input => {
    const x = input('float32')
    return [g.unary('tanh', g.unary('exp', g.mul(x, x))), g.unary('sin', x)]
  },
  bytes: input => [g.less(input('float32'), input('float32')), g.cast(input('int32'), 'uint8'), g.not(input('bool'))],
  constant: (_, n) => [g.constant(2.5, [n], 'float32'), g.constant(1, [n], 'bool')],
  uniform: (input, n) => [g.mul(input('float32'), scalar(g.constant(3, [], 'float32'), n))],
  bits: (_, n) => [g.apply('randomBits', [pair(1, 2), pair(2 ** 32 - 3, 4)], {}, { shape: [n], dtype: 'uint32' })],
  reshaped: (input, n) => [g.neg(g.reshape(g.reshape(input('float32'), [1, n, 1]), [n]))],
}
const pair = (a: number, b: number): Node => g.concat([a, b].map(x => g.constant(x, [1], 'uint32')), 0)

const kinds: Record<string, (i: number) => number> = {
  float32: i => Math.fround(Math.sin(i * 12.9898) * 2), int32: i => (i * 7919) % 256, bool: i => i % 3 % 2,
}

describe.each(backends().map(b => [b.name, b] as const))('%s', (_, backend) => {
  test.each(Object.keys(cases))('%s', name => {
    const feeds = new Map<Node, NDArray>()
    const outputs = sizes.flatMap(n => cases[name](dtype => {
      const x = g.placeholder(feeds.size, [n], dtype)
      const data = Float64Array.from({ length: n }, (_, i) => kinds[dtype](i + 31 * feeds.size))
      feeds.set(x, { shape: [n], dtype, data })
      return x
    }, n))
    let entries = 0
    const got = runCompiled(outputs, feeds, backend, c => {
      entries = new Set(c.program.kernels.map(k => k.entry)).size
    })
    expect(entries).toBeLessThanOrEqual(outputs.length / sizes.length)
    runReference(outputs, feeds).forEach((want, i) => {
      expect(got[i].length).toBe(want.length)
      expect(worst(got[i], want), `${name}, output ${i} of ${want.length}`).toBeLessThan(1)
    })
  })
})
