/** @file Tensors of one value: they are written, no program is compiled for them. */
import { describe, expect, test } from 'vitest'
import { fillBytes } from '../../src/backend/fill.ts'
import { dtypeBytes, type DType } from '../../src/graph/dtype.ts'
import { installExecutor } from '../../src/graph/executor.ts'
import { full, Parameter, zeros } from '../../src/tensor/index.ts'
import { watched } from './support/executors.ts'

describe.each(['native', 'wasm'])('constants on %s', device => {
  const { executor, watch } = watched(device)
  // sizes below a word, of odd bytes, of a page and more
  test.each(Object.keys(dtypeBytes) as DType[])('%s', dtype => {
    installExecutor(executor)
    const { linked } = watch
    for (const n of [1, 3, 7, 1027, 300_000]) {
      const value = dtype === 'bool' ? 1 : 3
      expect([...full([n], value, { dtype }).dataSync()].every(v => v === value), `${n} × ${value}`).toBe(true)
      expect([...zeros([n], { dtype }).dataSync()].every(v => v === 0)).toBe(true)
    }
    expect(watch.linked).toBe(linked)
  })
  test('numbers that need all their bits', () => {
    installExecutor(executor)
    for (const value of [-0, NaN, -Infinity, Math.fround(0.1)]) expect(full([5], value).dataSync()[4]).toBe(value)
    for (const value of [0.1, -1e300]) expect(full([3], value, { dtype: 'float64' }).dataSync()[2]).toBe(value)
    expect(full([3], -2, { dtype: 'int8' }).dataSync()[2]).toBe(-2)
  })
  test('beside what is computed, and as the first value of a parameter', () => {
    installExecutor(executor)
    const [p, q] = [new Parameter(full([3], 2)), new Parameter(full([3], 5).add(1))]
    expect([p.add(q).arraySync(), p.arraySync(), q.arraySync()]).toEqual([[8, 8, 8], [2, 2, 2], [6, 6, 6]])
  })
})

test('fillBytes writes a pattern over and over, the last time what fits', () => {
  for (let size = 0; size < 40; size++) {
    for (const pattern of [[7], [1, 2], [1, 2, 3, 4], [5, 5, 5, 5], [1, 2, 3, 4, 5, 6, 7, 8]]) {
      const bytes = new Uint8Array(size)
      fillBytes(bytes, Uint8Array.from(pattern))
      expect([...bytes]).toEqual(Array.from({ length: size }, (_, i) => pattern[i % pattern.length]))
    }
  }
})
