/** @file Decoding with a cache of keys and values: one program, the right values, and nothing copied. */
import { beforeEach, describe, expect, test } from 'vitest'
import { installExecutor } from '../../src/graph/executor.ts'
import * as nn from '../../src/nn/index.ts'
import { compile, explain, randn, seed, slice, tensor, type Tensor } from '../../src/tensor/index.ts'
import { DataError, ShapeError } from '../../src/util/errors.ts'
import { makeExecutor, watched } from './support/executors.ts'

const [heads, size, capacity] = [3, 20, 24]
const row = (t: Tensor, from: number, to = from + 1): Tensor => t.index(slice(), slice(), slice(from, to))

function decoder(cache: nn.KeyValueCache) {
  return compile((q: Tensor, k: Tensor, v: Tensor) => {
    const { key, value, length } = cache.append(k, v)
    return nn.scaledDotProductAttention(q, key, value, { length, causal: true })
  })
}

describe.each(['interp', 'native', 'wasm'])('%s', device => {
  const executor = device === 'interp' ? makeExecutor(device) : watched(device).executor
  beforeEach(() => { installExecutor(executor); seed(0) })

  test('row by row, and several at once, as all at once', () => {
    const [q, k, v] = [1, 2, 3].map(() => randn([2, heads, capacity, size]))
    const wanted = nn.scaledDotProductAttention(q, k, v, { causal: true })
    const cache = new nn.KeyValueCache(capacity, heads, size, { batch: 2 })
    const next = decoder(cache)
    for (let from = 0; from < capacity; from = from === 0 ? 7 : from + 1) {
      const to = from === 0 ? 7 : from + 1
      const found = next(row(q, from, to), row(k, from, to), row(v, from, to))
      const [a, b] = [found, row(wanted, from, to)].map(t => t.dataSync())
      expect(Math.max(...a.map((x, i) => Math.abs(x - b[i])))).toBeLessThan(2e-6)
    }
    expect(cache.length.itemSync()).toBe(capacity)
    cache.reset()
    expect(next(row(q, 0), row(k, 0), row(v, 0)).dataSync()[0]).toBeCloseTo(v.dataSync()[0], 6)
  })

  test('more than fit is an error, and changes nothing', () => {
    const cache = new nn.KeyValueCache(2, heads, size)
    const next = decoder(cache)
    const [one, two] = [randn([1, heads, 1, size]), randn([1, heads, 2, size])]
    next(two, two, two)
    const before = cache.keys.dataSync()
    expect(() => next(one, one, one).dataSync()).toThrow(DataError)
    expect([cache.length.itemSync(), cache.keys.dataSync()]).toEqual([2, before])
  })
})

test('a step reads what is there once, and writes one row', () => {
  const { executor, watch } = watched('native')
  installExecutor(executor)
  const cache = new nn.KeyValueCache(1024, heads, size)
  const next = decoder(cache)
  const x = randn([1, heads, 1, size])
  for (let i = 0; i < 5; i++) next(x, x, x).dataSync()
  const table = heads * 1024 * size * 4
  const cost = explain(next, x, x, x)
  expect(cost.bytes).toBeLessThan(2.1 * table)
  expect(watch.linked).toBeLessThan(5)
})

test('index checks come first, so that no cache is copied; a wrong id changes none', () => {
  installExecutor(watched('native').executor)
  const caches = [1, 2].map(() => new nn.KeyValueCache(1024, heads, size))
  const table = new nn.Embedding(10, heads * size)
  const next = compile((ids: Tensor) => {
    let x = table.forward(ids).reshape([1, heads, 1, size])
    for (const cache of caches) {
      const { key, value, length } = cache.append(x, x)
      x = nn.scaledDotProductAttention(x, key, value, { length, causal: true })
    }
    return x
  })
  const id = (n: number): Tensor => tensor([n], { dtype: 'int32' })
  next(id(3)).dataSync()
  expect(explain(next, id(3)).bytes).toBeLessThan(2 * 2.1 * heads * 1024 * size * 4)
  expect(() => next(id(10)).dataSync()).toThrow(DataError)
  expect(caches.map(c => c.length.itemSync())).toEqual([1, 1])
})

test('shapes are checked when they are given', () => {
  const cache = new nn.KeyValueCache(8, heads, size)
  const x = randn([1, heads, 1, size])
  expect(() => cache.append(randn([1, heads, 9, size]), x)).toThrow(ShapeError)
  expect(() => cache.append(x, randn([1, heads, 2, size]))).toThrow('1 keys and 2 values')
})
