import {
  add,
  apply,
  cast,
  constantLike,
  dot,
  expand,
  mul,
  pick,
  placeholder,
  reshape,
  unary,
} from '../../../../src/graph/build.ts'
import type { Aval, Graph, Node } from '../../../../src/graph/node.ts'
import '../../../../src/ops/index.ts'
import { caseOf, floats, ints, random, type Case } from '../support/case.ts'

function graphOf(inputs: readonly Aval[], f: (...nodes: Node[]) => Node[]): Graph {
  const places = inputs.map((a, i) => placeholder(i, a.shape, a.dtype))
  return { inputs: places, outputs: f(...places) }
}

const vector: Aval = { shape: [2], dtype: 'float64' }
const square: Aval = { shape: [2, 2], dtype: 'float64' }
const count: Aval = { shape: [], dtype: 'int32' }

// (h, x, w) → (tanh(h·w + x), h²)
const cell = graphOf([vector, vector, square], (h, x, w) => {
  const next = unary('tanh', add(dot(h, w, [[0, 0]]), x))
  return [next, mul(h, h)]
})
// (h, n, x) → (h·x, n + 1, h·n)
const counted = graphOf([vector, count, vector], (h, n, x) => [
  mul(h, x),
  add(n, constantLike(n, 1)),
  mul(h, expand(reshape(cast(n, 'float64'), [1]), [2])),
])
const running = graphOf([vector, vector], (s, x) => {
  const next = add(s, x)
  return [next, next]
})

const scans: Case[] = [
  caseOf(
    'scan',
    [floats([2], [1, 2]), floats([3, 2], [1, 1, 2, 2, 3, 3])],
    { body: running, carries: 1, sequences: 1, length: 3, reverse: false },
    {
      value: [7, 8],
      gradient: [
        [4, 4],
        [4, 4, 3, 3, 2, 2],
      ],
    },
  ),
  caseOf(
    'scan',
    [floats([2], [1, 2]), floats([3, 2], [1, 1, 2, 2, 3, 3])],
    { body: running, carries: 1, sequences: 1, length: 3, reverse: true },
    {
      value: [7, 8],
      gradient: [
        [4, 4],
        [2, 2, 3, 3, 4, 4],
      ],
    },
  ),
  ...[false, true].flatMap(reverse => [
    caseOf('scan', [random([2], 1), random([3, 2], 2), random([2, 2], 3)], {
      body: cell,
      carries: 1,
      sequences: 1,
      length: 3,
      reverse,
    }),
    caseOf('scan', [random([2], 1), ints([], [2]), random([4, 2], 2)], {
      body: counted,
      carries: 2,
      sequences: 1,
      length: 4,
      reverse,
    }),
  ]),
  caseOf('scan', [random([2], 1), random([1, 2], 2), random([2, 2], 3)], {
    body: cell,
    carries: 1,
    sequences: 1,
    length: 1,
    reverse: false,
  }),
  caseOf(
    'scan',
    [floats([2], [3, 4]), floats([0, 2], [])],
    { body: running, carries: 1, sequences: 1, length: 0, reverse: false },
    { value: [3, 4] },
  ),
]

const product = graphOf([vector, vector], (a, b) => [mul(a, unary('exp', b)), add(a, b)])
// (a, b, a·exp b, a + b, g, h) → (g·exp b + h, g·a·exp b + h)
const rule = graphOf(
  Array.from({ length: 6 }, () => vector),
  (_a, b, p, _s, g, h) => [add(mul(g, unary('exp', b)), h), add(mul(g, p), h)],
)
const straightThrough = graphOf([vector], x => [unary('round', x)])
const pass = graphOf([vector, vector, vector], (_x, _y, g) => [g])
const nested = graphOf([vector, vector], (a, b) => {
  const inner = apply('call', [a, b], { name: 'inner', body: product, gradient: rule })
  return [mul(pick(inner, 0), pick(inner, 1))]
})
const indexed = graphOf([vector, { shape: [2], dtype: 'int32' }], (a, n) => [mul(a, cast(n, 'float64')), add(n, n)])
const indexedRule = graphOf(
  [
    vector,
    { shape: [2], dtype: 'int32' },
    vector,
    { shape: [2], dtype: 'int32' },
    vector,
    { shape: [2], dtype: 'int32' },
  ],
  (_a, n, _y, _m, g) => [mul(g, cast(n, 'float64')), n],
)

const calls: Case[] = [
  caseOf('call', [random([2], 1), random([2], 2)], { name: 'product', body: product }),
  caseOf(
    'call',
    [random([2], 1), random([2], 2)],
    { name: 'product', body: product, gradient: rule },
    { name: 'with a gradient' },
  ),
  caseOf(
    'call',
    [floats([2], [0.7, 2.2])],
    { name: 'through', body: straightThrough, gradient: pass },
    { smooth: false, value: [1, 2], gradient: [[1, 1]], name: 'a gradient that is not the body’s' },
  ),
  caseOf('call', [random([2], 1), random([2], 2)], { name: 'outer', body: nested }, { name: 'a call in a call' }),
  caseOf(
    'call',
    [random([2], 1), ints([2], [3, 4])],
    { name: 'indexed', body: indexed, gradient: indexedRule },
    { name: 'integers' },
  ),
]

const barriers: Case[] = [
  caseOf(
    'barrier',
    [floats([2], [1, 2]), ints([1], [3]), floats([], [9])],
    { id: 1 },
    { value: [1, 2], gradient: [[1, 1], null, null] },
  ),
]

export const controlCases: readonly Case[] = [...scans, ...calls, ...barriers]
