import { beforeEach, describe, expect, test } from 'vitest'
import './setup.ts'
import * as nn from '../../../src/nn/index.ts'
import { grad, randn, seed, tensor, vmap, zeros, type Tensor } from '../../../src/tensor/index.ts'
import { DTypeError, ShapeError } from '../../../src/util/errors.ts'

beforeEach(() => seed(0))
const close = (a: Tensor, b: Tensor, within = 1e-5): void => {
  expect(a.shape).toEqual(b.shape)
  const [x, y] = [a.dataSync(), b.dataSync()]
  expect(Math.max(...x.map((v, i) => Math.abs(v - y[i])))).toBeLessThan(within)
}

describe('scaledDotProductAttention', () => {
  const [q, k, v] = [randn([2, 3, 5, 4]), randn([2, 3, 7, 4]), randn([2, 3, 7, 6])]
  test('leading axes broadcast', () => {
    const wide = nn.scaledDotProductAttention(q, k.index(0), v.index(0))
    close(wide.index(1), nn.scaledDotProductAttention(q.index(1), k.index(0), v.index(0)))
  })
  test('no keys give 0', () => {
    expect(nn.scaledDotProductAttention(q, zeros([2, 3, 0, 4]), zeros([2, 3, 0, 6])).abs().sum().itemSync()).toBe(0)
  })
  test('dropout keeps the mean, and all of it is 0', () => {
    const ones = zeros([1, 400, 6]).add(1)
    const y = nn.scaledDotProductAttention(zeros([1, 20, 4]), zeros([1, 400, 4]), ones, { dropout: 0.5 })
    expect(y.mean().itemSync()).toBeCloseTo(1, 1)
    expect(new Set(y.dataSync()).size).toBeGreaterThan(1)
    expect(nn.scaledDotProductAttention(q, k, v, { dropout: 1 }).abs().sum().itemSync()).toBe(0)
  })
  test('vmap and grad in either order', () => {
    const f = (x: Tensor): Tensor =>
      nn.scaledDotProductAttention(x, k.index(0), v.index(0), { causal: true }).square().sum()
    close(vmap(grad(f))(q), grad((x: Tensor) => vmap(f)(x).sum())(q))
  })
  test('a length leaves out what is behind it', () => {
    close(
      nn.scaledDotProductAttention(q, k, v, { length: 4 }),
      nn.scaledDotProductAttention(q, k.split([4, 3], 2)[0], v.split([4, 3], 2)[0]),
    )
  })
  test('errors say what was given', () => {
    const attend = nn.scaledDotProductAttention
    expect(() => attend(q, v, v)).toThrow('query [2,3,5,4], key [2,3,7,6]')
    expect(() => attend(q, k, q)).toThrow(ShapeError)
    expect(() => attend(q, k, v, { mask: tensor([true, false]) })).toThrow('[2] does not broadcast to [2,3,5,7]')
    expect(() => attend(q, k, v, { mask: zeros([5, 7], { dtype: 'int32' }) })).toThrow(DTypeError)
    expect(() => attend(randn([4, 5, 4]), randn([3, 7, 4]), randn([3, 7, 4]), { groupedQueries: true }))
      .toThrow('are a multiple of those')
    expect(() => attend(q, k, v, { isCausal: true } as never)).toThrow("did you mean 'causal'")
  })
})

describe('positions', () => {
  test('waves', () => {
    const p = nn.sinusoidalPositions(zeros([3, 4])).arraySync() as number[][]
    expect(p[0]).toEqual([0, 1, 0, 1])
    expect(p[2][0]).toBeCloseTo(Math.sin(2), 6)
    expect(p[2][3]).toBeCloseTo(Math.cos(2 / 100), 6)
  })
  test.each([false, true])('products of turned vectors depend on the distance (interleaved: %s)', interleaved => {
    const [a, b] = [randn([1, 8]), randn([1, 8])]
    const at = (x: Tensor, offset: number): Tensor => nn.rotaryPositions(x, { offset, interleaved })
    const product = (i: number, j: number): number => at(a, i).mul(at(b, j)).sum().itemSync()
    expect(product(9, 4)).toBeCloseTo(product(5, 0), 4)
    expect(product(9, 4)).not.toBeCloseTo(product(9, 5), 2)
  })
  test('an offset is a piece of a longer sequence', () => {
    const x = randn([6, 8])
    const tail = x.split([4, 2], 0)[1]
    close(nn.rotaryPositions(tail, { offset: 4 }), nn.rotaryPositions(x).split([4, 2], 0)[1])
    const learned = new nn.LearnedPositions(8, 8)
    close(learned.forward(tail, 4), learned.forward(x).split([4, 2], 0)[1])
  })
  test('a sequence that is too long', () => {
    expect(() => new nn.LearnedPositions(4, 8).forward(randn([5, 8]))).toThrow('length up to 4')
    expect(() => nn.rotaryPositions(randn([3, 5]))).toThrow('an even size')
  })
})

