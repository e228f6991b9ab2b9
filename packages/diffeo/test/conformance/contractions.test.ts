/**
 * @file Dots and convolutions of the shapes that reach each form of the contraction template: rows copied as they
 * lie, transposed or element by element, ragged tiles and panels, tiles over two loops, blocks of the depth, groups of
 * panels.
 */
import { describe, expect, test } from 'vitest'
import '../../src/ops/index.ts'
import * as g from '../../src/graph/build.ts'
import type { Node } from '../../src/graph/node.ts'
import { gradients } from '../../src/transform/index.ts'
import { backends, runCompiled, runReference, worst } from './support/backends.ts'
import { Inputs } from './support/inputs.ts'

/** [m, k, n]. */
const dots: readonly (readonly [string, number, number, number])[] = [
  ['rows that share cache sets, transposed in registers', 37, 512, 150],
  ['depth with a rest behind whole vectors', 29, 2053, 131],
  ['blocks of the depth', 200, 1024, 70],
  ['groups of panels', 9, 64, 300],
  ['one row', 1, 300, 200],
  ['five rows', 5, 96, 40],
  ['ragged everywhere', 61, 257, 259],
  ['panels copied by the turns that use them, in blocks of the depth', 36, 530, 1024],
  ['pieces of the depth, each with panels of its own', 33, 4096, 160],
  ['a depth that is prime', 5, 9973, 40],
  ['two rows, read along', 2, 300, 70],
  ['few rows, a last vector that no vector width divides', 7, 120, 301],
]
/** [batch, from, to, height, width, kernel]. */
const convolutions: readonly (readonly [string, readonly number[]])[] = [
  ['tiles over two loops', [9, 20, 40, 4, 4, 3]],
  ['tiles over two loops, ragged', [3, 8, 70, 5, 3, 3]],
  ['images shared out in groups', [12, 6, 130, 3, 3, 2]],
  ['one element an image', [40, 24, 33, 1, 1, 1]],
]

const check = (name: string, make: (inputs: Inputs) => Node[]): void => {
  describe(name, () => {
    const inputs = new Inputs(7)
    const outputs = make(inputs)
    const expected = runReference(outputs, inputs.feeds)
    for (const backend of backends()) {
      test(backend.name, () => {
        const got = runCompiled(outputs, inputs.feeds, backend)
        got.forEach((a, i) => expect(worst(a, expected[i])).toBeLessThan(1))
      })
    }
  })
}

for (const [name, m, k, n] of dots) {
  check(`dot ${m}×${k}×${n}: ${name}`, i => [g.dot(i.next(m, k), i.next(k, n), [[1, 0]])])
  check(`dot ${m}×${k}×${n}, left transposed`, i => [g.dot(i.next(k, m), i.next(k, n), [[0, 0]])])
  check(`dot ${m}×${k}×${n}, right transposed`, i => [g.dot(i.next(m, k), i.next(n, k), [[1, 1]])])
}
check('dot with an epilogue over blocks of the depth', i => {
  const product = g.dot(i.next(200, 1024), i.next(1024, 70), [[1, 0]])
  return [g.unary('tanh', g.add(product, g.expand(i.next(1, 70), product.shape)))]
})
check('dot with an epilogue over panels that turns copy', i => {
  const product = g.dot(i.next(530, 36), i.next(530, 1024), [[0, 0]])
  return [g.unary('tanh', g.add(product, g.expand(i.next(36, 1), product.shape)))]
})
for (const [name, [batch, from, to, height, width, kernel]] of convolutions) {
  check(`conv ${[batch, from, to, height, width, kernel].join('×')}: ${name}`, i => {
    const [x, w] = [i.next(batch, height, width, from), i.next(to, from, kernel, kernel)]
    const image = g.permute(x, [0, 3, 1, 2])
    const edge = [kernel >> 1, kernel >> 1] as const
    const y = g.apply('conv', [image, w], {
      stride: [1, 1], pad: [edge, edge], dilateInput: [1, 1], dilateKernel: [1, 1], groups: 1,
    })
    const back = gradients([y], [i.next(...y.shape)], [image, w]) as Node[]
    return [g.permute(y, [0, 2, 3, 1]), g.permute(back[0], [0, 2, 3, 1]), back[1]]
  })
}

/** Sums of numbers of one sign, the relative error of which shows how long the chains are. */
describe('great depths that nothing divides', () => {
  for (const depth of [65_537, 262_147]) {
    const inputs = new Inputs(3)
    const [a, b] = [inputs.next(depth, 3), inputs.next(depth, 20)]
    for (const n of [a, b]) {
      const { data } = inputs.feeds.get(n)!
      for (let i = 0; i < data.length; i++) data[i] = Math.fround(data[i] + 0.5)
    }
    const [x, y] = [a, b].map(n => inputs.feeds.get(n)!.data)
    const expected = Float64Array.from({ length: 60 }, (_, i) => {
      let sum = 0
      for (let k = 0; k < depth; k++) sum += x[k * 3 + Math.floor(i / 20)] * y[k * 20 + i % 20]
      return sum
    })
    for (const backend of backends()) {
      test(`${depth} on ${backend.name}`, () => {
        const [got] = runCompiled([g.dot(a, b, [[0, 0]])], inputs.feeds, backend)
        expected.forEach((v, i) => expect(Math.abs(got[i] / v - 1)).toBeLessThan(1e-6))
      })
    }
  }
})
