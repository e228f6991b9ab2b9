import { describe, expect, it } from 'vitest'
import { Builder } from '../../../src/kernel/builder.ts'
import type { Address, Fn, Kernel, Value } from '../../../src/kernel/ir.ts'
import { slotsOf } from '../../../src/kernel/slots.ts'

const at = (base: Value, index: Value | null = null): Address => ({ base, index, scale: 4, disp: 0 })

function used(fn: Fn): { reads: number[]; writes: number[] } {
  const kernel: Kernel = {
    name: fn.name, entry: fn, callees: [], slots: 8, total: 1, scratchBytes: 0, flops: 0, bytes: 0,
  }
  const { reads, writes } = slotsOf(kernel)
  return { reads: [...reads].sort(), writes: [...writes].sort() }
}

/** Copies an element from its second parameter to its first. */
function copier(): Fn {
  const b = new Builder('copy', 2)
  b.store('f32', at(b.param(0)), b.load('f32', at(b.param(1)), 1))
  return b.fn
}

describe('slots that a kernel reads and writes', () => {
  it('follows addresses through sums, indices and branches', () => {
    const b = new Builder('k', 4)
    const x = b.load('f32', at(b.iadd(b.arg(2), 64)), 1)
    b.if('lt', b.param(1), b.param(2), () => { b.store('f32', at(b.param(3), b.arg(5)), x) })
    b.store('f32', at(b.param(3)), x)
    expect(used(b.fn)).toEqual({ reads: [2], writes: [5] })
  })

  it('sees what a loop hands on to its next turn, and what it leaves', () => {
    const b = new Builder('k', 4)
    const [from, to] = [b.arg(0), b.arg(1)]
    const [end] = b.loop(b.int(0), b.param(2), 1, [from, to, from], (_, [x, y]) => {
      b.store('f32', at(y), b.load('f32', at(x), 1))
      // the two change places
      return [y, x, b.iadd(y, 4)]
    }).slice(2)
    b.store('f32', at(end), b.load('f32', at(b.arg(4)), 1))
    expect(used(b.fn)).toEqual({ reads: [0, 1, 4], writes: [0, 1] })
  })

  it('tells calls of one function apart by what they are given', () => {
    const copy = copier()
    const kernel = (to: number, from: number): Fn => {
      const b = new Builder('k', 4)
      b.call(copy, [b.arg(to), b.iadd(b.arg(from), 8)])
      return b.fn
    }
    expect(used(kernel(3, 1))).toEqual({ reads: [1], writes: [3] })
    expect(used(kernel(0, 6))).toEqual({ reads: [6], writes: [0] })
    const outer = new Builder('outer', 2)
    outer.call(copy, [outer.param(1), outer.param(0)])
    const b = new Builder('k', 4)
    b.call(outer.fn, [b.arg(7), b.param(3)])
    expect(used(b.fn)).toEqual({ reads: [7], writes: [] })
  })

  it('counts what a called function takes from the argument block itself', () => {
    const inner = new Builder('inner', 1)
    inner.store('f32', at(inner.arg(2)), inner.load('f32', at(inner.arg(1)), 1))
    const b = new Builder('k', 4)
    b.call(inner.fn, [b.param(0)])
    expect(used(b.fn)).toEqual({ reads: [1], writes: [2] })
  })
})
