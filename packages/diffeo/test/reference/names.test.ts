/** @file Names that no case of the fixtures has, with the values that PyTorch gives. */
import { describe, expect, test } from 'vitest'
import './support.ts'
import * as nn from '../../src/nn/index.ts'
import * as linalg from '../../src/linalg/index.ts'
import { empty, full, grad, multinomial, tensor, type DType, type Tensor } from '../../src/tensor/index.ts'

const listOf = (t: Tensor): number[] => Array.from(t.dataSync())

test('trace, and its gradient', () => {
  const x = tensor(Float64Array.of(1, 2, 3, 4, 5, 6), { shape: [2, 3] })
  expect(x.trace().itemSync()).toBe(6)
  expect(listOf(grad((t: Tensor) => t.trace())(x))).toEqual([1, 0, 0, 0, 1, 0])
})

test('logdet: of a negative determinant NaN, of none −∞', () => {
  const of = (...data: number[]): Tensor => tensor(Float64Array.from(data), { shape: [2, 2] })
  expect(linalg.logdet(of(2, 1, 1, 3)).itemSync()).toBeCloseTo(1.6094379124341003, 12)
  expect(linalg.logdet(of(0, 1, 1, 0)).itemSync()).toBeNaN()
  expect(linalg.logdet(of(1, 2, 2, 4)).itemSync()).toBe(-Infinity)
  const slopes = listOf(grad((t: Tensor) => linalg.logdet(t))(of(2, 1, 1, 3)))
  for (const [i, y] of [0.6, -0.2, -0.2, 0.4].entries()) expect(slopes[i]).toBeCloseTo(y, 12)
})

// 3.75 rounds to itself in every float; integers cut what is behind the point
test.each<[DType, number[]]>([
  ['float64', [-1.5, 0, 3.75]], ['float32', [-1.5, 0, 3.75]], ['float16', [-1.5, 0, 3.75]],
  ['bfloat16', [-1.5, 0, 3.75]], ['int32', [-1, 0, 3]], ['int8', [-1, 0, 3]], ['bool', [1, 0, 1]],
])('cast to %s', (dtype, wanted) => {
  const y = tensor(Float64Array.of(-1.5, 0, 3.75)).cast(dtype)
  expect([y.dtype, listOf(y)]).toEqual([dtype, wanted])
})
test('cast to uint8', () => expect(listOf(tensor([0, 3.75, 255]).cast('uint8'))).toEqual([0, 3, 255]))

test('new tensors', () => {
  expect(empty([2, 3]).shape).toEqual([2, 3])
  expect(listOf(full([2], 7))).toEqual([7, 7])
})

test('multinomial draws what has a chance, without replacement each once', () => {
  expect(listOf(multinomial(tensor([0, 1, 0, 2]), 2)).sort()).toEqual([1, 3])
})

describe('first values', () => {
  test('constants', () => {
    expect(listOf(nn.init.zeros([2]))).toEqual([0, 0])
    expect(listOf(nn.init.ones([2]))).toEqual([1, 1])
    expect(listOf(nn.init.eye([2, 3]))).toEqual([1, 0, 0, 0, 1, 0])
  })
  test('normal: mean and deviation', () => {
    const x = nn.init.normal([4000], { mean: 3, std: 0.5 })
    expect(Math.abs(x.mean().itemSync() - 3)).toBeLessThan(0.05)
    expect(Math.abs(x.std().itemSync() - 0.5)).toBeLessThan(0.05)
  })
})

describe('parts of modules', () => {
  class Scaled extends nn.Module {
    readonly scale = new nn.Parameter(tensor([2, 3]))
    readonly shift = new nn.Buffer(tensor([1, 1]), { name: 'shift' })
    override forward(x: Tensor): Tensor { return x.mul(this.scale).add(this.shift) }
  }
  test('parameters are trained, buffers kept, and a ModuleDict has its modules by name', () => {
    const m = new nn.ModuleDict({ scaled: new Scaled() })
    expect(m.namedParameters().map(([name]) => name)).toEqual(['scaled.scale'])
    expect(Object.keys(m.stateDict()).sort()).toEqual(['scaled.scale', 'scaled.shift'])
    expect(listOf(new Scaled().forward(tensor([1, 2])))).toEqual([3, 7])
  })
  test('losses of probabilities and of classes', () => {
    expect(new nn.BCELoss().forward(tensor([0.5]), tensor([1])).itemSync()).toBeCloseTo(Math.log(2), 6)
    const even = new nn.CrossEntropyLoss().forward(tensor([[0, 0]]), tensor(Int32Array.of(1)))
    expect(even.itemSync()).toBeCloseTo(Math.log(2), 6)
  })
  test('instanceNorm: each channel by itself', () => {
    expect(listOf(nn.instanceNorm(tensor([[[1, 3]]]), { eps: 3 }))).toEqual([-0.5, 0.5])
  })
})
