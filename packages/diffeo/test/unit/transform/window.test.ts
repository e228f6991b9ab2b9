import { describe, expect, test } from 'vitest'
import { apply } from '../../../src/graph/build.ts'
import { sizeOf, type Combine, type Shape, type WindowAttrs } from '../../../src/graph/node.ts'
import type { NDArray } from '../../../src/ops/record.ts'
import {
  array,
  call,
  checkBatch,
  checkDerivatives,
  checkTwice,
  close,
  copies,
  integers,
  random,
  trace,
  type Mapping,
} from './support/check.ts'
import { evaluateLowered } from '../ops/support/expr.ts'

const reduceWindow =
  (a: WindowAttrs, combine: Combine): Mapping =>
  x =>
    apply('reduceWindow', [x], { ...a, combine })
const argReduceWindow =
  (a: WindowAttrs, combine: 'max' | 'min'): Mapping =>
  x =>
    apply('argReduceWindow', [x], { ...a, combine })
const take =
  (a: WindowAttrs): Mapping =>
  (x, which) =>
    apply('takeWindow', [x, which], a)
const put =
  (a: WindowAttrs, shape: Shape): Mapping =>
  (g, which) =>
    apply('putWindow', [g, which], a, { shape })

/** A window axis each: [size, stride, before, after, dilation]. */
const window = (...axes: [number, number, number, number, number][]): WindowAttrs => ({
  size: axes.map(a => a[0]),
  stride: axes.map(a => a[1]),
  pad: axes.map(a => [a[2], a[3]] as const),
  dilation: axes.map(a => a[4]),
})

const windows: [string, WindowAttrs, number[]][] = [
  ['side by side', window([2, 2, 0, 0, 1], [3, 3, 0, 0, 1]), [2, 4, 6]],
  ['a rest is left', window([2, 2, 0, 0, 1], [3, 3, 0, 0, 1]), [2, 5, 8]],
  ['overlapping', window([3, 1, 0, 0, 1], [3, 2, 0, 0, 1]), [1, 5, 7]],
  ['padded', window([3, 2, 1, 1, 1], [2, 1, 0, 1, 1]), [2, 5, 4]],
  ['padded beyond the window', window([2, 1, 3, 4, 1]), [2, 4]],
  ['dilated', window([3, 1, 1, 0, 2], [2, 2, 2, 1, 3]), [1, 6, 6]],
  ['gaps between', window([2, 3, 0, 1, 1]), [3, 9]],
  ['of one element', window([1, 1, 0, 0, 1], [1, 2, 0, 0, 1]), [2, 3, 5]],
  ['three axes', window([2, 1, 0, 1, 1], [1, 1, 0, 0, 1], [2, 2, 1, 1, 2]), [3, 2, 4]],
]

/** The elements of each window, row-major: (value, number). */
function bruteForce(x: NDArray, a: WindowAttrs, shape: Shape): { value: number; number: number }[][] {
  const lead = x.shape.length - a.size.length
  return Array.from({ length: sizeOf(shape) }, (_, n) => {
    const place = unravel(n, shape)
    const found: { value: number; number: number }[] = []
    for (let k = 0; k < sizeOf(a.size); k++) {
      const inner = unravel(k, a.size)
      const at = place.map((p, i) =>
        i < lead ? p : p * a.stride[i - lead] + inner[i - lead] * a.dilation[i - lead] - a.pad[i - lead][0],
      )
      if (at.some((p, i) => p < 0 || p >= x.shape[i])) continue
      found.push({ value: x.data[at.reduce((s, p, i) => s * x.shape[i] + p, 0)], number: k })
    }
    return found
  })
}

function unravel(n: number, shape: Shape): number[] {
  const out: number[] = new Array(shape.length)
  for (let i = shape.length - 1; i >= 0; i--) {
    out[i] = n % shape[i]
    n = Math.floor(n / shape[i])
  }
  return out
}

const tied = (shape: Shape): NDArray => {
  const x = integers(shape, 3)
  return array(
    shape,
    x.data.map((v, i) => (i % 7 === 3 ? NaN : i % 11 === 4 ? -Infinity : v)),
  )
}

