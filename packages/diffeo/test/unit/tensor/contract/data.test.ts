import { describe, expect, test } from 'vitest'
import { device } from './device.ts'
import { concat, ones, rand, slice, tensor, where, zeros, type DType } from '../../../../src/tensor/index.ts'
import { DTypeError, DeviceError, DiffeoError, ShapeError } from '../../../../src/util/errors.ts'
import { inspect } from 'node:util'

describe('Data', () => {
  test('Numbers → float32, booleans → bool', () => {
    expect([tensor(1).dtype, tensor([[1, 2]]).dtype, tensor(true).dtype, tensor([true, false]).dtype]).toEqual([
      'float32',
      'float32',
      'bool',
      'bool',
    ])
  })
  test('typed arrays their own dtype (Uint8ClampedArray → uint8)', () => {
    const made = [
      new Float32Array(1),
      new Float64Array(1),
      new Int32Array(1),
      new Uint32Array(1),
      new Int8Array(1),
      new Uint8Array(1),
      new Uint8ClampedArray(1),
    ]
    expect(made.map(a => tensor(a).dtype)).toEqual([
      'float32',
      'float64',
      'int32',
      'uint32',
      'int8',
      'uint8',
      'uint8',
    ])
    expect(() => tensor(new Int16Array(1) as never)).toThrow(/no dtype for Int16Array/)
  })
  test('BigInt64Array → int32 if every value fits, else DTypeError', () => {
    const x = tensor(BigInt64Array.of(-5n, 7n))
    expect([x.dtype, x.arraySync()]).toEqual(['int32', [-5, 7]])
    expect(() => tensor(BigInt64Array.of(2n ** 40n))).toThrow(DTypeError)
  })
  test('float16 and bfloat16 come back as Float32Array, bool as Uint8Array', async () => {
    for (const dtype of ['float16', 'bfloat16'] as DType[])
      expect(await tensor([1.5], { dtype }).data()).toEqual(Float32Array.of(1.5))
    expect(await tensor([true, false]).data()).toEqual(Uint8Array.of(1, 0))
    expect(await tensor([1.0001], { dtype: 'float16' }).data()).toEqual(Float32Array.of(1))
  })
  test('shapes: from the nesting, or given', () => {
    expect([
      tensor(1).shape,
      tensor([]).shape,
      tensor([[1, 2, 3]]).shape,
      tensor(new Float32Array(6), { shape: [2, 3] }).shape,
    ]).toEqual([[], [0], [1, 3], [2, 3]])
    expect(() => tensor([[1, 2], [3]])).toThrow('tensor: rows differ in length: [1] has 1, those before have 2')
    expect(() => tensor([1, 2], { shape: [3] })).toThrow(ShapeError)
    expect(() => tensor([[1], 2] as never)).toThrow(ShapeError)
  })
  test('values that do not fit the dtype are an error, never wrapped', () => {
    expect(() => tensor([300], { dtype: 'uint8' })).toThrow('300 does not fit uint8')
    expect(() => tensor([NaN], { dtype: 'int32' })).toThrow(DTypeError)
  })
  test('item is for one element; array gives nested arrays, booleans of bool', async () => {
    await expect(tensor([1, 2]).item()).rejects.toThrow(ShapeError)
    expect(await tensor([[true], [false]]).array()).toEqual([[true], [false]])
    expect(await tensor([[7]]).item()).toBe(7)
  })
})

describe('Choices', () => {
  const x = tensor([[1, 2, 4], [3, 3, 9]])
  test('var/std take { correction = 1 }', () => {
    expect(tensor([1, 2, 3]).var().itemSync()).toBe(1)
    expect(tensor([1, 2, 3]).var(0, { correction: 0 }).itemSync()).toBeCloseTo(2 / 3)
  })
  test('split(size | sizes)', () => {
    expect(x.split(2, 1).map(t => t.shape)).toEqual([[2, 2], [2, 1]])
    expect(x.split([1, 2], 1).map(t => t.shape)).toEqual([[2, 1], [2, 2]])
    expect(() => x.split([1, 1], 1)).toThrow('split: sizes [1,1] add up to 2, axis 1 has 3')
  })
  test('pad([[before, after], …]) in axis order', () => {
    expect(
      x
        .pad(
          [
            [1, 0],
            [0, 2],
          ],
          { value: 7 },
        )
        .arraySync(),
    ).toEqual([
      [7, 7, 7, 7, 7],
      [1, 2, 4, 7, 7],
      [3, 3, 9, 7, 7],
    ])
  })
  test('max(axis) gives values, argmax indices', () => {
    expect([x.max(1).arraySync(), x.argmax(1).arraySync(), x.argmax().itemSync()]).toEqual([[4, 9], [2, 2], 5])
  })
  test('topk/sort give { values, indices }', () => {
    const { values, indices } = tensor([3, 1, 2]).sort()
    expect([values.arraySync(), indices.arraySync()]).toEqual([[1, 2, 3], [1, 2, 0]])
    const top = tensor([3, 1, 2]).topk(2)
    expect([top.values.arraySync(), top.indices.arraySync()]).toEqual([[3, 2], [0, 2]])
  })
  test("mod takes the divisor's sign", () => {
    expect(tensor([-7, 7]).mod(tensor([3, -3])).arraySync()).toEqual([2, -2])
  })
  test('round half to even', () => {
    expect(tensor([0.5, 1.5, 2.5, -0.5]).round().arraySync().map((v: number) => v + 0)).toEqual([0, 2, 2, 0])
  })
  test('div of integers is true division', () => {
    const q = tensor([1, 3], { dtype: 'int32' }).div(2)
    expect([q.dtype, q.arraySync()]).toEqual(['float32', [0.5, 1.5]])
  })
  test('sums of bool are int32', () => {
    const s = tensor([true, true, false]).sum()
    expect([s.dtype, s.itemSync()]).toEqual(['int32', 2])
  })
})

