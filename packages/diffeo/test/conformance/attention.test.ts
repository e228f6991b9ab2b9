/** @file Attention on every backend against its body: forward, backward, all forms, and what memory it takes. */
import { describe, expect, test } from 'vitest'
import '../../src/ops/index.ts'
import { countProgram, nullTarget } from '../../src/backend/null/index.ts'
import * as g from '../../src/graph/build.ts'
import type { Node, Shape } from '../../src/graph/node.ts'
import type { NDArray } from '../../src/ops/record.ts'
import { compileProgram } from '../../src/schedule/index.ts'
import { attention, type AttentionForm } from '../../src/tensor/functions/attention.ts'
import { batchNodes, gradients, tangents } from '../../src/transform/index.ts'
import { array, bools, random, randomInts } from '../unit/ops/support/case.ts'
import { backends, runCompiled, runReference, worst } from './support/backends.ts'

interface Form {
  readonly batch: Shape
  readonly queries: number
  readonly keys: number
  readonly size: number
  readonly valueSize?: number
  readonly causal?: boolean
  readonly scale?: number
  /** Shape of a mask, and what it is. */
  readonly mask?: readonly ['bool' | 'float', Shape]
  /** How many keys count, one a batch or one for all. */
  readonly length?: readonly number[]
  /** Axes in front of k and v, where they are others. */
  readonly shared?: Shape
  /** Whether rows are stored head by head, as `[batch, rows, heads, size]`. */
  readonly interleaved?: boolean
}

const forms: Record<string, Form> = {
  'one vector of queries': { batch: [2], queries: 16, keys: 16, size: 16 },
  'tails everywhere': { batch: [2, 3], queries: 37, keys: 53, size: 21, valueSize: 13 },
  'blocks of keys': { batch: [2], queries: 70, keys: 201, size: 64 },
  causal: { batch: [1, 2], queries: 150, keys: 150, size: 32, causal: true },
  'causal, more keys': { batch: [2], queries: 33, keys: 80, size: 8, causal: true },
  'causal, more queries': { batch: [2], queries: 80, keys: 33, size: 8, causal: true },
  'heads side by side': { batch: [2, 3], queries: 40, keys: 72, size: 16, causal: true, interleaved: true },
  'one query': { batch: [2, 3], queries: 1, keys: 75, size: 24 },
  'few queries': { batch: [3], queries: 3, keys: 40, size: 20, valueSize: 5 },
  'one key': { batch: [2], queries: 9, keys: 1, size: 4 },
  'one column': { batch: [2], queries: 9, keys: 12, size: 1 },
  'wide rows': { batch: [1], queries: 20, keys: 20, size: 130, valueSize: 200 },
  'large scores': { batch: [2], queries: 20, keys: 90, size: 16, scale: 25 },
  'padding mask': { batch: [2, 2], queries: 20, keys: 70, size: 8, mask: ['bool', [2, 1, 1, 70]] },
  'bool mask': { batch: [2, 2], queries: 20, keys: 70, size: 8, mask: ['bool', [1, 1, 20, 70]] },
  'bool mask of every head': { batch: [2, 2], queries: 5, keys: 21, size: 8, mask: ['bool', [2, 2, 5, 21]] },
  'float mask': { batch: [2, 2], queries: 20, keys: 70, size: 8, mask: ['float', [1, 2, 20, 70]] },
  'float mask of keys, causal': {
    batch: [2], queries: 40, keys: 40, size: 8, causal: true, mask: ['float', [1, 1, 40]],
  },
  length: { batch: [2, 2], queries: 18, keys: 70, size: 8, length: [33] },
  'length of each, causal': { batch: [4], queries: 5, keys: 90, size: 16, causal: true, length: [5, 17, 90, 64] },
  'one query with a length': { batch: [2, 3], queries: 1, keys: 200, size: 16, length: [77], causal: true },
  'length out of range': { batch: [2], queries: 4, keys: 20, size: 8, length: [-3, 1000] },
  'shared keys': { batch: [2, 2, 3], queries: 19, keys: 30, size: 8, shared: [2, 2, 1], causal: true },
  'one query, shared keys': { batch: [2, 2, 3], queries: 1, keys: 30, size: 8, shared: [2, 2, 1] },
}

const feeds = new Map<Node, NDArray>()
function feed(a: NDArray): Node {
  const n = g.placeholder(feeds.size, a.shape, a.dtype)
  feeds.set(n, a.dtype === 'float32' ? { ...a, data: a.data.map(Math.fround) } : a)
  return n
}

/** Half of it true, some whole rows false; or numbers, some of them −∞. */
function maskOf([kind, shape]: NonNullable<Form['mask']>): NDArray {
  const keys = shape.at(-1) as number
  const coin = randomInts(shape, 7, 0, 2).data
  if (kind === 'bool') return bools(shape, Array.from(coin, (x, i) => (Math.floor(i / keys) % 5 === 3 ? 0 : x)))
  const values = random(shape, 8, -1, 1, 'float32').data
  const isOut = (i: number) => i % 11 === 4 || Math.floor(i / keys) % 7 === 5
  return array('float32', shape, Array.from(values, (x, i) => (isOut(i) ? -Infinity : x)))
}

interface Made { readonly inputs: readonly Node[]; readonly form: AttentionForm; readonly cotangent: Node }

