import { describe, expect, test } from 'vitest'
import { apply, dot } from '../../../src/graph/build.ts'
import { sizeOf, type ConvAttrs, type Node } from '../../../src/graph/node.ts'
import { topological } from '../../../src/graph/walk.ts'
import { Index, indexVar } from '../../../src/expr/index.ts'
import { Exprs, type Expr } from '../../../src/expr/scalar.ts'
import { recordOf } from '../../../src/ops/index.ts'
import type { NDArray, Operand } from '../../../src/ops/record.ts'
import { gradients } from '../../../src/transform/index.ts'
import {
  array,
  call,
  checkBatch,
  checkDerivatives,
  checkTwice,
  close,
  copies,
  random,
  trace,
  type Mapping,
} from './support/check.ts'
import { evaluateLowered } from '../ops/support/expr.ts'

const conv =
  (attrs: ConvAttrs): Mapping =>
  (x, w) =>
    apply('conv', [x, w], attrs)

/** The definition, element by element: zeros put between and around the input, then windows. */
function bruteForce(x: NDArray, w: NDArray, a: ConvAttrs): number[] {
  const [batch, , height, width] = x.shape
  const [outs, perGroup, kh, kw] = w.shape
  const rows = (height - 1) * a.dilateInput[0] + 1 + a.pad[0][0] + a.pad[0][1]
  const columns = (width - 1) * a.dilateInput[1] + 1 + a.pad[1][0] + a.pad[1][1]
  const at = (n: number, c: number, r: number, s: number): number => {
    const [i, j] = [(r - a.pad[0][0]) / a.dilateInput[0], (s - a.pad[1][0]) / a.dilateInput[1]]
    const inside = Number.isInteger(i) && Number.isInteger(j) && i >= 0 && j >= 0 && i < height && j < width
    return inside ? x.data[((n * x.shape[1] + c) * height + i) * width + j] : 0
  }
  const out: number[] = []
  for (let n = 0; n < batch; n++)
    for (let o = 0; o < outs; o++) {
      const first = Math.floor(o / (outs / a.groups)) * perGroup
      for (let r = 0; r + (kh - 1) * a.dilateKernel[0] < rows; r += a.stride[0]) {
        for (let s = 0; s + (kw - 1) * a.dilateKernel[1] < columns; s += a.stride[1]) {
          let sum = 0
          for (let c = 0; c < perGroup; c++)
            for (let i = 0; i < kh; i++)
              for (let j = 0; j < kw; j++) {
                sum +=
                  at(n, first + c, r + i * a.dilateKernel[0], s + j * a.dilateKernel[1])
                  * w.data[((o * perGroup + c) * kh + i) * kw + j]
              }
          out.push(sum)
        }
      }
    }
  return out
}

const grid: ConvAttrs[] = []
for (const stride of [
  [1, 1],
  [2, 1],
  [3, 2],
]) {
  for (const pad of [
    [
      [0, 0],
      [0, 0],
    ],
    [
      [1, 2],
      [2, 0],
    ],
    [
      [-1, 1],
      [0, -1],
    ],
  ] as [number, number][][]) {
    for (const [dilateInput, dilateKernel] of [
      [
        [1, 1],
        [1, 1],
      ],
      [
        [2, 1],
        [1, 2],
      ],
      [
        [1, 3],
        [2, 1],
      ],
    ]) {
      for (const groups of [1, 2]) grid.push({ stride, pad, dilateInput, dilateKernel, groups })
    }
  }
}

