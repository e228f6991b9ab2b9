/** @file Checks of mappings written with node builders: derivatives against differences, batches against loops. */
import { expect } from 'vitest'
import { evaluateGraph } from '../../../../src/backend/interp/evaluate.ts'
import { placeholder } from '../../../../src/graph/build.ts'
import { isFloat, type DType } from '../../../../src/graph/dtype.ts'
import { sizeOf, type Graph, type Node, type Shape } from '../../../../src/graph/node.ts'
import type { NDArray } from '../../../../src/ops/record.ts'
import { batchGraph, gradients, tangents } from '../../../../src/transform/index.ts'

export type Mapping = (...inputs: Node[]) => Node | readonly Node[]

let state = 1
/** A reproducible number in [0, 1). */
export const uniform = (): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state / 2 ** 32
}
export const reseed = (n: number): void => {
  state = n
}

export const array = (shape: Shape, data: ArrayLike<number>, dtype: DType = 'float64'): NDArray => ({
  shape,
  dtype,
  data: Float64Array.from(data),
})
export const random = (shape: Shape, low = -1, high = 1): NDArray =>
  array(
    shape,
    Array.from({ length: sizeOf(shape) }, () => low + (high - low) * uniform()),
  )
export const integers = (shape: Shape, below: number): NDArray =>
  array(
    shape,
    Array.from({ length: sizeOf(shape) }, () => Math.floor(uniform() * below)),
    'int32',
  )

export function trace(f: Mapping, inputs: readonly { shape: Shape; dtype: DType }[]): Graph {
  const places = inputs.map((x, i) => placeholder(i, x.shape, x.dtype))
  const out = f(...places)
  return { inputs: places, outputs: Array.isArray(out) ? (out as Node[]) : [out as Node] }
}

export function run(graph: Graph, inputs: readonly NDArray[]): NDArray[] {
  const given = new Map(graph.inputs.map((p, i) => [p, inputs[i]]))
  return evaluateGraph(graph.outputs, 'float64', n => given.get(n))
}

export const call = (f: Mapping, inputs: readonly NDArray[]): NDArray[] => run(trace(f, inputs), inputs)

export function close(got: ArrayLike<number>, want: ArrayLike<number>, tolerance = 1e-9): void {
  expect(got.length).toBe(want.length)
  let scale = 1
  for (let i = 0; i < want.length; i++) if (Number.isFinite(want[i])) scale = Math.max(scale, Math.abs(want[i]))
  for (let i = 0; i < want.length; i++) {
    if (Object.is(got[i], want[i]) || got[i] === want[i]) continue
    if (!(Math.abs(got[i] - want[i]) <= tolerance * scale)) expect({ i, value: got[i] }).toEqual({ i, value: want[i] })
  }
}

const inner = (a: readonly NDArray[], b: readonly NDArray[]): number =>
  a.reduce((sum, x, i) => sum + x.data.reduce((s, v, k) => s + v * b[i].data[k], 0), 0)

const stepped = (x: readonly NDArray[], v: readonly NDArray[], h: number): NDArray[] =>
  x.map((a, i) => (isFloat(a.dtype) ? { ...a, data: a.data.map((e, k) => e + h * v[i].data[k]) } : a))

const like = (a: readonly NDArray[]): NDArray[] =>
  a.map(x => (isFloat(x.dtype) ? random(x.shape) : array(x.shape, new Float64Array(x.data.length))))

/** The gradient of (f · cotangents) as a mapping of f's inputs, then the cotangents of its float outputs. */
export const gradientOf =
  (f: Mapping, inputs: readonly NDArray[]): Mapping =>
  (...all) => {
    const places = all.slice(0, inputs.length)
    const out = f(...places)
    const outputs = Array.isArray(out) ? (out as Node[]) : [out as Node]
    let next = inputs.length
    const found = gradients(
      outputs,
      outputs.map(y => (isFloat(y.dtype) ? all[next++] : null)),
      places,
    )
    return found.filter(g => g !== null)
  }

/** The tangents of f's outputs as a mapping of f's inputs, then their tangents (of the float ones). */
export const tangentOf =
  (f: Mapping, inputs: readonly NDArray[]): Mapping =>
  (...all) => {
    const places = all.slice(0, inputs.length)
    const out = f(...places)
    let next = inputs.length
    const given = places.map(x => (isFloat(x.dtype) ? all[next++] : null))
    return tangents(Array.isArray(out) ? (out as Node[]) : [out as Node], places, given).filter(t => t !== null)
  }

