import type { UnaryOp } from '../../../../src/graph/node.ts'
import { array, bools, caseOf, floats, intDtypes, nasty, random, type Case } from '../support/case.ts'

const smooth: Partial<Record<UnaryOp, readonly [low: number, high: number]>> = {
  neg: [-3, 3], reciprocal: [0.3, 3], sqrt: [0.2, 4], exp: [-3, 3], exp2: [-3, 3], expm1: [-3, 3], log: [0.2, 4],
  log2: [0.2, 4], log1p: [-0.7, 3], sin: [-6, 6], cos: [-6, 6], tanh: [-2, 2], erf: [-2, 2],
}

const functions = Object.entries(smooth).flatMap(([name, [low, high]]) => {
  const op = name as UnaryOp
  return [
    caseOf(op, [random([2, 3], 1, low, high)], {}),
    caseOf(op, [random([3], 2, low, high, 'float32')], {}),
    caseOf(op, [random([1, 2, 1], 3, low, high, 'bfloat16')], {}),
    caseOf(op, [random([], 4, low, high)], {}),
    caseOf(op, [random([2, 0], 5)], {}),
    caseOf(op, [floats([nasty.length], nasty)], {}, { smooth: false, name: 'nasty values' }),
  ]
})

/** round, floor and trunc have zero derivatives: away from their steps they are compared with differences too. */
const steps = (['floor', 'trunc', 'round'] as const).flatMap(op => [
  caseOf(op, [floats([2, 2], [0.2, 1.7, -0.3, -2.6])], {}),
  caseOf(op, [floats([nasty.length], nasty)], {}, { smooth: false, gradient: [null], name: 'nasty values' }),
])

export const unaryCases: Case[] = [
  ...functions,
  ...steps,
  caseOf('floor', [floats([4], [1.5, -1.5, -0.5, 2])], {}, { smooth: false, value: [1, -2, -1, 2] }),
  caseOf('trunc', [floats([3], [1.5, -1.5, 2])], {}, { smooth: false, value: [1, -1, 2] }),
  caseOf('round', [floats([7], [0.5, 1.5, 2.5, -0.5, -1.5, 0.49999999999999994, 4503599627370497])], {},
    { smooth: false, value: [0, 2, 2, -0, -2, 0, 4503599627370497], name: 'halves to even' }),
  ...intDtypes.map(d => caseOf('neg', [array(d, [3], [0, 1, 100])], {}, { name: d })),
  caseOf('neg', [array('uint32', [2], [1, 0])], {}, { value: [4294967295, 0], name: 'wraps' }),
  caseOf('neg', [array('int8', [1], [-128])], {}, { value: [-128], name: 'wraps' }),
  caseOf('not', [bools([2], [0, 1])], {}, { value: [1, 0] }),
  caseOf('not', [array('int32', [3], [0, -1, 5])], {}, { value: [-1, 0, -6] }),
  caseOf('not', [array('uint32', [2], [0, 5])], {}, { value: [4294967295, 4294967290] }),
  caseOf('not', [array('uint8', [1], [5])], {}, { value: [250] }),
  // https://oeis.org and mpmath to 17 digits
  caseOf('erf', [floats([6], [1, -1, 0.25, 3, 1e-10, 4.5])], {}, { value: [0.8427007929497149, -0.8427007929497149,
    0.27632639016823694, 0.9999779095030014, 1.1283791670955126e-10, 0.9999999998033839], name: 'known values' }),
  caseOf('expm1', [floats([2], [1e-12, -1e-5])], {},
    { value: [1.0000000000005e-12, -9.999950000166666e-6], name: 'small' }),
  caseOf('log1p', [floats([2], [1e-12, -1e-5])], {},
    { value: [9.999999999995e-13, -1.0000050000333334e-5], name: 'small', smooth: false }),
  caseOf('sqrt', [floats([2], [0, 4])], {}, { smooth: false, value: [0, 2], gradient: [[Infinity, 0.25]] }),
]
