/** @file The reference evaluator: depth, modes, errors; rounding to dtypes. */
import { expect, test } from 'vitest'
import { evaluateGraph } from '../../../src/backend/interp/evaluate.ts'
import { add, cast, constant, gather, iota, mul, placeholder, scatter, shift, sub } from '../../../src/graph/build.ts'
import type { DType } from '../../../src/graph/dtype.ts'
import type { Node } from '../../../src/graph/node.ts'
import { topological } from '../../../src/graph/walk.ts'
import { gradients } from '../../../src/transform/index.ts'
import { erf } from '../../../src/ops/support/erf.ts'
import { roundHalfEven, rounders } from '../../../src/ops/support/round.ts'
import { DataError } from '../../../src/util/errors.ts'
import { floats, ints } from './support/case.ts'

const value = (n: Node, mode: 'float64' | 'rounded' = 'float64'): number[] =>
  [...evaluateGraph([n], mode, () => undefined)[0].data]

test('a graph of 100,000 nodes in a row', () => {
  const x = placeholder(0, [], 'float64')
  let y: Node = x
  for (let i = 0; i < 50_000; i++) y = shift(y, 1)
  const [out] = evaluateGraph([y], 'float64', n => (n === x ? floats([], [0.5]) : undefined))
  expect(out.data[0]).toBe(50_000.5)
  expect(topological([y]).length).toBe(100_001)
})

test('a shared node is computed once', () => {
  let y = constant(1, [], 'float64')
  for (let i = 0; i < 60; i++) y = add(y, y)
  expect(value(y)).toEqual([2 ** 60])
})

test('inputs come before users, leaves end the walk', () => {
  const a = constant(1, [], 'float32')
  const b = shift(a, 2)
  const c = mul(b, a)
  const order = topological([c, b])
  for (const n of order) for (const x of n.inputs) expect(order.indexOf(x)).toBeLessThan(order.indexOf(n))
  expect(topological([c], n => n === b)).toEqual([b, a, c])
})

test('float32 stays in double, or is rounded at each node', () => {
  const third = constant(1 / 3, [], 'float32')
  const twice = add(third, third)
  expect(value(twice)).toEqual([2 / 3])
  expect(value(twice, 'rounded')).toEqual([Math.fround(2 * Math.fround(1 / 3))])
  const big = shift(constant(2048, [], 'float16'), 1)
  expect(value(big)).toEqual([2049])
  expect(value(big, 'rounded')).toEqual([2048])
})

test('integers wrap in both modes', () => {
  const x = shift(constant(4294967295, [], 'uint32'), 2)
  expect([value(x), value(x, 'rounded')]).toEqual([[1], [1]])
})

test('an index out of range names op, index and extent', () => {
  const x = iota(0, [3], 'float32')
  for (const bad of [3, -1]) {
    const index = constant(bad, [1], 'int32')
    expect(() => value(gather(x, index, 0))).toThrow(DataError)
    expect(() => value(gather(x, index, 0))).toThrow(
      `gather: index ${bad} is out of range for axis 0 of float32[3], whose extent is 3`)
    expect(() => value(scatter(x, index, constant(1, [1], 'float32'), 0, 'add'))).toThrow(/^scatter: index/)
  }
})

test('a leaf without a value is an error that names it', () => {
  expect(() => value(placeholder(0, [2], 'float32'))).toThrow(/^placeholder/)
})

test('a gather of one index a row has a gradient without scatter', () => {
  const x = placeholder(0, [2, 3], 'float64')
  const index = placeholder(1, [2, 1], 'int32')
  const [g] = gradients([gather(x, index, 1)], [constant(5, [2, 1], 'float64')], [x])
  expect(topological([g!]).some(n => n.op === 'scatter')).toBe(false)
  const [out] = evaluateGraph([g!], 'float64', n => (n === index ? ints([2, 1], [2, 0]) : undefined))
  expect([...out.data]).toEqual([0, 0, 5, 5, 0, 0])
})

test.each<[DType, readonly (readonly [number, number])[]]>([
  ['float16', [[65504, 65504], [65519.99, 65504], [65520, Infinity], [2049, 2048], [2051, 2052], [2 ** -24, 2 ** -24],
    [2 ** -25, 0], [2 ** -25 * 1.0001, 2 ** -24], [1 + 2 ** -11, 1], [1 + 3 * 2 ** -11, 1 + 2 ** -9], [-1e9, -Infinity],
    // one rounding: through float32 this would be a tie, and go to even
    [1 + 2 ** -11 + 2 ** -40, 1 + 2 ** -10]]],
  ['bfloat16', [[1 + 2 ** -8, 1], [1 + 3 * 2 ** -8, 1 + 2 ** -6], [3.3895313892515355e38, 3.3895313892515355e38],
    [3.4e38, Infinity], [2 ** -133, 2 ** -133], [2 ** -134, 0], [-2.71828, -2.71875]]],
  ['float32', [[0.1, Math.fround(0.1)], [1e39, Infinity], [-0, -0]]],
  ['int32', [[2147483648, -2147483648], [-1.9, -1], [NaN, 0], [Infinity, 0]]],
  ['uint32', [[-1, 4294967295], [4294967296, 0], [2.9, 2]]],
  ['int8', [[128, -128], [-129, 127], [127.9, 127]]],
  ['uint8', [[-1, 255], [256, 0]]],
  ['bool', [[0, 0], [-0, 0], [0.1, 1], [NaN, 1]]],
])('rounding to %s', (dtype, pairs) => {
  for (const [x, wanted] of pairs) expect(rounders[dtype](x), String(x)).toBe(wanted)
  if (dtype.includes('float')) expect(rounders[dtype](NaN)).toBe(NaN)
})

test('halves to even', () => {
  expect([0.5, 1.5, -0.5, -1.5, 2 ** 53 + 2, 1e300, 0.4999999999999999].map(roundHalfEven))
    .toEqual([0, 2, -0, -2, 2 ** 53 + 2, 1e300, 0])
})

/** C's erf (glibc, below 1 ULP), on both sides of the seams of the approximation. */
test('erf to 3 ULP', () => {
  const known = [[0.1, 0.1124629160182849], [0.46875, 0.49261347321793797], [0.46876, 0.4926225311068465],
    [0.9, 0.7969082124228322], [1.3, 0.9340079449406524], [2, 0.9953222650189527], [2.7, 0.9998656672600594],
    [3.9999, 0.9999999845700388], [4.0001, 0.9999999845954353], [5, 0.9999999999984626], [6.5, 1]]
  for (const [x, y] of known) {
    expect(Math.abs(erf(x) - y)).toBeLessThanOrEqual(5e-16 * y)
    expect(erf(-x)).toBe(-erf(x))
  }
  expect([erf(Infinity), erf(-Infinity), erf(NaN)]).toEqual([1, -1, NaN])
})

test('casts round once, where they stand', () => {
  const x = sub(cast(constant(1 / 3, [], 'float64'), 'float16'), constant(1 / 3, [], 'float16'))
  expect(value(x, 'rounded')).toEqual([0])
})
