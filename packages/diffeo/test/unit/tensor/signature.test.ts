/** @file Which calls of a compiled mapping can share a program. */
import './setup.ts'
import { describe, expect, test } from 'vitest'
import { describeCall, sameWords } from '../../../src/tensor/compile/signature.ts'
import { ones, Parameter, tensor, zeros } from '../../../src/tensor/index.ts'

const words = (...args: unknown[]) => describeCall('f', 'interp', args).words
const [x, y] = [zeros([2, 3]), ones([2, 3])]
const [w, v] = [new Parameter([1]), new Parameter([1])]
/** An object that is no branch of a tree: a leaf, known by its identity. */
const other = (): object => new Date(0)
const object = other()

/** Pairs of calls, each of which two calls that share nothing but their form. */
const shared: [string, unknown[], unknown[]][] = [
  ['tensors of one shape', [x, y], [y, x]],
  ['numbers', [x, 1], [x, 2.5]],
  ['trees', [{ a: [x, { b: 1 }], c: 'mean' }], [{ a: [y, { b: 2 }], c: 'mean' }]],
  ['null, undefined and booleans', [null, undefined, true], [null, undefined, true]],
  ['cells', [w, x], [w, y]],
  ['an object', [object], [object]],
]
const apart: [string, unknown[], unknown[]][] = [
  ['shapes', [x], [zeros([3, 2])]],
  ['ranks', [zeros([6])], [zeros([6, 1])]],
  ['dtypes', [x], [zeros([2, 3], { dtype: 'int32' })]],
  ['one tensor twice', [x, x], [x, y]],
  ['which is twice', [x, y, x], [x, y, y]],
  ['how many', [x], [x, y]],
  ['a list and its elements', [[x, y]], [[x], y]],
  ['keys', [{ a: x }], [{ b: x }]],
  ['an object and a list', [{ 0: x }], [[x]]],
  ['a key and what stands at another', [{ a: 'b' }], [{ b: 'a' }]],
  ['strings', ['sum'], ['mean']],
  ['a string and a number', ['1'], [1]],
  ['a string and null', ['null'], [null]],
  ['a string and a boolean', ['true'], [true]],
  ['undefined and null', [undefined], [null]],
  ['a number and a tensor', [1], [tensor(1)]],
  ['cells', [w], [v]],
  ['objects', [object], [other()]],
]

describe('calls share a program', () => {
  test.each(shared)('%s', (_, a, b) => expect(sameWords(words(...a), words(...b))).toBe(true))
})
describe('calls do not share a program', () => {
  test.each(apart)('%s', (_, a, b) => expect(sameWords(words(...a), words(...b))).toBe(false))
})
test('tensors and numbers are taken in the order in which they stand, tensors once', () => {
  const { tensors, numbers } = describeCall('f', 'interp', [x, { a: 3, b: [y, x] }, 4])
  expect(tensors).toEqual([x, y])
  expect(numbers).toEqual([3, 4])
})
test('an array whose contents may change unseen is named by its place', () => {
  expect(() => words(x, { list: [1, new Float32Array(2)] })).toThrow(/argument 1\.list\[1\] is a Float32Array/)
})