describe('Indexing', () => {
  const x = tensor(Float32Array.from({ length: 24 }, (_, i) => i), { shape: [2, 3, 4] })
  test("x.index(0, slice(1, 5, 2), null, '...', ids)", () => {
    const wide = tensor(Float32Array.from({ length: 2 * 6 * 2 * 3 }, (_, i) => i), { shape: [2, 6, 2, 3] })
    const y = wide.index(0, slice(1, 5, 2), null, '...', [2, 0])
    expect(y.shape).toEqual([2, 1, 2, 2])
    expect(y.arraySync()).toEqual([[[[8, 6], [11, 9]]], [[[20, 18], [23, 21]]]])
  })
  test('arrays and integer tensors gather, negatives count from the end', () => {
    expect(x.index(0, [0, -1], -1).arraySync()).toEqual([3, 11])
    expect(x.index(tensor([1, -2], { dtype: 'int32' }), 0, 0).arraySync()).toEqual([12, 0])
    expect(x.index(-1, -1, -1).itemSync()).toBe(23)
    expect(() => x.index(2)).toThrow('index: index 2 is out of range for axis 0, of size 2')
    expect(() => x.index(0, [3])).toThrow('index: index 3 is out of range for axis 1, of size 3')
    expect(() => x.index(0, 0, 0, 0)).toThrow(ShapeError)
    expect(() => x.index(tensor([0.5]))).toThrow(DTypeError)
  })
  test('a coordinate out of range is an error although the flat position is inside', () => {
    expect(() => x.index(tensor([0], { dtype: 'int32' }), tensor([5], { dtype: 'int32' })).arraySync()).toThrow(
      /out of range/,
    )
  })
  test('slices: negative ends and steps, empty', () => {
    const v = tensor([0, 1, 2, 3, 4])
    expect(v.index(slice(null, null, -1)).arraySync()).toEqual([4, 3, 2, 1, 0])
    expect(v.index(slice(-2)).arraySync()).toEqual([3, 4])
    expect(v.index(slice(3, 0, -2)).arraySync()).toEqual([3, 1])
    expect(v.index(slice(4, 2)).shape).toEqual([0])
  })
  test('a bool tensor is a mask', () => {
    expect(x.index(x.gt(20)).arraySync()).toEqual([21, 22, 23])
    expect(x.index(slice(), [true, false, true], 0).arraySync()).toEqual([[0, 8], [12, 20]])
    expect(() => x.index(tensor([true, false, true]))).toThrow(/mask of shape \[3\] does not fit/)
  })
  test('x.indexSet([...], value) returns a new tensor', () => {
    const v = tensor([0, 1, 2, 3])
    expect(v.indexSet([slice(1, 3)], 9).arraySync()).toEqual([0, 9, 9, 3])
    expect(v.indexSet([[0, -1]], tensor([7, 8])).arraySync()).toEqual([7, 1, 2, 8])
    expect(v.indexSet([v.lt(2)], -1).arraySync()).toEqual([-1, -1, 2, 3])
    expect(v.indexSet([slice(null, null, -2)], tensor([5, 6])).arraySync()).toEqual([0, 6, 2, 5])
    expect(v.arraySync()).toEqual([0, 1, 2, 3])
    expect(x.indexSet([slice(), 1], 0).index(1).arraySync()).toEqual([[12, 13, 14, 15], [0, 0, 0, 0], [20, 21, 22, 23]])
    expect(() => v.indexSet([0], tensor([1, 2]))).toThrow(ShapeError)
  })
})

