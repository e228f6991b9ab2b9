import type { Shape, WindowAttrs } from '../../../../src/graph/node.ts'
import { bools, caseOf, floats, ints, intDtypes, random, randomInts, type Case } from '../support/case.ts'

const combines = ['add', 'mul', 'max', 'min'] as const
const inf = Infinity

/** An axis each: [size, stride, before, after, dilation]. */
const window = (...axes: [number, number, number, number, number][]): WindowAttrs => ({
  size: axes.map(a => a[0]),
  stride: axes.map(a => a[1]),
  pad: axes.map(a => [a[2], a[3]] as const),
  dilation: axes.map(a => a[4]),
})

/** [window, input, how many windows]. */
const windows: [WindowAttrs, Shape, Shape][] = [
  [window([2, 2, 0, 0, 1], [2, 2, 0, 0, 1]), [2, 4, 5], [2, 2, 2]],
  [window([3, 1, 0, 0, 1]), [2, 5], [2, 3]],
  [window([2, 1, 1, 1, 1], [3, 2, 1, 1, 1]), [2, 3, 4], [2, 4, 2]],
  [window([2, 3, 1, 0, 2]), [7], [2]],
  [window([1, 2, 0, 0, 1]), [3, 4], [3, 2]],
  [window([2, 1, 0, 0, 1]), [0, 3], [0, 2]],
]

const pool = window([2, 2, 0, 0, 1])

export const windowCases: readonly Case[] = [
  ...windows.flatMap(([a, shape]) => [
    ...combines.map(combine => caseOf('reduceWindow', [random(shape, 3)], { ...a, combine })),
    ...(['max', 'min'] as const).map(combine => caseOf('argReduceWindow', [random(shape, 3)], { ...a, combine })),
  ]),
  ...windows.flatMap(([a, shape, many]) => {
    const which = randomInts(
      many,
      5,
      0,
      a.size.reduce((p, k) => p * k, 1),
    )
    return [
      caseOf('takeWindow', [random(shape, 3), which], a),
      caseOf('putWindow', [random(many, 4), which], a, { out: { shape } }),
    ]
  }),
  caseOf(
    'reduceWindow',
    [floats([6], [1, 1, 2, 3, 5, 4])],
    { ...pool, combine: 'max' },
    { smooth: false, value: [1, 3, 5], gradient: [[1, 0, 0, 1, 1, 0]], name: 'the first of a tie' },
  ),
  caseOf(
    'reduceWindow',
    [floats([4], [NaN, 9, -inf, -inf])],
    { ...pool, combine: 'max' },
    { smooth: false, value: [NaN, -inf] },
  ),
  caseOf(
    'reduceWindow',
    [floats([4], [NaN, 9, inf, inf])],
    { ...pool, combine: 'min' },
    { smooth: false, value: [NaN, inf] },
  ),
  caseOf(
    'reduceWindow',
    [floats([4], [0, 3, 0, 0])],
    { ...pool, combine: 'mul' },
    { value: [0, 0], gradient: [[3, 0, 0, 0]], name: 'zeros' },
  ),
  caseOf('reduceWindow', [bools([4], [0, 1, 0, 0])], { ...pool, combine: 'max' }, { value: [1, 0] }),
  caseOf('reduceWindow', [random([4], 3, -2, 2, 'float32')], { ...pool, combine: 'max' }),
  ...intDtypes.flatMap(d =>
    combines.map(combine =>
      caseOf('reduceWindow', [randomInts([5], 4, d.startsWith('u') ? 0 : -9, 90, d)], {
        ...window([2, 1, 1, 1, 1]),
        combine,
      }),
    ),
  ),
  caseOf(
    'argReduceWindow',
    [floats([6], [1, NaN, NaN, NaN, 2, 2])],
    { ...pool, combine: 'max' },
    { value: [1, 0, 0], smooth: false },
  ),
  caseOf(
    'argReduceWindow',
    [floats([4], [-inf, -inf, -inf, 1])],
    { ...window([3, 2, 1, 0, 1]), combine: 'max' },
    { value: [1, 2], smooth: false, name: 'what is outside never wins' },
  ),
  caseOf(
    'argReduceWindow',
    [ints([3], [-(2 ** 31), -(2 ** 31), 0])],
    { ...window([2, 2, 1, 0, 1]), combine: 'max' },
    { value: [1, 1] },
  ),
  caseOf('takeWindow', [floats([4], [1, 2, 3, 4]), ints([2], [1, 0])], pool, {
    value: [2, 3],
    gradient: [[0, 1, 1, 0], null],
  }),
  caseOf('putWindow', [floats([2], [5, 7]), ints([2], [1, 0])], pool, {
    out: { shape: [4] },
    value: [0, 5, 7, 0],
    gradient: [[1, 1], null],
  }),
  caseOf('putWindow', [floats([3], [5, 7, 1]), ints([3], [1, 0, 1])], window([2, 1, 0, 0, 1]), {
    out: { shape: [4] },
    value: [0, 12, 0, 1],
    name: 'meeting',
  }),
]
