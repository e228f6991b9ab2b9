/** @file Cases beyond the table's: sizes with tails, long axes, subnormals, and all dtypes of the routines. */
import '../../../src/ops/index.ts'
import { add, constantLike, dot, mul, placeholder, scale, shift, unary as apply1 } from '../../../src/graph/build.ts'
import type { DType } from '../../../src/graph/dtype.ts'
import type { Graph, Node, Shape } from '../../../src/graph/node.ts'
import {
  array,
  bools,
  caseOf,
  floats,
  ints,
  nasty,
  random,
  randomInts,
  type Case,
} from '../../unit/ops/support/case.ts'

const dtypes: readonly DType[] = ['float32', 'int32', 'uint32', 'int8', 'uint8']
const some = (shape: Shape, dtype: DType, seed: number): ReturnType<typeof random> =>
  dtype === 'float32'
    ? random(shape, seed, -2, 2, dtype)
    : randomInts(shape, seed, dtype.startsWith('u') ? 0 : -100, 100, dtype)

/** Floats of all sizes, some of them subnormal in float32. */
const strange = [
  ...nasty,
  1e-40,
  -1e-40,
  1e-45,
  3e38,
  -3e38,
  1.17549435e-38,
  16777217,
  -16777217,
  2147483648,
  4294967295,
]
const repeated = (n: number) =>
  floats(
    [n],
    Array.from({ length: n }, (_, i) => strange[i % strange.length]),
  )

const unary = [
  'neg',
  'reciprocal',
  'sqrt',
  'exp',
  'exp2',
  'expm1',
  'log',
  'log2',
  'log1p',
  'sin',
  'cos',
  'tanh',
  'erf',
  'floor',
  'trunc',
  'round',
] as const
const maps: Case[] = unary.flatMap(op =>
  [37, strange.length].map(n => caseOf(op, [repeated(n)], {}, { smooth: false, name: 'strange' })),
)

const cumulative: Case[] = [[37], [5, 21], [3, 19, 1], [2, 7, 67], [9, 130], [1, 3, 16], [1, 1, 5]].flatMap(shape =>
  shape.flatMap((_, axis) =>
    dtypes.flatMap(d =>
      (['add', 'mul', 'max', 'min'] as const).map((combine, i) =>
        caseOf(
          'cumulative',
          [d === 'float32' && combine === 'mul' ? random(shape, 7, 0.8, 1.2, d) : some(shape, d, 7 + i)],
          { combine, axis, reverse: (axis + i) % 2 === 1 },
        ),
      ),
    ),
  ),
)

const strangeRuns: Case[] = (['max', 'min', 'add'] as const).map(combine =>
  caseOf(
    'cumulative',
    [floats([3, 4], [1, -0, NaN, 2, 0, Infinity, 5, -Infinity, -0, 0, -1, NaN])],
    { combine, axis: 1, reverse: combine === 'max' },
    { smooth: false },
  ),
)

const scatter: Case[] = dtypes.concat('bool').flatMap(d =>
  (['add', 'set'] as const)
    .filter(mode => d !== 'bool' || mode === 'set')
    .flatMap(mode => {
      const values = (shape: Shape, seed: number) =>
        d === 'bool' ? bools(shape, Array.from(randomInts(shape, seed, 0, 2).data)) : some(shape, d, seed)
      return [
        caseOf('scatter', [values([11, 37], 1), randomInts([50, 1], 2, 0, 11), values([50, 37], 3)], { axis: 0, mode }),
        caseOf('scatter', [values([6, 5, 133], 1), randomInts([1, 9, 1], 2, 0, 5), values([6, 9, 133], 3)], {
          axis: 1,
          mode,
        }),
        caseOf('scatter', [values([4, 9], 1), randomInts([4, 20], 2, 0, 9), values([4, 20], 3)], { axis: 1, mode }),
        caseOf('scatter', [values([9, 4, 3], 1), randomInts([20, 4, 1], 2, 0, 9), values([20, 4, 3], 3)], {
          axis: 0,
          mode,
        }),
        caseOf('scatter', [values([100], 1), randomInts([1000], 2, 0, 100), values([1000], 3)], { axis: 0, mode }),
        caseOf('scatter', [values([3, 1], 1), randomInts([7, 1], 2, 0, 3), values([7, 1], 3)], { axis: 0, mode }),
      ]
    }),
)

const sorts: Case[] = [1, 2, 15, 16, 31, 32, 33, 64, 65, 100, 1000, 2999]
  .flatMap(n =>
    dtypes
      .concat('bool')
      .map(d =>
        caseOf(
          'argSort',
          [
            d === 'bool'
              ? bools([3, n], Array.from(randomInts([3, n], 2, 0, 2).data))
              : d === 'float32'
                ? random([3, n], n, -2, 2, d)
                : randomInts([3, n], n, d.startsWith('u') ? 0 : -100, 100, d),
          ],
          {},
        ),
      ),
  )
  .concat([
    caseOf('argSort', [repeated(97)], {}, { smooth: false }),
    caseOf('argSort', [random([2, 9001], 5, -1, 1, 'float32')], {}),
    caseOf('argSort', [array('uint32', [4], [4294967295, 0, 2147483648, 2147483647])], {}, { value: [1, 3, 2, 0] }),
    caseOf('argSort', [ints([4], [2147483647, -2147483648, 0, 2147483647])], {}, { value: [1, 2, 0, 3] }),
  ])