describe('Footguns', () => {
  const [a, b] = [tensor([1]), tensor([2])] as any[]
  test('a + b and a < b throw and name add and lt', () => {
    expect(() => a + b).toThrow(/a\.add\(b\)/)
    expect(() => a < b).toThrow(/a\.lt\(b\)/)
    expect(() => a * 2).toThrow(DiffeoError)
    // oxlint-disable-next-line eqeqeq
    expect(() => a == 1).toThrow(/a\.eq\(b\)/)
  })
  test('JSON.stringify(t) throws and names array()', () => { expect(() => JSON.stringify({ a })).toThrow(/array\(\)/) })
  test('String(t) and console.log show shape, dtype, device and values that are there', () => {
    expect(`${tensor([[1, 2.5], [3, 4]])}`).toBe(`Tensor [2,2] float32 ${device}\n[[  1, 2.5],\n [  3,   4]]`)
    expect(inspect(tensor(5))).toBe(`Tensor [] float32 ${device} 5`)
    const lazy = rand([3])
    expect(String(lazy)).toBe(`Tensor [3] float32 ${device} (not computed yet)`)
    expect(String(zeros([5000]).add(ones([1])).pad([[1, 1]]))).toContain('not computed yet')
  })
  test('a Tensor is not thenable', async () => {
    expect((a as { then?: unknown }).then).toBe(undefined)
    expect(await a).toBe(a)
  })
  test('mixing devices in an op is a DeviceError', () => {
    const elsewhere = Object.assign(Object.create(Object.getPrototypeOf(a)), a)
    Object.defineProperty(elsewhere, 'place', { value: 'elsewhere' })
    expect(() => a.add(elsewhere)).toThrow(DeviceError)
    expect(() => concat([a, elsewhere])).toThrow(`one tensor is on '${device}', another on 'elsewhere'`)
    expect(() => where(true, a, elsewhere)).toThrow(DeviceError)
  })
  test('using a disposed tensor names the op and the tensor', () => {
    const t = tensor([1, 2])
    t.dispose()
    expect(() => t.add(1)).toThrow(/^add: the tensor \[2\] float32 was disposed/)
    expect(String(t)).toContain('disposed')
    const other = tensor([3])
    const alias = other.detach()
    other.dispose()
    expect(alias.arraySync()).toEqual([3])
    { using u = tensor([1]); u.realize() }
  })
})

describe('Promotion and broadcasting', () => {
  const of = (dtype: DType): ReturnType<typeof tensor> => ones([1], { dtype })
  test("JAX's table; missing int16 and int64 become int32", () => {
    const table: [DType, DType, DType][] = [
      ['bool', 'uint8', 'uint8'],
      ['uint8', 'int8', 'int32'],
      ['uint8', 'int32', 'int32'],
      ['uint8', 'uint32', 'uint32'],
      ['int8', 'uint32', 'int32'],
      ['int32', 'uint32', 'int32'],
      ['int32', 'float16', 'float16'],
      ['float16', 'bfloat16', 'float32'],
      ['bfloat16', 'float32', 'float32'],
      ['float32', 'float64', 'float64'],
      ['int32', 'bfloat16', 'bfloat16'],
      ['bool', 'float16', 'float16'],
    ]
    for (const [p, q, r] of table)
      expect([of(p).add(of(q)).dtype, of(q).add(of(p)).dtype]).toEqual([r, r])
  })
  test('JavaScript numbers are weak, 0-d tensors are not', () => {
    expect(of('float16').add(1.5).dtype).toBe('float16')
    expect(of('int8').mul(2).dtype).toBe('int8')
    expect(of('int32').mul(0.5).dtype).toBe('float32')
    expect(of('bool').add(1).dtype).toBe('int32')
    expect(of('int32').add(tensor(1)).dtype).toBe('float32')
    expect(of('float16').add([1, 2]).dtype).toBe('float16')
    expect(() => of('uint8').add(300)).toThrow(DTypeError)
    expect(of('uint8').lt(300).arraySync()).toEqual([true])
  })
  test('errors of broadcasting say where', () => {
    expect(() => ones([2, 3]).add(ones([4]))).toThrow('add: shapes [2,3] and [4] do not broadcast: axis 1 is 3 and 4')
    expect(ones([2, 1]).add(ones([3])).shape).toEqual([2, 3])
    expect(() => ones([2]).sum(1)).toThrow('sum: axis 1 is not there: axes go from -1 to 0')
    expect(() => ones([2, 3]).matmul(ones([2, 3]))).toThrow(/matmul: shapes \[2,3\] and \[2,3\]/)
  })
})
