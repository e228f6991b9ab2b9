/** @file Equal groups are compiled once, in a program and across programs; what is kept is bounded. */
import { describe, expect, test } from 'vitest'
import '../../../src/ops/index.ts'
import { emitKernels } from '../../../src/backend/native/codegen/index.ts'
import { nullTarget as target } from '../../../src/backend/null/index.ts'
import * as g from '../../../src/graph/build.ts'
import type { Node } from '../../../src/graph/node.ts'
import type { Kernel } from '../../../src/kernel/ir.ts'
import { compileProgram } from '../../../src/schedule/index.ts'
import { KernelCache } from '../../../src/schedule/kernel-cache.ts'

let places = 0
const input = (...shape: number[]): Node => g.placeholder(places++, shape, 'float32')
const relu = (x: Node): Node => g.where(g.less(x, g.constantLike(x, 0)), g.constantLike(x, 0), x)

/** `n` layers of width 24, each with weights of its own. */
function layers(n: number): Node {
  let x = input(40, 24)
  for (let i = 0; i < n; i++) x = relu(g.dot(x, input(24, 24), [[1, 0]]))
  return x
}

/** Compiles, and counts how often the compiler asks whether a node is there: its work on the graph. */
function compile(outputs: readonly Node[], cache = new KernelCache()) {
  let asked = 0
  const leaf = (n: Node): boolean => { asked++; return n.op === 'placeholder' }
  const { program } = compileProgram(outputs, { target, leaf, updates: new Map(), cache })
  return { kernels: program.kernels, calls: program.calls, cache, asked: () => asked }
}

const entries = (kernels: readonly Kernel[]): number => new Set(kernels.map(k => k.entry)).size

describe('groups that compute the same', () => {
  test('twelve equal layers are compiled once', () => {
    const one = compile([layers(1)])
    const twelve = compile([layers(12)])
    expect(one.cache.compiled).toBe(1)
    expect(twelve.cache.compiled).toBe(1)
    expect(twelve.calls.length).toBe(12 * one.calls.length)
    expect(entries(twelve.kernels)).toBe(entries(one.kernels))
    expect(new Set(twelve.kernels.map(k => k.name)).size).toBe(twelve.kernels.length)
  })

  test('across programs', () => {
    const { cache } = compile([layers(3)])
    compile([layers(5)], cache)
    expect(cache.compiled).toBe(1)
  })

  test('not where a shape, a constant, an attribute or an operand that comes twice differs', () => {
    const cache = new KernelCache()
    const a = input(6, 10)
    const graphs = [
      g.sum(a, [1]), g.sum(a, [0]), g.sum(input(6, 11), [1]), g.reduce('max', a, [1]),
      g.sum(g.mul(a, input(6, 10)), [1]), g.sum(g.mul(a, a), [1]), g.sum(g.scale(a, 2), [1]), g.sum(g.scale(a, 3), [1]),
      g.sum(g.scale(a, -0), [1]), g.sum(g.scale(a, 0), [1]),
    ]
    for (const x of graphs) compile([x], cache)
    expect(cache.compiled).toBe(graphs.length)
  })

  test('machine code is encoded and laid down once', () => {
    const { kernels } = compile([layers(4)])
    const all = emitKernels(kernels, target)
    const first = emitKernels(kernels.slice(0, kernels.length / 4), target)
    expect(all.code).toEqual(first.code)
    expect(new Set(all.entries).size).toBe(new Set(first.entries).size)
  })

  test('n equal layers are linear work', () => {
    const [few, many] = [20, 80].map(n => compile([layers(n)]).asked())
    expect(many / few).toBeLessThan(4.4)
  })
})

describe('maps over the elements of arrays', () => {
  const update = (shape: readonly number[]): Node =>
    g.add(input(...shape), g.mul(input(...shape), g.expand(g.reshape(input(), shape.map(() => 1)), shape)))

  test('of any shape share one kernel', () => {
    const { kernels, cache } = compile([[7], [3, 5], [2, 3, 50], [4096]].map(update))
    expect(cache.compiled).toBe(1)
    expect(entries(kernels)).toBe(1)
    expect(kernels.map(k => k.total).sort((a, b) => a - b)).toEqual([7, 15, 300, 4096])
    expect(kernels.map(k => k.flops).sort((a, b) => a - b)).toEqual([14, 30, 600, 8192])
    expect(kernels.map(k => k.bytes).sort((a, b) => a - b)).toEqual([7, 15, 300, 4096].map(n => 12 * n + 4))
  })

  test('but not where the order of elements differs', () => {
    const { cache } = compile([g.neg(input(6, 10)), g.neg(g.permute(input(10, 6), [1, 0]))])
    expect(cache.compiled).toBe(2)
  })
})

test('what was not used lately is let go of', () => {
  const { cache: all } = compile([g.sum(input(5, 7), [1])])
  const cache = new KernelCache(3 * all.instructions)
  for (let n = 8; n < 40; n++) {
    compile([g.sum(input(5, n), [1])], cache)
    expect(cache.instructions).toBeLessThanOrEqual(3 * all.instructions)
  }
  expect(cache.compiled).toBe(32)
  expect(cache.size).toBeLessThan(8)
  compile([g.sum(input(5, 39), [1])], cache)
  expect(cache.compiled).toBe(32)
})
