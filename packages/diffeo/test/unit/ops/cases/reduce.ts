import { array, bools, caseOf, floats, intDtypes, random, randomInts, type Case } from '../support/case.ts'

const combines = ['add', 'mul', 'max', 'min'] as const

const plain = combines.flatMap(combine => [
  caseOf('reduce', [random([2, 3], 1)], { combine, axes: [1] }),
  caseOf('reduce', [random([2, 3, 2], 2)], { combine, axes: [0, 2] }),
  caseOf('reduce', [random([2, 3, 2], 2)], { combine, axes: [2, 0] }),
  caseOf('reduce', [random([3, 2], 3)], { combine, axes: [0, 1] }),
  caseOf('reduce', [random([3, 3], 3)], { combine, axes: [1, 0] }),
  caseOf('reduce', [random([2, 1], 3)], { combine, axes: [1] }),
  caseOf('reduce', [random([0, 2], 3)], { combine, axes: [1] }),
  caseOf('reduce', [random([2, 2], 3, -2, 2, 'float32')], { combine, axes: [0] }),
  ...intDtypes.map(d => caseOf('reduce', [randomInts([2, 3], 4, d.startsWith('u') ? 0 : -9, 90, d)],
    { combine, axes: [0] })),
])

const inf = Infinity

export const reduceCases: Case[] = [
  ...plain,
  caseOf('reduce', [floats([2, 0], [])], { combine: 'add', axes: [1] }, { value: [0, 0] }),
  caseOf('reduce', [floats([2, 0], [])], { combine: 'mul', axes: [1] }, { value: [1, 1] }),
  caseOf('reduce', [floats([6], [2, 3, 3, 1, 3, 0])], { combine: 'max', axes: [0] },
    { smooth: false, value: [3], gradient: [[0, 1 / 3, 1 / 3, 0, 1 / 3, 0]], name: 'ties share' }),
  caseOf('reduce', [floats([2, 2], [1, 1, 1, 2])], { combine: 'min', axes: [0, 1] },
    { smooth: false, value: [1], gradient: [[1 / 3, 1 / 3, 1 / 3, 0]], name: 'ties share' }),
  caseOf('reduce', [floats([3], [1, NaN, inf])], { combine: 'max', axes: [0] }, { smooth: false, value: [NaN] }),
  caseOf('reduce', [floats([3], [1, NaN, -inf])], { combine: 'min', axes: [0] }, { smooth: false, value: [NaN] }),
  caseOf('reduce', [floats([2, 2], [inf, -inf, -inf, -inf])], { combine: 'max', axes: [1] },
    { smooth: false, value: [inf, -inf] }),
  caseOf('reduce', [floats([3], [inf, -inf, 1])], { combine: 'add', axes: [0] }, { smooth: false, value: [NaN] }),
  caseOf('reduce', [floats([2, 3], [0, 2, 3, 0, 0, 5])], { combine: 'mul', axes: [1] },
    { value: [0, 0], gradient: [[6, 0, 0, 0, 0, 0]], name: 'zeros' }),
  caseOf('reduce', [floats([2, 2], [0, 2, 3, 4])], { combine: 'mul', axes: [0, 1] },
    { value: [0], gradient: [[24, 0, 0, 0]], name: 'zeros' }),
  caseOf('reduce', [bools([2, 2], [0, 1, 0, 0])], { combine: 'max', axes: [1] }, { value: [1, 0], name: 'any' }),
  caseOf('reduce', [bools([2, 2], [1, 1, 0, 1])], { combine: 'min', axes: [1] }, { value: [1, 0], name: 'all' }),
  caseOf('reduce', [array('int32', [3], [2147483647, 1, 1])], { combine: 'add', axes: [0] },
    { value: [-2147483647], name: 'wraps' }),
  caseOf('reduce', [array('int32', [3], [123456789, 987654321, 11])], { combine: 'mul', axes: [0] },
    { value: [-738683209], name: 'wraps' }),

  ...(['max', 'min'] as const).flatMap(combine => [
    caseOf('argReduce', [random([2, 5], 5)], { combine, axis: 1 }),
    caseOf('argReduce', [random([4, 2, 3], 5)], { combine, axis: 0 }),
    caseOf('argReduce', [random([2, 4, 3], 5)], { combine, axis: 1 }),
    caseOf('argReduce', [random([2, 1], 5)], { combine, axis: 1 }),
    caseOf('argReduce', [random([0, 3], 5)], { combine, axis: 1 }),
    caseOf('argReduce', [randomInts([2, 5], 5, 0, 3)], { combine, axis: 1 }),
  ]),
  caseOf('argReduce', [floats([5], [1, 3, 3, 2, 1])], { combine: 'max', axis: 0 },
    { value: [1], smooth: false, name: 'the first wins' }),
  caseOf('argReduce', [floats([5], [1, 3, 3, 2, 1])], { combine: 'min', axis: 0 },
    { value: [0], smooth: false, name: 'the first wins' }),
  caseOf('argReduce', [floats([5], [1, NaN, inf, NaN, 1])], { combine: 'max', axis: 0 },
    { value: [1], smooth: false, name: 'NaN is greatest' }),
  caseOf('argReduce', [floats([4], [1, -inf, NaN, 1])], { combine: 'min', axis: 0 },
    { value: [2], smooth: false, name: 'NaN is least' }),
  caseOf('argReduce', [floats([3], [-inf, -inf, -inf])], { combine: 'max', axis: 0 }, { value: [0], smooth: false }),
]
