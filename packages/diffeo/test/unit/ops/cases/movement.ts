import { array, bools, caseOf, floats, random, randomInts, type Case } from '../support/case.ts'
import type { Shape } from '../../../../src/graph/node.ts'

const shapes: readonly (readonly [Shape, Shape])[] = [
  [[2, 3], [3, 2]], [[6], [1, 2, 3]], [[2, 3, 4], [6, 4]], [[4, 6], [2, 2, 2, 3]], [[2, 3, 4], [4, 3, 2]], [[1], []],
  [[], [1, 1]], [[1, 6, 1], [6]], [[2, 0, 3], [0]], [[0, 3], [5, 0, 2]], [[2, 1, 3], [1, 2, 3]],
  [[3, 4, 5], [12, 5, 1]],
  [[2, 6, 5], [2, 2, 3, 5]], [[6, 4], [8, 3]],
]

export const movementCases: Case[] = [
  ...shapes.map(([from, to]) => caseOf('reshape', [random(from, 1)], {}, { out: { shape: to } })),
  caseOf('reshape', [bools([2, 2], [1, 0, 0, 1])], {}, { out: { shape: [4] }, value: [1, 0, 0, 1] }),

  caseOf('expand', [random([2, 1], 2)], {}, { out: { shape: [2, 3] } }),
  caseOf('expand', [random([1, 3, 1], 3)], {}, { out: { shape: [2, 3, 2] } }),
  caseOf('expand', [random([1], 3)], {}, { out: { shape: [0] } }),
  caseOf('expand', [random([2, 1], 3)], {}, { out: { shape: [2, 1] } }),
  caseOf('expand', [random([], 3)], {}, { out: { shape: [] } }),
  caseOf('expand', [randomInts([1, 2], 3, 0, 9)], {}, { out: { shape: [2, 2] } }),

  caseOf('permute', [random([2, 3], 4)], { perm: [1, 0] }),
  caseOf('permute', [random([2, 3, 4], 4)], { perm: [2, 0, 1] }),
  caseOf('permute', [random([2, 1, 2, 3], 4)], { perm: [3, 1, 0, 2] }),
  caseOf('permute', [random([0, 2], 4)], { perm: [1, 0] }),
  caseOf('permute', [random([], 4)], { perm: [] }),

  caseOf('slice', [random([5, 4], 5)], { start: [1, 0], stop: [4, 4], step: [1, 1] }),
  caseOf('slice', [random([7, 5], 5)], { start: [1, 0], stop: [7, 5], step: [2, 3] }),
  caseOf('slice', [random([4], 5)], { start: [2], stop: [2], step: [1] }),
  caseOf('slice', [random([4], 5)], { start: [3], stop: [4], step: [9] }),
  caseOf('slice', [random([0, 2], 5)], { start: [0, 1], stop: [0, 2], step: [1, 1] }),

  caseOf('pad', [random([2, 3], 6)], { pads: [[1, 0], [0, 2]], inner: [0, 0], value: 0 }),
  caseOf('pad', [random([2, 3], 6)], { pads: [[1, 1], [2, 0]], inner: [1, 2], value: 7 }),
  caseOf('pad', [random([4, 5], 6)], { pads: [[-1, 0], [-2, -1]], inner: [0, 0], value: 0 }),
  caseOf('pad', [random([4, 3], 6)], { pads: [[-1, 2], [-2, -1]], inner: [1, 2], value: 0 }),
  caseOf('pad', [random([3], 6)], { pads: [[-4, 5]], inner: [0], value: 1 }),
  caseOf('pad', [random([3], 6)], { pads: [[5, -6]], inner: [0], value: 1 }),
  caseOf('pad', [random([0, 2], 6)], { pads: [[1, 2], [0, 0]], inner: [3, 0], value: 5 }),
  caseOf('pad', [random([], 6)], { pads: [], inner: [], value: 5 }),
  caseOf('pad', [random([1], 6)], { pads: [[0, 0]], inner: [4], value: 5 }),
  caseOf('pad', [floats([2], [1, 2])], { pads: [[1, 1]], inner: [1], value: -Infinity },
    { smooth: false, value: [-Infinity, 1, -Infinity, 2, -Infinity] }),
  caseOf('pad', [array('uint8', [1], [3])], { pads: [[1, 0]], inner: [0], value: 9 }, { value: [9, 3] }),

  caseOf('flip', [random([2, 3], 7)], { axes: [0] }),
  caseOf('flip', [random([2, 3, 2], 7)], { axes: [2, 0] }),
  caseOf('flip', [random([1, 0], 7)], { axes: [0, 1] }),
  caseOf('flip', [randomInts([3], 7, 0, 9)], { axes: [0] }),

  caseOf('concat', [random([2, 3], 8), random([2, 1], 9)], { axis: 1 }),
  caseOf('concat', [random([2, 3], 8), random([0, 3], 9), random([1, 3], 10)], { axis: 0 }),
  caseOf('concat', [random([0], 8), random([0], 9)], { axis: 0 }),
  caseOf('concat', [random([2], 8)], { axis: 0 }),
  caseOf('concat', [random([1, 2, 1], 8), random([1, 2, 2], 9), random([1, 2, 0], 9)], { axis: 2 }),
  caseOf('concat', [bools([1], [1]), bools([2], [0, 1])], { axis: 0 }, { value: [1, 0, 1] }),
]