describe('conv', () => {
  test.each(grid.map(a => [JSON.stringify(a), a] as const))('%s', (_name, a) => {
    const [x, w] = [random([2, 4, 6, 7]), random([6, 4 / a.groups, 2, 3])]
    const node = trace(conv(a), [x, w]).outputs[0]
    const want = bruteForce(x, w, a)
    expect(sizeOf(node.shape)).toBe(want.length)
    close(call(conv(a), [x, w])[0].data, want)
    close(evaluateLowered(node, [x, w]).data, want)
    checkDerivatives(conv(a), [x, w])
  })

  test('second derivatives, one and three spatial axes', () => {
    checkTwice(conv(grid[40]), [random([2, 4, 5, 5]), random([4, 4 / grid[40].groups, 2, 2])])
    const line: ConvAttrs = { stride: [2], pad: [[1, 0]], dilateInput: [1], dilateKernel: [2], groups: 3 }
    checkTwice(conv(line), [random([2, 6, 9]), random([3, 2, 3])])
    const solid: ConvAttrs = {
      stride: [1, 2, 1],
      pad: [
        [1, 1],
        [0, 0],
        [0, 1],
      ],
      dilateInput: [1, 1, 2],
      dilateKernel: [1, 2, 1],
      groups: 1,
    }
    checkTwice(conv(solid), [random([1, 2, 3, 5, 3]), random([2, 2, 2, 2, 2])])
  })

  test.each(grid.filter((_, i) => i % 7 === 0).map(a => [JSON.stringify(a), a] as const))('batches: %s', (_name, a) => {
    checkBatch(
      conv(a),
      copies(() => [random([2, 4, 4, 7]), random([4, 4 / a.groups, 2, 3])]),
    )
  })

  test('gradients of a plain conv are convs, permutes and one flip', () => {
    const plain: ConvAttrs = {
      stride: [1, 1],
      pad: [
        [0, 0],
        [0, 0],
      ],
      dilateInput: [1, 1],
      dilateKernel: [1, 1],
      groups: 1,
    }
    const { inputs, outputs } = trace(conv(plain), [random([2, 3, 5, 5]), random([4, 3, 3, 3])])
    const g = trace(y => y, [outputs[0]]).outputs[0]
    const ops = (nodes: (Node | null)[]): string[] =>
      topological(nodes as Node[])
        .map(n => n.op)
        .filter(op => op !== 'placeholder')
        .sort()
    expect(ops([gradients(outputs, [g], inputs)[0]])).toEqual(['conv', 'flip', 'permute'])
    expect(ops([gradients(outputs, [g], inputs)[1]])).toEqual(['conv', 'permute', 'permute', 'permute'])
  })

  test('lowering checks bounds only where they can be left, and divides only where zeros are inserted', () => {
    const plain: ConvAttrs = { stride: [2], pad: [[0, 0]], dilateInput: [1], dilateKernel: [2], groups: 2 }
    const operations = (attrs: ConvAttrs): string[] => {
      const node = trace(conv(attrs), [random([1, 4, 9]), random([4, 2, 3])]).outputs[0]
      const e = new Exprs(indexVar)
      const operand = (buffer: number): Operand => index => e.load(buffer, index.reduce((a, b) => a.add(b)), 'float64')
      const found: string[] = []
      const visit = (x: Expr): void => {
        found.push(x.op, ...(x.index?.key.match(/div|mod/g) ?? []))
        x.args.forEach(visit)
      }
      visit(recordOf('conv').lower!(e, [operand(0), operand(1)], node.shape.map(n => Index.of(indexVar(n))), node))
      return found
    }
    expect(operations(plain)).toEqual(['reduce', 'mul', 'load', 'div', 'load'])
    expect(operations({ ...plain, pad: [[1, 0]] })).toContain('inRange')
    expect(operations({ ...plain, pad: [[1, 0]] })).not.toContain('mod')
    expect(operations({ ...plain, dilateInput: [3] })).toContain('mod')
    // stride and dilation divide by 2: the element is always a real one
    expect(operations({ ...plain, dilateInput: [2] })).not.toContain('mod')
  })

  test('int32 wraps, empty batches pass', () => {
    const a: ConvAttrs = { stride: [1], pad: [[0, 0]], dilateInput: [1], dilateKernel: [1], groups: 1 }
    const big = array([1, 1, 2], [2 ** 30 + 1, 3], 'int32')
    expect([...call(conv(a), [big, array([1, 1, 2], [5, 1], 'int32')])[0].data]).toEqual([(5 * (2 ** 30 + 1) + 3) | 0])
    checkDerivatives(conv(a), [random([0, 1, 4]), random([2, 1, 2])])
  })

  test('errors say what was found', () => {
    const a: ConvAttrs = { stride: [1], pad: [[0, 0]], dilateInput: [1], dilateKernel: [1], groups: 1 }
    const text = (f: () => unknown): string => {
      try {
        f()
      } catch (e) {
        return String(e)
      }
      return ''
    }
    expect(text(() => trace(conv(a), [random([1, 2, 4]), random([3, 1, 2])]))).toMatch(/has 2 channels.*takes 1/)
    expect(text(() => trace(conv(a), [random([1, 1, 2]), random([3, 1, 3])]))).toMatch(/kernel covers 3.*only 2/)
    expect(text(() => trace(conv({ ...a, stride: [0] }), [random([1, 1, 4]), random([3, 1, 3])]))).toMatch(
      /stride is \[0\]/,
    )
    expect(text(() => trace(conv({ ...a, groups: 2 }), [random([1, 2, 4]), random([3, 1, 3])]))).toMatch(
      /3 output channels.*2 groups/,
    )
    expect(text(() => trace(conv(a), [random([1, 1, 4]), array([1, 1, 1], [1], 'float32')]))).toMatch(
      /float64 and float32/,
    )
  })
})