function make(f: Form): Made {
  const { batch, queries, keys, size, valueSize = size, mask, length, interleaved } = f
  const seed = feeds.size
  const operand = (front: Shape, rows: number, columns: number, i: number): Node => {
    if (!interleaved) return feed(random([...front, rows, columns], seed + i, -1, 1, 'float32'))
    const [b, h] = front
    return g.permute(feed(random([b, rows, h, columns], seed + i, -1, 1, 'float32')), [0, 2, 1, 3])
  }
  const shared = f.shared ?? batch
  const inputs = [operand(batch, queries, size, 1), operand(shared, keys, size, 2), operand(shared, keys, valueSize, 3)]
  if (mask) inputs.push(feed(maskOf(mask)))
  const ones = batch.map(() => 1)
  if (length) inputs.push(feed(array('int32', length.length > 1 ? [...batch, 1, 1] : [...ones, 1, 1], length)))
  const { scale = 1 / Math.sqrt(size), causal = false } = f
  const form = { scale, causal, mask: mask !== undefined, length: length !== undefined }
  return { inputs, form, cotangent: operand(batch, queries, valueSize, 4) }
}

/** The output, and the gradients of q, k and v. */
function program({ inputs, form, cotangent }: Made): Node[] {
  const out = attention(inputs, form)
  return [out, ...gradients([out], [cotangent], inputs.slice(0, 3)) as Node[]]
}

const leaf = (n: Node) => feeds.has(n) || n.op === 'placeholder'
const kernelsOf = (outputs: readonly Node[]) =>
  countProgram(compileProgram(outputs, { target: nullTarget, leaf, updates: new Map() }))

describe.each(backends().map(b => [b.name, b] as const))('%s', (_name, backend) => {
  for (const [name, form] of Object.entries(forms)) {
    test(name, () => {
      const outputs = program(make(form))
      const found = runCompiled(outputs, feeds, backend, c => {
        const names = c.program.kernels.map(k => k.name)
        expect(names.filter(n => n.startsWith('attention')).length, names.join()).toBeGreaterThanOrEqual(2)
        expect(names.filter(n => n.includes('dot')), names.join()).toEqual([])
      })
      const wanted = runReference(outputs, feeds)
      for (const [i, what] of ['output', 'dq', 'dk', 'dv'].entries())
        expect(worst(found[i], wanted[i]), what).toBeLessThan(form.scale ? 50 : 1)
    })
  }

  // the threads of wasm are tested in test/runtime
  test.skipIf(backend.name === 'wasm')('two threads give the same bits', () => {
    const outputs = program(make({ batch: [3, 4], queries: 200, keys: 200, size: 32, causal: true }))
    const run = (threads: number) => {
      backend.linker.setThreads(threads)
      return runCompiled(outputs, feeds, backend)
    }
    const [two, one] = [run(2), run(1)]
    expect(two.map(a => a.join())).toEqual(one.map(a => a.join()))
  })
})

describe('memory', () => {
  const large = (queries: number, keys: number) =>
    program(make({ batch: [2], queries, keys, size: 16, causal: true }))

  test.each([512, 1024])('nothing as large as the square of %i', t => {
    const { arenaBytes } = kernelsOf(large(t, t))
    expect(arenaBytes).toBeLessThan(t * t * 4 / 2)
  })
})

describe('what has no kernel is its body', () => {
  const made = make({ batch: [2], queries: 5, keys: 6, size: 4, causal: true })
  const out = attention(made.inputs, made.form)

  test('forward mode', () => {
    const [moved] = tangents([out], [made.inputs[0]], [made.inputs[0]])
    expect(kernelsOf([moved as Node]).calls.some(k => k.name.startsWith('attention'))).toBe(false)
  })

  test('a second derivative', () => {
    const [dq] = gradients([out], [made.cotangent], [made.inputs[0]]) as Node[]
    const [second] = gradients([dq], [made.inputs[0]], [made.inputs[1]]) as Node[]
    const names = kernelsOf([second]).calls.map(k => k.name)
    expect(names.some(n => n.startsWith('attention'))).toBe(false)
  })

  test('float64', () => {
    const wide = attention(made.inputs.map(x => g.cast(x, 'float64')), made.form)
    const [wanted] = runReference([wide], feeds)
    for (const backend of backends()) {
      const [found] = runCompiled([wide], feeds, backend, c =>
        expect(c.program.kernels.some(k => k.name.startsWith('attention'))).toBe(false))
      expect(worst(found, wanted, 1e-12, 1e-13)).toBeLessThan(1)
    }
  })
})

test('batched, it keeps its kernels', () => {
  const [q, k, v] = make({ batch: [2], queries: 20, keys: 30, size: 8 }).inputs
  const stand = g.placeholder(900, q.shape.slice(1), 'float32')
  const [one, two] = [k, v].map(x => g.reshape(g.slice(x, [0, 0, 0], [1, 30, 8]), [30, 8]))
  const out = attention([stand, one, two], { scale: 0.3, causal: false, mask: false, length: false })
  const [dk] = gradients([out], [g.constantLike(out, 1)], [one]) as Node[]
  const mapped = batchNodes([out, dk], new Map([[stand, q]]), 2).map(m => m.node)
  const kernels = kernelsOf(mapped).calls.map(c => c.name)
  expect(kernels.filter(n => n.startsWith('attention')).length).toBe(2)
  for (const backend of backends()) {
    const found = runCompiled(mapped, feeds, backend)
    runReference(mapped, feeds).forEach((w, i) => expect(worst(found[i], w)).toBeLessThan(1))
  }
})