describe.each(windows)('windows %s', (name, a, shape) => {
  test('values', () => {
    for (const x of [random(shape), tied(shape)]) {
      for (const combine of ['add', 'mul', 'max', 'min'] as const) {
        const node = trace(reduceWindow(a, combine), [x]).outputs[0]
        const want = bruteForce(x, a, node.shape).map(w => {
          const values = w.map(v => v.value)
          if (combine === 'add') return values.reduce((s, v) => s + v, 0)
          if (combine === 'mul') return values.reduce((s, v) => s * v, 1)
          return combine === 'max' ? Math.max(...values) : Math.min(...values)
        })
        close(call(reduceWindow(a, combine), [x])[0].data, want)
        close(evaluateLowered(node, [x]).data, want)
      }
    }
  })

  test('the first greatest, NaN above all', () => {
    for (const x of [random(shape), tied(shape)]) {
      for (const combine of ['max', 'min'] as const) {
        const node = trace(argReduceWindow(a, combine), [x]).outputs[0]
        const want = bruteForce(x, a, node.shape).map(w => {
          const nan = w.find(v => Number.isNaN(v.value))
          const best = combine === 'max' ? Math.max(...w.map(v => v.value)) : Math.min(...w.map(v => v.value))
          return (nan ?? w.find(v => v.value === best))?.number ?? 0
        })
        expect([...call(argReduceWindow(a, combine), [x])[0].data]).toEqual(want)
        expect([...evaluateLowered(node, [x]).data]).toEqual(want)
      }
    }
  })

  test('derivatives', () => {
    // a window that lies outside has no greatest element: no derivative to compare
    const outside = name.startsWith('padded beyond')
    for (const combine of outside ? (['add', 'mul'] as const) : (['add', 'mul', 'max', 'min'] as const)) {
      checkTwice(reduceWindow(a, combine), [random(shape)])
    }
    const out = trace(reduceWindow(a, 'add'), [random(shape)]).outputs[0].shape
    const which = integers(out, sizeOf(a.size))
    checkTwice(take(a), [random(shape), which])
    checkTwice(put(a, shape), [random(out), which])
  })

  test('takeWindow and putWindow: lowered, and transposes of one another', () => {
    const x = random(shape)
    const outShape = trace(reduceWindow(a, 'add'), [x]).outputs[0].shape
    const [which, g] = [integers(outShape, sizeOf(a.size) + 1), random(outShape)]
    const [taken] = call(take(a), [x, which])
    const [given] = call(put(a, shape), [g, which])
    close(evaluateLowered(trace(take(a), [x, which]).outputs[0], [x, which]).data, taken.data)
    close(evaluateLowered(trace(put(a, shape), [g, which]).outputs[0], [g, which]).data, given.data)
    const inner = (p: NDArray, q: NDArray): number => p.data.reduce((s, v, i) => s + v * q.data[i], 0)
    close([inner(taken, g)], [inner(x, given)])
  })

  test('batches', () => {
    const out = trace(reduceWindow(a, 'add'), [random(shape)]).outputs[0].shape
    checkBatch(
      reduceWindow(a, 'max'),
      copies(() => [random(shape)]),
    )
    checkBatch(
      argReduceWindow(a, 'min'),
      copies(() => [random(shape)]),
    )
    checkBatch(
      take(a),
      copies(() => [random(shape), integers(out, sizeOf(a.size))]),
    )
    checkBatch(
      put(a, shape),
      copies(() => [random(out), integers(out, sizeOf(a.size))]),
    )
  })
})

describe('windows', () => {
  test('max pooling gives a tie to the first maximum', () => {
    const f: Mapping = (x, g) =>
      apply(
        'putWindow',
        [g, apply('argReduceWindow', [x], { ...window([2, 2, 0, 0, 1]), combine: 'max' })],
        window([2, 2, 0, 0, 1]),
        { shape: x.shape },
      )
    const [x, g] = [array([6], [1, 1, 2, 3, NaN, NaN]), array([3], [5, 6, 7])]
    expect([...call(f, [x, g])[0].data]).toEqual([5, 0, 0, 6, 7, 0])
  })

  test('the products of a window with zeros', () => {
    checkDerivatives(reduceWindow(window([3, 1, 1, 1, 1]), 'mul'), [array([5], [0, 2, 0, 3, 4])])
  })

  test('max of int32 and bool', () => {
    const f = reduceWindow(window([2, 1, 1, 0, 1]), 'max')
    expect([...call(f, [array([3], [-5, -7, -6], 'int32')])[0].data]).toEqual([-5, -5, -6])
    expect([...call(f, [array([3], [0, 1, 0], 'bool')])[0].data]).toEqual([0, 1, 1])
  })

  test('errors say what was found', () => {
    expect(() => trace(reduceWindow(window([4, 1, 0, 0, 1]), 'max'), [random([3])])).toThrow(
      /axis 0 the window covers 4.*only 3/,
    )
    expect(() => trace(reduceWindow(window([1, 1, -1, 0, 1]), 'max'), [random([3])])).toThrow(/pad is \[\[-1,0\]\]/)
    expect(() => trace(reduceWindow(window([1, 1, 0, 0, 1], [1, 1, 0, 0, 1]), 'max'), [random([3])])).toThrow(/2 axes/)
    expect(() => trace(reduceWindow(window([1, 1, 0, 0, 1]), 'add'), [array([1], [1], 'bool')])).toThrow(/cast/)
    expect(() => trace(take(window([1, 1, 0, 0, 1])), [random([3]), random([3])])).toThrow(/int32/)
  })
})