/** Reverse and forward mode against central differences along random directions. */
export function checkDerivatives(f: Mapping, inputs: readonly NDArray[], tolerance = 1e-6, directions = 3): void {
  const graph = trace(f, inputs)
  const values = run(graph, inputs)
  for (let n = 0; n < directions; n++) {
    const v = like(inputs)
    const ct = like(values)
    const h = 1e-5
    const [plus, minus] = [h, -h].map(s => inner(ct, run(graph, stepped(inputs, v, s))))
    const want = (plus - minus) / (2 * h)
    const seeds = graph.outputs.map((y, i) => placeholder(i, y.shape, y.dtype))
    const back = gradients(graph.outputs, seeds, graph.inputs)
    back.forEach((g, i) => g && expect([g.shape, g.dtype]).toEqual([inputs[i].shape, inputs[i].dtype]))
    const there = back.flatMap((g, i) => (g ? [{ g, i }] : []))
    const grads = run({ inputs: [...graph.inputs, ...seeds], outputs: there.map(t => t.g) }, [...inputs, ...ct])
    close(
      [
        inner(
          grads,
          there.map(t => v[t.i]),
        ),
      ],
      [want],
      tolerance,
    )

    const dots = graph.inputs.map((x, i) => (isFloat(x.dtype) ? placeholder(i, x.shape, x.dtype) : null))
    const forward = tangents(graph.outputs, graph.inputs, dots)
    const live = forward.flatMap((t, i) => (t ? [{ t, i }] : []))
    const bound = [...graph.inputs, ...dots.filter(d => d !== null)]
    const rates = run({ inputs: bound, outputs: live.map(t => t.t) }, [...inputs, ...v.filter((_, i) => dots[i])])
    close(
      [
        inner(
          rates,
          live.map(t => ct[t.i]),
        ),
      ],
      [want],
      tolerance,
    )
  }
}

/** First and second derivatives, in all four orders of the two modes. */
export function checkTwice(f: Mapping, inputs: readonly NDArray[], tolerance = 1e-6): void {
  checkDerivatives(f, inputs, tolerance)
  const values = call(f, inputs).filter(y => isFloat(y.dtype))
  checkDerivatives(gradientOf(f, inputs), [...inputs, ...values.map(y => random(y.shape))], tolerance, 2)
  checkDerivatives(
    tangentOf(f, inputs),
    [...inputs, ...inputs.filter(x => isFloat(x.dtype)).map(x => random(x.shape))],
    tolerance,
    2,
  )
}

const rowOf = (a: NDArray, n: number): NDArray => {
  const shape = a.shape.slice(1)
  return { shape, dtype: a.dtype, data: a.data.slice(n * sizeOf(shape), (n + 1) * sizeOf(shape)) }
}

/** Which inputs to batch: every choice of few, or each alone, each left out, and all. */
function choices(count: number): number[] {
  const all = (1 << count) - 1
  const bits = Array.from({ length: count }, (_, i) => 1 << i)
  return count < 4 ? Array.from({ length: all }, (_, i) => i + 1) : [...bits, ...bits.map(b => all - b), all]
}

/** vmap against a loop, for many choices of batched inputs. */
export function checkBatch(f: Mapping, examples: readonly (readonly NDArray[])[], tolerance = 1e-12): void {
  const count = examples[0].length
  for (const bits of choices(count)) {
    const flags = Array.from({ length: count }, (_, i) => ((bits >> i) & 1) === 1)
    const { graph, batched } = batchGraph(trace(f, examples[0]), flags, examples.length)
    const inputs = examples[0].map((x, i) =>
      flags[i]
        ? array(
            [examples.length, ...x.shape],
            examples.flatMap(e => [...e[i].data]),
            x.dtype,
          )
        : x,
    )
    const got = run(graph, inputs)
    examples.forEach((example, n) => {
      const want = call(
        f,
        example.map((x, i) => (flags[i] ? x : examples[0][i])),
      )
      want.forEach((y, i) => {
        const mine = batched[i] ? rowOf(got[i], n) : got[i]
        expect([mine.shape, mine.dtype]).toEqual([y.shape, y.dtype])
        close(mine.data, y.data, tolerance)
      })
    })
  }
}

export const copies = (make: () => NDArray[], n = 3): NDArray[][] => Array.from({ length: n }, make)
