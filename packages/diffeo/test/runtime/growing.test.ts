/** @file Graphs that grow for long before somebody asks for a value. */
import { describe, expect, test } from 'vitest'
import { installExecutor } from '../../src/graph/executor.ts'
import { tensor, type Tensor } from '../../src/tensor/index.ts'
import { watched } from './support/executors.ts'

describe.each(['native', 'wasm'])('%s', device => {
  const { executor, watch } = watched(device)

  test('a running total of 2,000 sums', async () => {
    installExecutor(executor)
    let total: Tensor = tensor(0)
    for (let i = 0; i < 2000; i++) total = total.add(tensor([1, 2, 3]).sum())
    expect(await total.item()).toBe(12000)
  })

  test('2,000 operations on an array, and again without compiling', async () => {
    installExecutor(executor)
    const grow = (x: Tensor): Tensor => {
      for (let i = 0; i < 1000; i++) x = x.mul(0.5).add(1)
      return x
    }
    const ramp = (by: number): Tensor => tensor(Float32Array.from({ length: 100 }, (_, i) => by * i))
    expect(await grow(ramp(1)).data()).toEqual(new Float32Array(100).fill(2))
    const before = watch.linked
    expect(await grow(ramp(-3)).data()).toEqual(new Float32Array(100).fill(2))
    expect(watch.linked).toBe(before)
  })
})
