/** @file The parts of loops: the order of calls, what a kernel touches, and what a gradient keeps. */
import { describe, expect, test } from 'vitest'
import '../../../src/ops/index.ts'
import { movesOf, replay, timesOf } from '../../../src/backend/loops.ts'
import type { Loop, Program } from '../../../src/backend/program.ts'
import { add, dot, mul, placeholder, slice, unary } from '../../../src/graph/build.ts'
import type { Node } from '../../../src/graph/node.ts'
import { topological } from '../../../src/graph/walk.ts'
import { Builder } from '../../../src/kernel/builder.ts'
import type { Kernel } from '../../../src/kernel/ir.ts'
import { slotsOf } from '../../../src/kernel/slots.ts'
import { minCut } from '../../../src/ops/support/min-cut.ts'

describe('the order of calls', () => {
  // 0 ( 1 ( 2 3 ) ) ( 4 ) 5, the first pair of loops beginning together
  const loops: Loop[] = [
    { first: 1, end: 4, turns: 2, moves: [] }, { first: 2, end: 4, turns: 3, moves: [] },
    { first: 4, end: 5, turns: 2, moves: [] },
  ]
  const steps = (from: number, end: number): string => {
    let out = ''
    replay(loops, from, end, {
      call: i => { out += i }, enter: l => { out += `<${'abc'[l]}` }, turn: (l, t) => { out += `${'abc'[l]}${t}` },
    })
    return out
  }
  test('loops inside run anew in each turn of those around', () => {
    const inner = '<b23b123b223'
    expect(steps(0, 6)).toBe(`0<a1${inner}a11${inner}<c4c145`)
    expect(steps(4, 6)).toBe('<c4c145')
    expect(steps(5, 6)).toBe('5')
  })
  test('how often each runs, and what moves with which loop', () => {
    const moving = (of: number) => ({ kind: 'moving' as const, of, start: 0, step: 4, swaps: false })
    const program: Program = {
      kernels: [], buffers: [{ kind: 'external', index: 0, bytes: 64 }, moving(0), moving(1)], arenaBytes: 0,
      externals: 1,
      calls: Array.from({ length: 6 }, () => ({ kernel: 0, buffers: [] })),
      loops: [{ ...loops[0], moves: [1] }, { ...loops[1], moves: [2] }, loops[2]],
    }
    expect(timesOf(program)).toEqual([1, 2, 6, 6, 2, 1])
    const words = [[10], [11], [12, 13]]
    let next = 20
    const moves = movesOf(program, words, () => next++)
    // the slices of slices read their base where the loop around writes it
    expect(moves[1].map(m => [m.base, m.word])).toEqual([[20, 12], [21, 13]])
    expect(moves[0].map(m => m.word)).toEqual([11, 20, 21])
    expect(words[0]).toEqual([10, 22, 23, 24])
  })
})

describe('the slots that a kernel touches', () => {
  test('are followed through arithmetic, loops and calls', () => {
    const inner = new Builder('inner', 2)
    const at = (base: ReturnType<Builder['param']>) => ({ base, index: null, scale: 1 as const, disp: 0 })
    inner.store('f32', at(inner.param(1)), inner.load('f32', at(inner.param(0)), 1))
    const b = new Builder('k', 4)
    const start = b.iadd(b.arg(2), 64)
    b.loop(b.param(1), b.param(2), 1, [start], (_, [p]) => {
      b.call(inner.fn, [p, b.arg(0)])
      return [b.iadd(p, 4)]
    })
    b.load('f32', at(b.arg(1)), 1)
    b.store('f32', at(b.param(3)), b.constant('f32', 0, 1))
    const kernel: Kernel = {
      name: 'k', entry: b.fn, callees: [inner.fn], slots: 4, total: 1, scratchBytes: 4, flops: 0, bytes: 0,
    }
    const { reads, writes } = slotsOf(kernel)
    expect([[...reads].sort(), [...writes]]).toEqual([[1, 2], [0]])
  })
})

describe('what is kept for later', () => {
  const [x, w] = [placeholder(0, [4, 8], 'float32'), placeholder(1, [8, 16], 'float32')]
  const size = (n: Node): number => n.shape.reduce((p, q) => p * q, 1)
  const cut = (needed: readonly Node[], cost = size): Node[] => {
    const nodes = topological(needed).filter(n => n !== w)
    return minCut({ nodes, cost, isSource: n => n === x || n.op === 'dot', needed: new Set(needed) })
  }
  test('the fewest bytes from which the rest follows, and no product is computed again', () => {
    const z = dot(x, w, [[1, 0]])
    const [a, b] = [slice(z, [0, 0], [4, 2]), slice(z, [0, 8], [4, 10])]
    expect(cut([unary('exp', a), unary('tanh', b)]).map(n => n.shape)).toEqual([[4, 2], [4, 2]])
    expect(cut([z, unary('tanh', z)])).toEqual([z])
    const y = unary('tanh', x)
    // of two that cost the same, the one that needs less computing later
    expect(cut([mul(y, y)])).toEqual([mul(y, y)].map(() => expect.objectContaining({ op: 'mul' })))
    expect(cut([y, mul(y, y), add(y, x)]).map(n => n.op)).toEqual(['placeholder'])
  })
  test('what cannot be kept is computed again', () => {
    const y = unary('tanh', x)
    expect(cut([y], n => (n === y ? Infinity : 1))).toEqual([x])
    expect(() => cut([y], () => Infinity)).toThrow(/neither kept nor computed again/)
  })
})
