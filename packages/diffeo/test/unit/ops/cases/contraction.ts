import type { ConvAttrs, DotAttrs } from '../../../../src/graph/node.ts'
import { array, caseOf, floats, ints, intDtypes, random, randomInts, type Case } from '../support/case.ts'

const inf = Infinity
const matrix: DotAttrs = { batch: [], contract: [[1, 0]] }

const dots: Case[] = [
  caseOf('dot', [floats([2, 2], [1, 2, 3, 4]), floats([2, 2], [5, 6, 7, 8])], matrix, {
    value: [19, 22, 43, 50],
    gradient: [
      [11, 15, 11, 15],
      [4, 4, 6, 6],
    ],
  }),
  caseOf('dot', [random([3, 4], 1), random([4, 2], 2)], matrix),
  caseOf('dot', [random([4, 3], 1), random([2, 4], 2)], { batch: [], contract: [[0, 1]] }, { name: 'both transposed' }),
  caseOf(
    'dot',
    [random([2, 3, 4], 1), random([4, 2, 2], 2)],
    { batch: [[0, 1]], contract: [[2, 0]] },
    { name: 'batched' },
  ),
  caseOf(
    'dot',
    [random([2, 3, 2], 1), random([3, 2, 2], 2)],
    {
      batch: [
        [2, 1],
        [1, 0],
      ],
      contract: [[0, 2]],
    },
    { name: 'crossed batches' },
  ),
  caseOf(
    'dot',
    [random([2, 3, 4], 1), random([4, 2, 2], 2)],
    {
      batch: [],
      contract: [
        [2, 0],
        [0, 2],
      ],
    },
    { name: 'two contracted' },
  ),
  caseOf('dot', [random([2, 3], 1), random([2], 2)], { batch: [], contract: [] }, { name: 'outer' }),
  caseOf('dot', [random([4], 1), random([4], 2)], { batch: [], contract: [[0, 0]] }, { name: 'inner' }),
  caseOf('dot', [random([], 1), random([], 2)], { batch: [], contract: [] }, { name: 'scalars' }),
  caseOf('dot', [random([1, 3], 1), random([3, 1], 2)], matrix),
  caseOf('dot', [floats([2, 0], []), floats([0, 2], [])], matrix, { value: [0, 0, 0, 0] }),
  caseOf('dot', [floats([0, 3], []), random([3, 2], 2)], matrix),
  caseOf('dot', [floats([1, 2], [inf, 1]), floats([2, 2], [0, 1, NaN, 2])], matrix, {
    smooth: false,
    value: [NaN, inf],
  }),
  caseOf('dot', [random([2, 3], 1, -2, 2, 'float32'), random([3, 2], 2, -2, 2, 'float32')], matrix),
  caseOf('dot', [ints([1, 2], [2 ** 30 + 1, 7]), ints([2, 1], [5, 3])], matrix, {
    value: [(5 * (2 ** 30 + 1) + 21) | 0],
    name: 'wraps',
  }),
  ...intDtypes.map(d => caseOf('dot', [randomInts([2, 3], 4, 0, 90, d), randomInts([3, 2], 5, 0, 90, d)], matrix)),
]

const convOf = (n: number, over: Partial<ConvAttrs> = {}): ConvAttrs => ({
  stride: new Array<number>(n).fill(1),
  pad: Array.from({ length: n }, () => [0, 0] as const),
  dilateInput: new Array<number>(n).fill(1),
  dilateKernel: new Array<number>(n).fill(1),
  groups: 1,
  ...over,
})

const convs: Case[] = [
  caseOf('conv', [floats([1, 1, 4], [1, 2, 3, 4]), floats([1, 1, 2], [10, 1])], convOf(1), {
    value: [12, 23, 34],
    gradient: [
      [10, 11, 11, 1],
      [6, 9],
    ],
  }),
  caseOf(
    'conv',
    [floats([1, 1, 4], [1, 2, 3, 4]), floats([1, 1, 2], [10, 1])],
    convOf(1, { stride: [2], pad: [[1, 0]] }),
    {
      value: [1, 23],
      gradient: [
        [1, 10, 1, 0],
        [2, 4],
      ],
      name: 'the last element is never reached',
    },
  ),
  caseOf(
    'conv',
    [floats([1, 1, 2], [1, 2]), floats([1, 1, 3], [1, 2, 3])],
    convOf(1, { dilateInput: [2], pad: [[2, 2]] }),
    { value: [3, 2, 7, 4, 2], name: 'transposed' },
  ),
  caseOf('conv', [random([2, 2, 4, 3], 1), random([3, 2, 2, 2], 2)], convOf(2)),
  caseOf(
    'conv',
    [random([1, 2, 5, 4], 1), random([2, 2, 3, 2], 2)],
    convOf(2, {
      stride: [2, 3],
      pad: [
        [1, 1],
        [0, 2],
      ],
    }),
  ),
  caseOf(
    'conv',
    [random([1, 2, 5, 5], 1), random([2, 2, 2, 2], 2)],
    convOf(2, {
      dilateKernel: [2, 1],
      pad: [
        [-1, 2],
        [0, -1],
      ],
    }),
    { name: 'cropped' },
  ),
  caseOf(
    'conv',
    [random([1, 2, 3, 3], 1), random([2, 2, 2, 2], 2)],
    convOf(2, { dilateInput: [2, 3], stride: [2, 1], dilateKernel: [1, 2] }),
  ),
  caseOf(
    'conv',
    [random([2, 4, 3, 3], 1), random([6, 2, 2, 2], 2)],
    convOf(2, {
      groups: 2,
      pad: [
        [1, 0],
        [0, 1],
      ],
    }),
  ),
  caseOf('conv', [random([2, 3, 4], 1), random([6, 1, 2], 2)], convOf(1, { groups: 3, stride: [2] }), {
    name: 'depthwise',
  }),
  caseOf(
    'conv',
    [random([1, 2, 2, 2, 3], 1), random([2, 2, 1, 2, 2], 2)],
    convOf(3, {
      pad: [
        [1, 0],
        [0, 0],
        [0, 1],
      ],
    }),
  ),
  caseOf('conv', [random([2, 3, 2, 2], 1), random([2, 3, 1, 1], 2)], convOf(2), { name: 'pointwise' }),
  caseOf('conv', [floats([0, 1, 3], []), random([2, 1, 2], 2)], convOf(1)),
  caseOf('conv', [random([1, 1, 4], 1, -2, 2, 'float32'), random([1, 1, 2], 2, -2, 2, 'float32')], convOf(1)),
  caseOf('conv', [array('int8', [1, 1, 3], [100, 100, 1]), array('int8', [1, 1, 2], [2, 1])], convOf(1), {
    value: [44, -55],
    name: 'wraps',
  }),
]

export const contractionCases: readonly Case[] = [...dots, ...convs]
