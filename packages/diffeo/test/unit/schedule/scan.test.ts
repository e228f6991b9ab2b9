/** @file What of a loop stays in it: the graph that is scheduled, and what it costs on the null backend. */
import { describe, expect, test } from 'vitest'
import '../../../src/ops/index.ts'
import { add, apply, constant, dot, mul, pick, placeholder, sum, unary } from '../../../src/graph/build.ts'
import { is, type Node } from '../../../src/graph/node.ts'
import { topological } from '../../../src/graph/walk.ts'
import { countProgram, nullTarget } from '../../../src/backend/null/index.ts'
import { compileProgram } from '../../../src/schedule/index.ts'
import { prepare } from '../../../src/schedule/prepare.ts'
import { gradients } from '../../../src/transform/index.ts'

const [turns, batch, size] = [7, 3, 16]
const f32 = 'float32'
const isLeaf = (n: Node): boolean => n.op === 'placeholder'
const prepared = (outputs: readonly Node[]): Node[] => topological(prepare(outputs, isLeaf), isLeaf)
const scans = (nodes: readonly Node[]): Node<'scan'>[] => nodes.filter((n): n is Node<'scan'> => is(n, 'scan'))
const opsIn = (n: Node<'scan'>): string[] => topological(n.attrs.body.outputs).map(x => x.op)
const dots = (nodes: readonly Node[]): Node[] => nodes.filter(n => n.op === 'dot')

const xs = placeholder(0, [turns, batch, size], f32)
const h0 = placeholder(1, [batch, size], f32)
const [w, u, v] = [2, 3, 4].map(i => placeholder(i, [size, size], f32))

/** h′ = tanh(x·W + h·U), y = h′·V: the last h and the ys. */
function network(reverse = false): Node[] {
  const [h, x, a, b, c] = [[batch, size], [batch, size], [size, size], [size, size], [size, size]]
    .map((shape, i) => placeholder(i, shape, f32))
  const next = unary('tanh', add(dot(x, a, [[1, 0]]), dot(h, b, [[1, 0]])))
  const body = { inputs: [h, x, a, b, c], outputs: [next, dot(next, c, [[1, 0]])] }
  const scan = apply('scan', [h0, xs, w, u, v], { body, carries: 1, sequences: 1, length: turns, reverse })
  return [pick(scan, 0), pick(scan, 1)]
}

/** A loop over xs with a carry and what the body makes of them. */
function loopOf(start: Node, f: (carry: Node, x: Node, w: Node) => readonly [Node, ...Node[]]): Node {
  const [c, x, k] = [placeholder(0, start.shape, f32), placeholder(1, [batch, size], f32), placeholder(2, w.shape, f32)]
  return apply('scan', [start, xs, w], {
    body: { inputs: [c, x, k], outputs: f(c, x, k) }, carries: 1, sequences: 1, length: turns, reverse: false,
  })
}

describe('what leaves a loop', () => {
  test('x·W before it and h·V after it, each as one product', () => {
    const nodes = prepared(network())
    const [loop, ...others] = scans(nodes)
    expect(others).toEqual([])
    expect(opsIn(loop).filter(op => op === 'dot')).toHaveLength(1)
    expect(dots(nodes).map(n => n.shape)).toEqual([[turns, batch, size], [turns, batch, size]])
  })
  test('nothing is computed for outputs that are not read', () => {
    const [last] = network()
    const nodes = prepared([last])
    expect(scans(nodes)[0].attrs.body.outputs).toHaveLength(1)
    expect(dots(nodes)).toHaveLength(1)
  })
  test('a carry that sums products is one product over all turns', () => {
    const scan = loopOf(constant(0, [size, size], f32), (c, x) => [add(c, dot(x, unary('tanh', x), [[0, 0]]))])
    const nodes = prepared([pick(scan, 0)])
    expect(scans(nodes)).toEqual([])
    expect(dots(nodes).map(n => (n as Node<'dot'>).attrs.contract)).toEqual([[[0, 0], [1, 1]]])
  })
  test('a loop without a carry is no loop, nor is one whose carry stays', () => {
    const nodes = prepared([1, 0].map(i => pick(loopOf(h0, (c, x, k) => [c, dot(add(x, c), k, [[1, 0]])]), i)))
    expect(scans(nodes)).toEqual([])
    expect(dots(nodes)[0].shape).toEqual([turns, batch, size])
  })
  test('what the carry needs stays', () => {
    const scan = loopOf(h0, (c, x) => [add(mul(c, x), x), c])
    const [loop] = scans(prepared([pick(scan, 0), pick(scan, 1)]))
    expect(opsIn(loop).sort()).toEqual(['add', 'mul', 'placeholder', 'placeholder'])
  })
  test('a running sum that is read in each turn stays', () => {
    const scan = loopOf(h0, (c, x) => { const next = add(c, x); return [next, next] })
    expect(scans(prepared([pick(scan, 1)]))).toHaveLength(1)
  })
})

describe('the gradient of a loop', () => {
  const loss = (reverse = false): Node => sum(mul(...(([y]) => [y, y] as const)(network(reverse).slice(1))), [0, 1, 2])
  const all = (reverse = false): Node[] =>
    gradients([loss(reverse)], [constant(1, [], f32)], [xs, h0, w, u, v]) as Node[]
  test('is one loop back; the loop forth, asked for more, stays one', () => {
    for (const reverse of [false, true]) {
      const nodes = prepared([loss(reverse), ...all(reverse)])
      const loops = scans(nodes)
      expect(loops).toHaveLength(2)
      for (const l of loops) expect(opsIn(l).filter(op => op === 'dot')).toHaveLength(1)
      // the carry; h′, for tanh and V; and h, for U: nothing else is kept
      expect(loops[0].attrs.body.outputs).toHaveLength(3)
    }
  })
  test('costs as many products as it has, and they are counted for each turn', () => {
    const outputs = [loss(), ...all()]
    const compiled = compileProgram(outputs, { target: nullTarget, leaf: isLeaf, updates: new Map() })
    const { calls } = countProgram(compiled)
    const flops = calls.filter(k => k.name.startsWith('dot') && !k.name.includes('pack') || k.name.includes('dot.'))
      .reduce((n, k) => n + k.times * k.flops, 0)
    // forth x·W, h·U, h·V; back two for each
    expect(flops / (2 * turns * batch * size * size)).toBeCloseTo(9, 0)
    expect(calls.filter(k => k.times === turns).length).toBeGreaterThan(1)
  })
  test('packs weights once', () => {
    const [last] = network()
    const { program } = compileProgram([last], { target: nullTarget, leaf: isLeaf, updates: new Map() })
    const [loop] = program.loops ?? []
    const names = program.calls.map(c => program.kernels[c.kernel].name)
    expect(loop.turns).toBe(turns)
    expect(names.slice(loop.first, loop.end).filter(n => n.includes('pack'))).toEqual([])
  })
})
