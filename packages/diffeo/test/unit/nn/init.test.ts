/** @file Initializers by their statistics and properties, from one seed. */
import { beforeEach, describe, expect, test } from 'vitest'
import './setup.ts'
import * as nn from '../../../src/nn/index.ts'
import { compile, seed, type Tensor } from '../../../src/tensor/index.ts'
import { DiffeoError, ShapeError } from '../../../src/util/errors.ts'

beforeEach(() => seed(7))
const std = (t: Tensor): number => t.std().itemSync()
const rows = (t: Tensor): number[][] => t.arraySync<number[][]>()

describe('gains and fans', () => {
  test('of weights [out, in, ...window]', () => {
    expect(nn.init.fans([5, 3, 2, 2])).toEqual({ in: 12, out: 20 })
    expect(nn.init.calculateGain('leakyRelu', 1)).toBe(1)
    expect(() => nn.init.calculateGain('leaky_relu' as never)).toThrow("there is no gain of 'leaky_relu'")
  })
  test('a mode that is none', () => {
    expect(() => nn.init.kaimingNormal([2, 2], { mode: 'fan_in' as never })).toThrow("mode is 'fan_in'")
  })
  test('deviations follow the mode', () => {
    const shape = [200, 20, 3, 3]
    expect(std(nn.init.kaimingNormal(shape, { nonlinearity: 'relu' }))).toBeCloseTo(Math.sqrt(2 / 180), 2)
    expect(std(nn.init.kaimingUniform(shape, { a: 1, mode: 'fanOut' }))).toBeCloseTo(Math.sqrt(1 / 1800), 3)
    const bound = Math.sqrt(6 / (180 + 1800))
    const x = nn.init.xavierUniform(shape)
    expect(x.abs().amax().itemSync()).toBeLessThanOrEqual(Math.fround(bound))
    expect(x.abs().amax().itemSync()).toBeGreaterThan(0.99 * bound)
  })
})

describe('truncNormal', () => {
  test('lies between the bounds, with the moments of a normal value cut there', () => {
    const x = nn.init.truncNormal([100, 100])
    expect(x.abs().amax().itemSync()).toBeLessThanOrEqual(2)
    expect(x.mean().itemSync()).toBeCloseTo(0, 1)
    // √(1 − 2·2φ(2)/(Φ(2) − Φ(−2)))
    expect(std(x)).toBeCloseTo(0.8796, 1)
  })
  test('on one side', () => {
    const x = nn.init.truncNormal([100, 100], { mean: 1, std: 2, a: 1, b: Infinity })
    expect(x.amin().itemSync()).toBeGreaterThanOrEqual(1)
    expect(x.mean().itemSync()).toBeCloseTo(1 + 2 * Math.sqrt(2 / Math.PI), 1)
    expect(Number.isFinite(x.amax().itemSync())).toBe(true)
  })
  test('options', () => {
    expect(() => nn.init.truncNormal([1], { std: 0 })).toThrow('std is 0')
    expect(() => nn.init.truncNormal([1], { a: 3 })).toThrow('a is 3, b is 2')
    expect(nn.init.truncNormal([2], { dtype: 'float64' }).dtype).toBe('float64')
  })
})

describe('orthogonal', () => {
  const gram = (q: Tensor): Tensor => (q.shape[0] <= q.shape[1] ? q.matmul(q.T) : q.T.matmul(q))
  test.each([[[6, 6]], [[4, 9]], [[9, 4]], [[3, 2, 2, 2]], [[1, 1]]])('%j', shape => {
    const q = nn.init.orthogonal(shape, { gain: 3, dtype: 'float64' })
    expect(q.shape).toEqual(shape)
    const n = Math.min(shape[0], q.size / shape[0])
    const product = gram(q.reshape(shape[0], -1))
    rows(product).forEach((row, i) => row.forEach((v, j) => expect(v).toBeCloseTo(i === j ? 9 : 0, 6)))
    expect(product.shape).toEqual([n, n])
  })
  test('of a parameter, and inside of compile', () => {
    const layer = new nn.Linear(5, 5)
    expect(nn.init.orthogonal(layer.weight)).toBe(layer.weight)
    expect(gram(layer.weight).sub(nn.init.eye([5, 5])).abs().amax().itemSync()).toBeLessThan(1e-5)
    const make = compile((x: Tensor) => x.matmul(nn.init.orthogonal([5, 5])))
    expect(gram(make(nn.init.eye([5, 5]))).sub(nn.init.eye([5, 5])).abs().amax().itemSync()).toBeLessThan(1e-5)
  })
  test('one direction is as likely as another', () => {
    const signs = Array.from({ length: 40 }, () => Math.sign(rows(nn.init.orthogonal([2, 2]))[0][0]))
    expect(new Set(signs)).toEqual(new Set([1, -1]))
  })
  test('a vector has none', () => expect(() => nn.init.orthogonal([3])).toThrow(ShapeError))
})

describe('sparse', () => {
  test('has as many zeros in each column, in places that differ', () => {
    const columns = rows(nn.init.sparse([10, 30], 0.25).T)
    const places = columns.map(c => c.flatMap((v, i) => (v === 0 ? [i] : [])))
    expect(places.map(p => p.length)).toEqual(new Array(30).fill(3))
    expect(new Set(places.map(String)).size).toBeGreaterThan(10)
    expect(std(nn.init.sparse([200, 50], 0, { std: 2 }))).toBeCloseTo(2, 1)
  })
  test('errors', () => {
    expect(() => nn.init.sparse([3], 0.1)).toThrow('init.sparse: the shape is [3]')
    expect(() => nn.init.sparse([3, 3], 2)).toThrow(DiffeoError)
  })
})

describe('identities', () => {
  test('eye', () => {
    expect(rows(nn.init.eye([2, 3]))).toEqual([[1, 0, 0], [0, 1, 0]])
    expect(() => nn.init.eye([2])).toThrow('expected 2 axes')
  })
  test.each([[[2, 2, 3], 1], [[4, 2, 3, 2], 2], [[3, 5, 1, 2, 3], 1]])('dirac of %j in %j groups', (shape, groups) => {
    const [out, ins, ...window] = shape
    const w = nn.init.dirac(shape, { groups })
    expect(w.shape).toEqual(shape)
    // PyTorch: element [g · out/groups + d, d, ⌊size/2⌋ …] is 1 for d below both
    const wanted = Array.from({ length: groups }, (_, g) =>
      Array.from({ length: Math.min(out / groups, ins) }, (_, d) => [(g * out) / groups + d, d])).flat()
    wanted.forEach(([o, i]) => expect(w.index(o, i, ...window.map(n => Math.floor(n / 2))).itemSync()).toBe(1))
    expect(w.sum().itemSync()).toBe(wanted.length)
  })
  test('a convolution with it is the identity', () => {
    const conv = new nn.Conv2d(2, 2, 3, { padding: 1, bias: false })
    nn.init.dirac(conv.weight)
    const x = nn.init.normal([1, 2, 4, 4])
    expect(conv.forward(x).arraySync()).toEqual(x.arraySync())
  })
  test('errors', () => {
    expect(() => nn.init.dirac([2, 2])).toThrow('expected [out, in, ...window]')
    expect(() => nn.init.dirac([3, 2, 1], { groups: 2 })).toThrow('a whole number that divides 3')
  })
})