describe('transformer', () => {
  const options = { batchFirst: true, dimFeedforward: 16, dropout: 0 }
  test('layers of an encoder begin as the one given, and are their own', () => {
    const layer = new nn.TransformerEncoderLayer(8, 2, options)
    const encoder = new nn.TransformerEncoder(layer, 2)
    const [first, second] = [...encoder.layers]
    close(first.linear1.weight, layer.linear1.weight, 1e-9)
    first.linear1.weight.assign(second.linear1.weight.mul(0))
    expect(second.linear1.weight.abs().sum().itemSync()).toBeGreaterThan(0)
  })
  test('layers of one\'s own: by a function, or by copy(); else an error says so', () => {
    class Half extends nn.Module<[x: Tensor, more?: unknown]> {
      linear = new nn.Linear(4, 4)
      forward(x: Tensor): Tensor { return this.linear.forward(x).mul(0.5) }
    }
    class Copied extends Half {
      copy(): Copied { const other = new Copied(); other.loadStateDict(this.stateDict()); return other }
    }
    class Named extends nn.TransformerEncoderLayer {}
    const x = randn([3, 2, 4])
    const encoder = new nn.TransformerEncoder(() => new Half(), 2)
    const [first, second] = [...encoder.layers]
    const differ = (a: Tensor, b: Tensor): number => a.sub(b).abs().max().itemSync()
    expect(differ(encoder.forward(x), second.forward(first.forward(x)))).toBe(0)
    expect(differ(first.linear.weight, second.linear.weight)).toBeGreaterThan(0)
    expect(Object.keys(encoder.stateDict())).toContain('layers.1.linear.weight')
    const given = new Copied()
    const decoder = new nn.TransformerDecoder(given, 2)
    const copies = [...decoder.layers]
    expect(copies.map(c => differ(c.linear.weight, given.linear.weight))).toEqual([0, 0])
    expect(copies[0]).not.toBe(copies[1])
    for (const layer of [new Half(), new Named(4, 1)] as never[])
      expect(() => new nn.TransformerEncoder(layer, 2)).toThrow(/a (Half|Named) cannot be copied.*\(\) => new/)
    expect(() => new nn.TransformerDecoder(null as never, 2)).toThrow('got null')
  })
  test('isCausal is the triangle as a mask', () => {
    const layer = new nn.TransformerEncoderLayer(8, 2, options)
    const x = randn([2, 6, 8])
    const mask = nn.Transformer.generateSquareSubsequentMask(6)
    close(layer.forward(x, { isCausal: true }), layer.forward(x, { mask }))
  })
  test('weights are there when they are asked for', () => {
    const layer = new nn.MultiheadAttention(8, 2, { batchFirst: true })
    const x = randn([3, 5, 8])
    const [y, weights] = layer.forward(x)
    expect([y.shape, weights?.shape]).toEqual([[3, 5, 8], [3, 5, 5]])
    close(weights!.sum(-1), zeros([3, 5]).add(1))
    expect(layer.forward(x, x, x, { needWeights: false })[1]).toBeNull()
  })
  test('errors', () => {
    expect(() => new nn.MultiheadAttention(8, 3)).toThrow('not a multiple of the 3 heads')
    const layer = new nn.MultiheadAttention(8, 2, { batchFirst: true })
    const x = randn([3, 5, 8])
    const wrong = { attnMask: zeros([5, 4]) }
    expect(() => layer.forward(x, x, x, wrong)).toThrow('attnMask is [5,4]: expected [5,5] or [6,5,5]')
    const odd = { activation: 'sine' as never }
    expect(() => new nn.TransformerEncoderLayer(8, 2, odd)).toThrow("'relu', 'gelu' or a function")
  })
})
