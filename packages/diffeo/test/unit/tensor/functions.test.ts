/**
 * @file Functions that are no methods: what they take beside tensors, what they refuse, draws. Values:
 * fixtures.test.ts.
 */
import { describe, expect, test } from 'vitest'
import './setup.ts'
import * as f from '../../../src/tensor/index.ts'
import { DTypeError, ShapeError, TraceError } from '../../../src/util/errors.ts'

test('numbers and arrays stand for tensors, and dtypes meet as in methods', () => {
  expect(f.frac([1.5, -1.25]).arraySync()).toEqual([0.5, -0.25])
  expect(f.hypot(3, [4, 0]).arraySync()).toEqual([5, 3])
  expect(f.windows([1, 2, 3, 4, 5], 0, 3, 2).arraySync()).toEqual([[1, 2, 3], [3, 4, 5]])
  expect(f.cov([[1, 2, 3], [3, 1, 2]]).arraySync()).toEqual([[1, -0.5], [-0.5, 1]])
  expect(f.gcd(f.tensor([12, 18], { dtype: 'int32' }), 8).arraySync()).toEqual([4, 2])
  expect(f.bitwiseNot(f.tensor([0, 255], { dtype: 'uint8' })).arraySync()).toEqual([255, 0])
  expect(f.bitwiseNot(f.tensor([0, 1], { dtype: 'uint32' })).arraySync()).toEqual([4294967295, 4294967294])
  expect(f.fmax(f.tensor([1, 2], { dtype: 'int8' }), 2).dtype).toBe('int8')
  expect(f.nanToNum(f.tensor([Infinity], { dtype: 'float16' })).arraySync()).toEqual([65504])
  expect(f.floatPower(f.tensor([2], { dtype: 'int32' }), 0.5).dtype).toBe('float64')
  expect(f.deg2rad(f.tensor([180], { dtype: 'int32' })).dtype).toBe('float32')
  expect(f.take([[1, 2], [3, 4]], [-1, 0]).arraySync()).toEqual([4, 1])
  expect(f.aminmax([3, 1, 2]).min.itemSync()).toBe(1)
  expect(f.kron([1, 10], [1, 2]).arraySync()).toEqual([1, 2, 10, 20])
  const { values, indices } = f.mode([[2, 1, 1, 2], [3, 3, 3, 0]])
  expect([values.arraySync(), f.takeAlongAxis([[2, 1, 1, 2], [3, 3, 3, 0]], indices.unsqueeze(1), 1).arraySync()])
    .toEqual([[1, 3], [[1], [3]]])
})

test.each<[string, () => unknown, new (message: string) => Error, RegExp]>([
  [
    'narrow past the end',
    () => f.narrow([1, 2, 3], 0, 2, 2),
    ShapeError,
    /2 elements from 2 on are not within axis 0, of 3/,
  ],
  ['select past the end', () => f.select([1, 2], 0, 2), ShapeError, /index 2 is out of range/],
  ['an axis that is not there', () => f.windows([1, 2], 1, 1, 1), ShapeError, /windows: axis 1 is not there/],
  ['windows that are too long', () => f.windows([1, 2], 0, 3, 1), ShapeError, /windows: of 3 in steps of 1/],
  ['diag of a cube', () => f.diag(f.zeros([1, 1, 1])), ShapeError, /use diagonal or diagEmbed/],
  ['rot90 in one axis', () => f.rot90(f.zeros([2, 2]), 1, [0, -2]), ShapeError, /one and the same/],
  [
    'sumToSize to another shape',
    () => f.sumToSize(f.zeros([2, 3]), [2, 2]),
    ShapeError,
    /does not broadcast to \[2,3\]/,
  ],
  ['indexAdd of another shape', () => f.indexAdd(f.zeros([3]), 0, [1], [1, 2]), ShapeError, /must have \[1\]/],
  ['takeAlongAxis of another rank', () => f.takeAlongAxis(f.zeros([2, 2]), [0], 0), ShapeError, /as many/],
  ['a mask of numbers', () => f.maskedSelect([1, 2], [0, 1]), DTypeError, /the mask is float32/],
  ['bits of floats', () => f.leftShift([1.5], 1), DTypeError, /takes integers, got float32/],
  ['gcd of floats', () => f.gcd([1.5], 1), DTypeError, /cast\('int32'\)/],
  ['addmm of vectors', () => f.addmm(0, [1], [[1]]), ShapeError, /2 and 2 axes, got shapes \[1\] and \[1,1\]/],
  ['cov of a cube', () => f.cov(f.zeros([1, 1, 1])), ShapeError, /variables × observations/],
  ['a quantile above 1', () => f.nanquantile([1], 2), ShapeError, /goes from 0 to 1/],
  ['the value before the first', () => f.kthvalue([1, 2], 0), ShapeError, /k is 0, and goes from 1 to 2/],
  ['the mode of nothing', () => f.mode(f.zeros([0])), ShapeError, /mode of nothing/],
  ['an unknown option', () => f.diff([1, 2], { m: 1 } as object), Error, /no option 'm'/],
  ['more classes than there are', () => f.multinomial([1, 1], 3), ShapeError, /3 of the classes/],
])('%s is an error that says so', (_, call, type, message) => {
  expect(call).toThrow(type)
  expect(call).toThrow(message)
})

