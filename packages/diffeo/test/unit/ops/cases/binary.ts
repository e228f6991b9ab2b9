import type { BinaryOp } from '../../../../src/graph/node.ts'
import type { DType } from '../../../../src/graph/dtype.ts'
import {
  allDtypes, array, bools, caseOf, floats, intDtypes, ints, nasty, random, randomInts, type Case,
} from '../support/case.ts'

/** Every pair of nasty values. */
const nastyLeft = floats([nasty.length ** 2], nasty.flatMap(a => nasty.map(() => a)))
const nastyRight = floats([nasty.length ** 2], nasty.flatMap(() => nasty))

const ofFloats: readonly BinaryOp[] = ['add', 'mul', 'div', 'maximum', 'minimum', 'mod', 'pow', 'less', 'equal']
const floatCases = ofFloats.flatMap(op => [
  caseOf(op, [random([2, 3], 11, 0.3, 3), random([2, 3], 12, 0.4, 2)], {}),
  caseOf(op, [random([2], 13, 0.3, 3, 'float32'), random([2], 14, 0.4, 2, 'float32')], {}),
  caseOf(op, [random([], 15, 0.3, 3), random([], 16, 0.4, 2)], {}),
  caseOf(op, [random([0, 2], 17), random([0, 2], 18)], {}),
  caseOf(op, [nastyLeft, nastyRight], {}, { smooth: false, name: 'nasty values' }),
])

const lowest: Partial<Record<DType, number>> = { int32: -40, int8: -40 }
const ofInts: readonly BinaryOp[] =
  ['add', 'mul', 'maximum', 'minimum', 'idiv', 'mod', 'less', 'equal', 'and', 'or', 'xor']
const intCases = ofInts.flatMap(op => intDtypes.map(d =>
  caseOf(op, [randomInts([3, 4], 21, lowest[d] ?? 0, 99, d), randomInts([3, 4], 22, (lowest[d] ?? 0) / 10, 9, d)], {})))

const logical = (['and', 'or', 'xor', 'less', 'equal', 'maximum', 'minimum'] as const).map(op =>
  caseOf(op, [bools([4], [0, 0, 1, 1]), bools([4], [0, 1, 0, 1])], {}))

export const binaryCases: Case[] = [
  ...floatCases,
  ...intCases,
  ...logical,
  ...allDtypes.map(d => caseOf('equal', [array(d, [2], [0, 1]), array(d, [2], [1, 1])], {},
    { value: [0, 1], smooth: false })),
  caseOf('maximum', [floats([4], [1, 2, NaN, 0]), floats([4], [1, 3, 0, NaN])], {},
    { smooth: false, value: [1, 3, NaN, NaN], gradient: [[0.5, 0, 1, 1], [0.5, 1, 1, 1]], name: 'ties and NaN' }),
  caseOf('minimum', [floats([4], [1, 2, NaN, 0]), floats([4], [1, 3, 0, NaN])], {},
    { smooth: false, value: [1, 2, NaN, NaN], gradient: [[0.5, 1, 1, 1], [0.5, 0, 1, 1]], name: 'ties and NaN' }),
  caseOf('mul', [array('int32', [2], [123456789, -7]), array('int32', [2], [987654321, 3])], {},
    { value: [-67153019, -21], name: 'wraps' }),
  caseOf('mul', [array('uint32', [1], [4294967295]), array('uint32', [1], [4294967295])], {},
    { value: [1], name: 'wraps' }),
  caseOf('add', [array('int8', [1], [127]), array('int8', [1], [1])], {}, { value: [-128], name: 'wraps' }),
  // 41 · (1/41) < 1; 1/1e-40 is infinite in float32
  caseOf('div', [array('float32', [3], [41, 1e-40, -0]), array('float32', [3], [41, 1e-40, 3])], {},
    { smooth: false, value: [1, 1, -0] }),
  caseOf('mod', [floats([6], [5, -5, 5, -5, 1, 7]), floats([6], [3, 3, -3, -3, 0, 3.5])], {},
    { smooth: false, value: [2, 1, -1, -2, NaN, 0], name: "the divisor's sign" }),
  // 49 · (1/49) < 1: the quotient must still be 1
  caseOf('mod', [floats([2], [49, -49]), floats([2], [49, 49])], {},
    { smooth: false, value: [0, 0], gradient: [[1, 1], [-1, 1]] }),
  caseOf('mod', [ints([5], [5, -5, 5, -5, 7]), ints([5], [3, 3, -3, -3, 0])], {}, { value: [2, 1, -1, -2, 0] }),
  caseOf('idiv', [ints([6], [5, -5, 5, -5, 7, -2147483648]), ints([6], [3, 3, -3, -3, 0, -1])], {},
    { value: [1, -2, -2, 1, 0, -2147483648] }),
  caseOf('idiv', [array('uint32', [2], [4294967295, 7]), array('uint32', [2], [2, 0])], {}, { value: [2147483647, 0] }),
  caseOf('pow', [floats([6], [0, 0, 2, -2, 4, 1]), floats([6], [0, 1, 3, 2, 0.5, NaN])], {}, { smooth: false,
    value: [1, 0, 8, 4, 2, 1],
    gradient: [[0, 1, 12, -4, 0.25, NaN], [0, 0, 8 * Math.LN2, NaN, 2 * Math.log(4), 0]], name: 'at zero' }),
  caseOf('pow', [floats([2], [0, -1.5]), floats([2], [2, 3])], {}, { smooth: false, gradient: [[0, 6.75], [0, NaN]] }),
  caseOf('pow', [ints([6], [2, -3, 0, 5, 1, -1]), ints([6], [10, 3, 0, -1, -2, -3])], {},
    { value: [1024, -27, 1, 0, 1, -1] }),
  caseOf('shl', [ints([3], [1, 1, -1]), ints([3], [31, 4, 3])], {}, { value: [-2147483648, 16, -8] }),
  caseOf('shl', [array('uint32', [2], [1, 4294967295]), array('uint32', [2], [31, 1])], {},
    { value: [2147483648, 4294967294] }),
  caseOf('shl', [array('uint8', [1], [200]), array('uint8', [1], [1])], {}, { value: [144] }),
  caseOf('shr', [ints([2], [-8, 8]), ints([2], [1, 1])], {}, { value: [-4, 4], name: 'arithmetic' }),
  caseOf('shr', [array('uint32', [1], [4294967288]), array('uint32', [1], [1])], {},
    { value: [2147483644], name: 'logical' }),
  caseOf('shr', [array('int8', [1], [-8]), array('int8', [1], [1])], {}, { value: [-4] }),
]