const reductions: Case[] = [[67], [3, 129], [5, 1, 19], [33, 17], [2, 1000]].flatMap(shape =>
  shape.flatMap((_, axis) =>
    dtypes.flatMap(d => [
      ...(['add', 'max', 'min'] as const).map(combine =>
        caseOf('reduce', [some(shape, d, 3)], { combine, axes: [axis] }),
      ),
      ...(['max', 'min'] as const).map(combine => caseOf('argReduce', [some(shape, d, 3)], { combine, axis })),
    ]),
  ),
)

const gathers: Case[] = dtypes.concat('bool').flatMap(d => {
  const x = (shape: Shape) =>
    d === 'bool' ? bools(shape, Array.from(randomInts(shape, 1, 0, 2).data)) : some(shape, d, 1)
  return [
    caseOf('gather', [x([11, 37]), randomInts([50, 1], 2, 0, 11)], { axis: 0 }),
    caseOf('gather', [x([7, 9]), randomInts([7, 1], 2, 0, 9)], { axis: 1 }),
    caseOf('gather', [x([7, 33]), randomInts([7, 19], 2, 0, 33)], { axis: 1 }),
    caseOf('gather', [x([33]), randomInts([70], 2, 0, 33)], { axis: 0 }),
  ]
})

const movement: Case[] = dtypes.concat('bool').flatMap(d => {
  const x = (shape: Shape) =>
    d === 'bool' ? bools(shape, Array.from(randomInts(shape, 1, 0, 2).data)) : some(shape, d, 1)
  return [
    caseOf('permute', [x([19, 35])], { perm: [1, 0] }),
    caseOf('pad', [x([5, 37])], {
      pads: [
        [1, 2],
        [3, 1],
      ],
      inner: [0, 0],
      value: 1,
    }),
    caseOf('pad', [x([5, 37])], {
      pads: [
        [-1, 2],
        [-3, 1],
      ],
      inner: [1, 2],
      value: 1,
    }),
    caseOf('flip', [x([5, 37])], { axes: [1] }),
    caseOf('slice', [x([9, 70])], { start: [1, 3], stop: [9, 68], step: [2, 3] }),
    caseOf('concat', [x([3, 5]), x([3, 20]), x([3, 1])], { axis: 1 }),
    caseOf('reshape', [x([12, 35])], {}, { out: { shape: [35, 12] } }),
    caseOf('expand', [x([3, 1, 17])], {}, { out: { shape: [3, 4, 17] } }),
  ]
})

const aval = (shape: Shape, dtype: DType = 'float32') => ({ shape, dtype })
function graphOf(inputs: readonly { shape: Shape; dtype: DType }[], f: (...nodes: Node[]) => Node[]): Graph {
  const places = inputs.map((a, i) => placeholder(i, a.shape, a.dtype))
  return { inputs: places, outputs: f(...places) }
}
// (h, n, x, z, w) → (tanh(h·w + x), n + 1, h·x, n, z): two carries, two sequences, a constant, three stacks
const wide = graphOf([aval([3]), aval([], 'int32'), aval([3]), aval([2], 'int32'), aval([3, 3])], (h, n, x, z, w) => [
  apply1('tanh', add(dot(h, w, [[0, 0]]), x)),
  add(n, constantLike(n, 1)),
  mul(h, x),
  n,
  z,
])
// (h) → (h/2 + 1, h²): no sequence
const alone = graphOf([aval([5])], h => [shift(scale(h, 0.5), 1), mul(h, h)])
// (x) → (x²): no carry
const stateless = graphOf([aval([4])], x => [mul(x, x)])

const scans: Case[] = [0, 1, 2, 7].flatMap(length =>
  [false, true].flatMap(reverse => [
    caseOf(
      'scan',
      [random([3], 1), ints([], [4]), random([length, 3], 2), randomInts([length, 2], 3, 0, 9), random([3, 3], 4)],
      { body: wide, carries: 2, sequences: 2, length, reverse },
    ),
    caseOf('scan', [random([5], 1)], { body: alone, carries: 1, sequences: 0, length, reverse }),
    caseOf('scan', [random([length, 4], 1)], { body: stateless, carries: 0, sequences: 1, length, reverse }),
  ]),
)

export const extraCases: readonly Case[] = [
  ...scans,
  ...maps,
  ...cumulative,
  ...strangeRuns,
  ...scatter,
  ...sorts,
  ...reductions,
  ...gathers,
  ...movement,
]
