import { describe, expect, test } from 'vitest'
import '../../src/ops/index.ts'
import * as g from '../../src/graph/build.ts'
import type { Node } from '../../src/graph/node.ts'
import { gradients } from '../../src/transform/index.ts'
import { backends, runCompiled, runReference, worst } from './support/backends.ts'
import { Inputs } from './support/inputs.ts'

const inputs = new Inputs(1)
const input = (...shape: number[]): Node => inputs.next(...shape)
const bc = (a: Node, shape: readonly number[]): Node => g.expand(a, shape)
const le0 = (x: Node): Node => { const z = g.constantLike(x, 0); return g.binary('or', g.less(x, z), g.equal(x, z)) }
const relu = (x: Node): Node => g.where(le0(x), g.constantLike(x, 0), x)
const conv = (x: Node, w: Node): Node =>
  g.apply('conv', [x, w], {
    stride: [1, 1],
    pad: [
      [0, 0],
      [0, 0],
    ],
    dilateInput: [1, 1],
    dilateKernel: [1, 1],
    groups: 1,
  })
const softmax = (x: Node): Node => {
  const axis = x.shape.length - 1
  const e = g.unary('exp', g.sub(x, bc(g.reduceKeep('max', x, [axis]), x.shape)))
  return g.div(e, bc(g.reduceKeep('add', e, [axis]), x.shape))
}
const pool = { size: [2, 2], stride: [2, 2], pad: [[0, 0], [0, 0]], dilation: [1, 1] } as const

const cases: Record<string, () => Node[]> = {
  map: () => { const [a, b] = [input(7, 33), input(7, 33)]; return [g.mul(g.add(a, b), a)] },
  transpose: () => [g.neg(g.permute(input(19, 35), [1, 0]))],
  flatten: () => [g.neg(g.reshape(input(4, 6, 10), [24, 10])), g.neg(g.reshape(input(4, 6), [8, 3]))],
  pad: () => [g.pad(input(5, 9), [[1, 2], [3, 1]]), g.pad(input(5, 4), [[1, 1], [0, 2]], 1, [1, 2])],
  concat: () => [g.concat([input(3, 5), input(3, 20), input(3, 1)], 1)],
  slice: () => [g.neg(g.slice(input(20, 30), [2, 1], [19, 30], [3, 2])), g.neg(g.flip(input(6, 37), [1]))],
  sumRows: () => [g.sum(input(17, 100), [1])],
  sumColumns: () => [g.sum(input(50, 70), [0])],
  sumAll: () => [g.sum(input(40, 1000), [0, 1])],
  max: () => [g.reduce('max', input(9, 41), [1]), g.reduce('min', input(9, 41), [0])],
  softmax: () => [softmax(input(37, 100)), softmax(input(5, 10))],
  dot: () => [
    g.dot(input(64, 32), input(32, 48), [[1, 0]]),
    g.dot(input(37, 19), input(19, 21), [[1, 0]]),
    g.dot(input(100, 70), input(130, 70), [[1, 1]]),
  ],
  dotBig: () => [g.dot(input(150, 700), input(700, 200), [[1, 0]])],
  batched: () => [g.dot(input(5, 20, 30), input(5, 30, 40), [[2, 1]], [[0, 0]])],
  gemv: () => [g.dot(input(65, 129), input(129, 1), [[1, 0]])],
  linear: () => {
    const [x, w, b] = [input(10, 20), input(30, 20), input(30)]
    return [relu(g.add(g.dot(x, w, [[1, 1]]), g.broadcastInto(b, [10, 30], [1])))]
  },
  conv: () => {
    const [x, w, b] = [input(2, 5, 9, 8), input(20, 5, 3, 3), input(20)]
    return [relu(g.add(conv(x, w), g.broadcastInto(b, [2, 20, 7, 6], [1])))]
  },
  stridedGradients: () => {
    const [x, w] = [input(2, 3, 11, 12), input(6, 3, 3, 3)]
    const attrs = {
      stride: [2, 2],
      pad: [
        [1, 1],
        [1, 0],
      ],
      dilateInput: [1, 1],
      dilateKernel: [1, 1],
      groups: 1,
    } as const
    const y = g.apply('conv', [x, w], attrs)
    return gradients([y], [input(...y.shape)], [x, w]) as Node[]
  },
  stride3: () => {
    const [x, w] = [input(1, 4, 10, 9), input(8, 4, 2, 5)]
    const y = g.apply('conv', [x, w], {
      stride: [3, 3],
      pad: [
        [0, 0],
        [2, 2],
      ],
      dilateInput: [1, 1],
      dilateKernel: [1, 1],
      groups: 1,
    })
    return gradients([y], [input(...y.shape)], [x, w]) as Node[]
  },
  convPool: () => {
    const y = relu(conv(input(2, 3, 13, 13), input(16, 3, 3, 3)))
    return [g.apply('reduceWindow', [y], { ...pool, combine: 'max' })]
  },
  poolBack: () => {
    const y = input(2, 6, 11, 11)
    const which = g.apply('argReduceWindow', [y], { ...pool, combine: 'max' })
    return [g.apply('putWindow', [input(2, 6, 5, 5), which], pool, { shape: y.shape })]
  },
}

for (const [name, make] of Object.entries(cases)) {
  const outputs = make()
  describe(name, () => {
    const expected = runReference(outputs, inputs.feeds)
    for (const backend of backends()) {
      test(backend.name, () => {
        const got = runCompiled(outputs, inputs.feeds, backend)
        got.forEach((a, i) => expect(worst(a, expected[i])).toBeLessThan(1))
      })
    }
  })
}