test('a compiled function may use them; what has a size of its own data may not be there', () => {
  const step = f.compile((x: f.Tensor) => f.logaddexp(f.narrow(x, 0, 1, 2), 0).add(f.gcd(x.cast('int32'), 4).sum()))
  expect(step(f.tensor([8, 0, 0])).arraySync().map((v: number) => Math.round(1000 * v))).toEqual([12693, 12693])
  const masked = f.compile((x: f.Tensor) => f.maskedSelect(x, x.gt(0)))
  expect(() => masked(f.tensor([1, -1]))).toThrow(TraceError)
})

test('repeatInterleave and oneHot by data: outside of compile; by an array inside too', () => {
  const x = f.tensor([[1, 2], [3, 4]])
  const times = f.tensor([2, 1], { dtype: 'int32' })
  expect(f.compile((x: f.Tensor) => x.repeatInterleave([0, 2], 1))(x).arraySync()).toEqual([[2, 2], [4, 4]])
  expect(x.repeatInterleave(times, 0).arraySync()).toEqual([[1, 2], [1, 2], [3, 4]])
  expect(() => f.compile((n: f.Tensor) => x.repeatInterleave(n, 0))(times)).toThrow(TraceError)
  expect(() => f.compile((n: f.Tensor) => x.repeatInterleave(n, 0))(times)).toThrow('Give the times as an array')
  expect(() => f.compile((n: f.Tensor) => n.oneHot())(times)).toThrow('Write oneHot(classes)')
  expect(() => x.repeatInterleave([1, 2, 3], 0)).toThrow('there are 3 times for 2 elements')
  expect(() => x.repeatInterleave([1, -1], 0)).toThrow('-1 is not a number of times')
  expect(() => x.repeatInterleave(x, 0)).toThrow(DTypeError)
  expect(() => f.tensor([], { dtype: 'int32' }).oneHot()).toThrow('oneHot of nothing')
  expect(() => x.quantile(0.5, 0, { interpolation: 'cubic' as never })).toThrow("no interpolation 'cubic'")
})

describe('multinomial', () => {
  test('with replacement it draws in proportion to the weights, and never what has none', () => {
    f.seed(3)
    const drawn = f.multinomial([[1, 0, 3], [5, 5, 0]], 4000, { replacement: true })
    expect([drawn.shape, drawn.dtype]).toEqual([[2, 4000], 'int32'])
    const share = (row: number, k: number): number => drawn.index(row).eq(k).cast('float32').mean().itemSync()
    // four standard deviations of 4000 draws are below 0.032
    expect(Math.abs(share(0, 2) - 0.75)).toBeLessThan(0.032)
    expect(Math.abs(share(1, 0) - 0.5)).toBeLessThan(0.032)
    expect([share(0, 1), share(1, 2)]).toEqual([0, 0])
  })
  test('without replacement each class comes once', () => {
    f.seed(4)
    const drawn = f.multinomial(f.ones([200, 5]), 5)
    expect(drawn.sort(1).values.sub([0, 1, 2, 3, 4]).abs().sum().itemSync()).toBe(0)
    expect(Math.abs(drawn.index('...', 0).cast('float32').mean().itemSync() - 2)).toBeLessThan(0.4)
  })
})
