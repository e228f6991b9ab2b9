/** @file Derivatives of second order where rules written carelessly give NaN. */
import { expect, test } from 'vitest'
import { evaluateGraph } from '../../../src/backend/interp/evaluate.ts'
import * as b from '../../../src/graph/build.ts'
import type { Node } from '../../../src/graph/node.ts'
import { gradients } from '../../../src/transform/index.ts'

const x = b.placeholder(0, [], 'float64')
const at = (n: Node, value: number): number =>
  evaluateGraph([n], 'float64', p => (p === x ? { ...p, data: Float64Array.of(value) } : undefined))[0].data[0]
const derivative = (y: Node): Node => gradients([y], [b.constantLike(y, 1)], [x])[0] ?? b.constantLike(x, 0)
const power = (n: number): Node => b.binary('pow', x, b.constantLike(x, n))

test.each<[string, Node, number, readonly number[]]>([
  ['x⁰ at 0', power(0), 0, [1, 0, 0]],
  ['x¹ at 0', power(1), 0, [0, 1, 0]],
  ['x² at 0', power(2), 0, [0, 0, 2, 0]],
  ['x³ at 0', power(3), 0, [0, 0, 0, 6]],
  ['x² at −3', power(2), -3, [9, -6, 2]],
  ['2ˣ as a power', b.binary('pow', b.constantLike(x, 2), x), 1, [2, 2 * Math.LN2, 2 * Math.LN2 ** 2]],
  ['0ˣ', b.binary('pow', b.constantLike(x, 0), x), 2, [0, 0, 0]],
  ['relu at 0', b.where(b.not(b.less(b.constantLike(x, 0), x)), b.constantLike(x, 0), x), 0, [0, 0, 0]],
  ['maximum(x, −x) at 0', b.binary('maximum', x, b.neg(x)), 0, [0, 0, 0]],
  ['reciprocal', b.reciprocal(x), 2, [0.5, -0.25, 0.25, -0.375]],
  ['sqrt', b.unary('sqrt', x), 4, [2, 0.25, -1 / 32, 3 / 256]],
  ['tanh', b.unary('tanh', x), 0, [0, 1, 0, -2]],
  ['x mod 3', b.binary('mod', x, b.constantLike(x, 3)), 7, [1, 1, 0]],
  ['7 mod x', b.binary('mod', b.constantLike(x, 7), x), 3, [1, -2, 0]],
])('%s', (_name, y, where, values) => {
  let d = y
  for (const wanted of values) {
    expect(at(d, where)).toBeCloseTo(wanted, 12)
    d = derivative(d)
  }
})

test('a product with zeros, to second order', () => {
  // p = x·y·0, d²p/dx… by the rule that needs no division
  const parts = b.concat([x, b.shift(x, 1), b.scale(x, 0)].map(n => b.reshape(n, [1])), 0)
  const p = b.reduce('mul', parts, [0])
  expect([at(p, 2), at(derivative(p), 2), at(derivative(derivative(p)), 2)]).toEqual([0, 0, 0])
  const q = b.reduce('mul', b.concat([x, b.shift(x, 1), x].map(n => b.reshape(n, [1])), 0), [0])
  // x²(x + 1): 3x² + 2x, 6x + 2
  expect([at(q, 0), at(derivative(q), 0), at(derivative(derivative(q)), 0)]).toEqual([0, 0, 2])
})