describe('dot', () => {
  type Pairs = [number, number][]
  const cases: [string, number[], number[], Pairs, Pairs][] = [
    ['matrix product', [3, 4], [4, 5], [[1, 0]], []],
    ['batched, axes in the middle', [2, 3, 4, 5], [4, 6, 2], [[2, 0]], [[0, 2]]],
    [
      'two contracted axes, crossed',
      [3, 4, 5],
      [5, 2, 3],
      [
        [0, 2],
        [2, 0],
      ],
      [],
    ],
    [
      'two batch axes, crossed',
      [2, 3, 4],
      [3, 4, 2],
      [[2, 1]],
      [
        [0, 2],
        [1, 0],
      ],
    ],
    ['outer product', [2, 3], [4], [], []],
    ['inner product', [6], [6], [[0, 0]], []],
    [
      'elementwise',
      [2, 3],
      [2, 3],
      [],
      [
        [0, 0],
        [1, 1],
      ],
    ],
    [
      'sizes of one',
      [1, 4, 1],
      [1, 1, 4],
      [
        [1, 2],
        [0, 0],
      ],
      [],
    ],
    ['empty contraction', [2, 0], [0, 3], [[1, 0]], []],
  ]
  test.each(cases)('%s', (_name, a, b, contract, batch) => {
    const f: Mapping = (x, y) => dot(x, y, contract, batch)
    checkTwice(f, [random(a), random(b)])
    checkBatch(
      f,
      copies(() => [random(a), random(b)]),
    )
    const inputs = [random(a), random(b)]
    close(evaluateLowered(trace(f, inputs).outputs[0], inputs).data, call(f, inputs)[0].data)
  })

  test('against nested loops', () => {
    const [a, b] = [random([2, 3, 4]), random([4, 2, 5])]
    const [out] = call((x, y) => dot(x, y, [[2, 0]], [[0, 1]]), [a, b])
    expect(out.shape).toEqual([2, 3, 5])
    const want: number[] = []
    for (let n = 0; n < 2; n++)
      for (let i = 0; i < 3; i++)
        for (let j = 0; j < 5; j++) {
          let sum = 0
          for (let k = 0; k < 4; k++) sum += a.data[(n * 3 + i) * 4 + k] * b.data[(k * 2 + n) * 5 + j]
          want.push(sum)
        }
    close(out.data, want)
  })

  test('errors say what was found', () => {
    expect(() => trace((x, y) => dot(x, y, [[1, 0]]), [random([2, 3]), random([4, 2])])).toThrow(
      /axis 1 of \[2,3\] has 3.*axis 0 of \[4,2\] has 4/,
    )
    expect(() => trace((x, y) => dot(x, y, [[0, 0]], [[0, 0]]), [random([2]), random([2])])).toThrow(/twice/)
    expect(() => trace((x, y) => dot(x, y, [[0, 0]]), [array([1], [1], 'bool'), array([1], [1], 'bool')])).toThrow(
      /bool/,
    )
  })
})
