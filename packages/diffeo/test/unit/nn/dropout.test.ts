import { beforeEach, describe, expect, test } from 'vitest'
import './setup.ts'
import * as nn from '../../../src/nn/index.ts'
import { gradients, ones, randn, seed } from '../../../src/tensor/index.ts'

beforeEach(() => seed(0))

describe('dropout of channels', () => {
  const layers: [string, (p: number) => nn.Module, number[]][] = [
    ['Dropout1d', p => new nn.Dropout1d(p), [30, 20, 4]],
    ['Dropout2d', p => new nn.Dropout2d(p), [30, 20, 2, 2]],
    ['Dropout3d', p => new nn.Dropout3d(p), [30, 20, 2, 1, 2]],
  ]
  for (const [name, make, shape] of layers) {
    test(`${name}: whole channels, of which 1 − p stay and are scaled`, () => {
      const x = ones(shape)
      const y = make(0.25).forward(x)
      const rows = y.reshape(600, 4)
      expect(rows.max(1).equal(rows.min(1)).itemSync()).toBe(1)
      const kept = y.ne(0).cast('float32').mean().itemSync()
      expect(kept).toBeGreaterThan(0.68)
      expect(kept).toBeLessThan(0.82)
      expect(y.max().itemSync()).toBeCloseTo(4 / 3, 6)
      expect(make(0.25).eval().forward(x)).toBe(x)
    })
  }
  test('without batch; other ranks are an error', () => {
    const y = new nn.Dropout2d(0.5).forward(ones([50, 3, 3])).reshape(50, 9)
    expect(y.max(1).equal(y.min(1)).itemSync()).toBe(1)
    expect(new Set(y.dataSync())).toEqual(new Set([0, 2]))
    expect(() => new nn.Dropout2d().forward(ones([2, 3]))).toThrow('Dropout2d 0.5: dropout2d: the input is [2,3]')
    expect(() => new nn.Dropout3d(1.5)).toThrow('Dropout3d: p is 1.5')
  })
})

describe('alpha dropout', () => {
  test('keeps mean 0 and variance 1', () => {
    const y = new nn.AlphaDropout(0.3).forward(randn([200, 200]))
    expect(Math.abs(y.mean().itemSync())).toBeLessThan(0.03)
    expect(Math.abs(y.var().itemSync() - 1)).toBeLessThan(0.05)
  })
  test('what is dropped has one value and no gradient', () => {
    const x = randn([40, 10])
    const y = new nn.AlphaDropout(0.5).forward(x)
    const [g] = gradients(y.sum(), [x])
    const [values, slopes] = [y.dataSync(), g!.dataSync()]
    // a = ((1 − p)(1 + p·α²))^−½, dropped: a·α·(1 − p)
    const a = 1 / Math.sqrt(0.5 * (1 + 0.5 * 1.7580993408473766 ** 2))
    let dropped = 0
    slopes.forEach((slope, i) => {
      if (slope === 0) { dropped++; expect(values[i]).toBeCloseTo(-a * 1.7580993408473766 * 0.5, 5) }
      else expect(slope).toBeCloseTo(a, 5)
    })
    expect(dropped).toBeGreaterThan(140)
    expect(dropped).toBeLessThan(260)
  })
  test('FeatureAlphaDropout drops whole channels', () => {
    const y = new nn.FeatureAlphaDropout(0.5).forward(ones([30, 20, 4])).reshape(600, 4)
    expect(y.max(1).equal(y.min(1)).itemSync()).toBe(1)
    expect(new Set(y.dataSync()).size).toBe(2)
    const x = ones([2, 3])
    expect(new nn.FeatureAlphaDropout().eval().forward(x)).toBe(x)
  })
})

test('RReLU: slopes from the interval in training, their mean in evaluation', () => {
  const layer = new nn.RReLU({ lower: 0.25, upper: 0.75 })
  const slopes = layer.forward(ones([1000]).neg()).neg().dataSync()
  expect(Math.min(...slopes)).toBeGreaterThanOrEqual(0.25)
  expect(Math.max(...slopes)).toBeLessThanOrEqual(0.75)
  expect(new Set(slopes).size).toBeGreaterThan(900)
  expect(layer.forward(ones([3])).dataSync()).toEqual(Float32Array.of(1, 1, 1))
  expect(layer.eval().forward(ones([1]).neg()).itemSync()).toBe(-0.5)
  expect(() => nn.rrelu(ones([1]), { lower: 2, upper: 1 })).toThrow('rrelu: lower 2 is above upper 1')
})
