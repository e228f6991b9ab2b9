/** @file What must hold of every primitive on every case. */
import { expect } from 'vitest'
import { evaluateGraph, type Mode } from '../../../../src/backend/interp/evaluate.ts'
import { add, apply, cast, constantLike, mul, pick, placeholder, reduce, reshape } from '../../../../src/graph/build.ts'
import { isFloat } from '../../../../src/graph/dtype.ts'
import { sizeOf, type Node } from '../../../../src/graph/node.ts'
import { recordOf } from '../../../../src/ops/index.ts'
import type { NDArray } from '../../../../src/ops/record.ts'
import { ndarray } from '../../../../src/ops/support/array.ts'
import { rounders } from '../../../../src/ops/support/round.ts'
import { batchGraph, gradients, tangents as tangentsOf } from '../../../../src/transform/index.ts'
import { random, type Case } from './case.ts'
import { evaluateLowered } from './expr.ts'

const outputsOf = (node: Node): Node[] => (node.outputs ? node.outputs.map((_, i) => pick(node, i)) : [node])
const orZero = (g: Node | null, like: Node): Node => g ?? constantLike(like, 0)

export interface Built {
  readonly inputs: readonly Node[]
  readonly node: Node
  readonly outputs: readonly Node[]
}

export function build(c: Case): Built {
  const inputs = c.inputs.map((a, i) => placeholder(i, a.shape, a.dtype))
  const node = apply(c.op, inputs, c.attrs, c.out) as Node
  return { inputs, node, outputs: outputsOf(node) }
}

export function run(
  outputs: readonly Node[], inputs: readonly Node[], values: readonly NDArray[], mode: Mode = 'float64',
): NDArray[] {
  const given = new Map(inputs.map((x, i) => [x, values[i]]))
  return evaluateGraph(outputs, mode, n => given.get(n))
}

/** Equal up to `tolerance`, NaN and infinities in the same places. */
export function close(actual: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number, what = ''): void {
  expect(actual.length, what).toBe(wanted.length)
  for (let i = 0; i < wanted.length; i++) {
    const [a, w] = [actual[i], wanted[i]]
    if (Number.isFinite(w) ? Math.abs(a - w) <= tolerance * Math.max(1, Math.abs(w)) : Object.is(a, w)) continue
    expect.fail(`${what} element ${i}: ${a} instead of ${w} in [${Array.from(actual)}] vs [${Array.from(wanted)}]`)
  }
}

/** The inferred shapes and dtypes are those of the values; a known value is as known. */
export function checkValue(c: Case): void {
  const { inputs, outputs } = build(c)
  const values = run(outputs, inputs, c.inputs)
  outputs.forEach((y, i) => {
    expect(values[i].shape).toEqual(y.shape)
    expect(values[i].dtype).toBe(y.dtype)
    expect(values[i].data.length).toBe(sizeOf(y.shape))
  })
  if (c.value) close(values[0].data, c.value, 1e-14, 'value')
}

/** Rounded to the dtypes, values are what their dtypes hold. */
export function checkRounded(c: Case): void {
  const { inputs, outputs } = build(c)
  const given = c.inputs.map(a => ({ ...a, data: a.data.map(rounders[a.dtype]) }))
  run(outputs, inputs, given, 'rounded').forEach(a => {
    expect(a.data.every(v => Object.is(v, rounders[a.dtype](v)))).toBe(true)
  })
}

export function checkLower(c: Case): void {
  const { inputs, node } = build(c)
  if (!recordOf(c.op).lower || node.outputs) return
  close(evaluateLowered(node, c.inputs).data, run([node], inputs, c.inputs)[0].data, 1e-12, 'lower')
}

/** <v, outputs> over float outputs, as a graph; `cotangents` are placeholders. */
interface Pairing { readonly cotangents: readonly (Node | null)[]; readonly values: readonly NDArray[] }

function pairing(nodes: readonly Node[], seed: number): Pairing {
  const cotangents = nodes.map((y, i) => (isFloat(y.dtype) ? placeholder(100 + i, y.shape, y.dtype) : null))
  return { cotangents, values: nodes.map((y, i) => random(y.shape, seed + i, -1, 1, y.dtype)) }
}

const bind = (p: Pairing): { nodes: Node[]; values: NDArray[] } => ({
  nodes: p.cotangents.filter(n => n !== null),
  values: p.values.filter((_, i) => p.cotangents[i] !== null),
})

/** Σ a·b over all pairs. */
function inner(pairs: readonly (readonly [Node | null, Node | null])[], like: Node): Node {
  const scalar = (a: Node): Node => reduce('add', reshape(a, [sizeOf(a.shape)]), [0])
  let total: Node = constantLike({ shape: [], dtype: like.dtype }, 0)
  for (const [a, b] of pairs) if (a && b) total = add(total, cast(scalar(mul(a, b)), like.dtype))
  return total
}

const floatInputs = (inputs: readonly Node[]): Node[] => inputs.filter(x => isFloat(x.dtype))

/** d of a scalar graph by central differences at every element of `x`. */
function differences(scalar: Node, inputs: readonly Node[], values: readonly NDArray[], x: Node): Float64Array {
  const at = inputs.indexOf(x)
  const valueAt = (k: number, by: number): number => {
    const data = values[at].data.slice()
    data[k] += by
    return run([scalar], inputs, values.map((v, i) => (i === at ? { ...v, data } : v)))[0].data[0]
  }
  return values[at].data.map((v, k) => {
    const h = 1e-5 * Math.max(1, Math.abs(v))
    return (valueAt(k, h) - valueAt(k, -h)) / (2 * h)
  })
}

/** First derivatives: vjp against differences, jvp against vjp. */
export function checkDerivatives(c: Case): void {
  const { inputs, outputs } = build(c)
  const wrt = floatInputs(inputs)
  if (wrt.length === 0 || !c.smooth || !outputs.some(y => isFloat(y.dtype))) return
  const v = pairing(outputs, 17)
  const scalar = inner(outputs.map((y, i) => [y, v.cotangents[i]]), wrt[0])
  const grads = gradients(outputs, v.cotangents, wrt)
  const bound = bind(v)
  const [nodes, values] = [[...inputs, ...bound.nodes], [...c.inputs, ...bound.values]]
  wrt.forEach((x, i) => {
    const g = orZero(grads[i], x)
    expect([g.shape, g.dtype]).toEqual([x.shape, x.dtype])
    close(run([g], nodes, values)[0].data, differences(scalar, nodes, values, x), 1e-6, `gradient of input ${i}`)
  })
}

/** <v, J·u> = <Jᵀ·v, u>, for each input alone and for all together. */
export function checkTranspose(c: Case): void {
  const { inputs, outputs } = build(c)
  const wrt = floatInputs(inputs)
  if (wrt.length === 0 || !c.smooth) return
  const v = pairing(outputs, 29)
  const u = pairing(wrt, 43)
  const us = u.cotangents.map((n, i) => placeholder(200 + i, wrt[i].shape, n!.dtype))
  const grads = gradients(outputs, v.cotangents, wrt)
  const nodes = [...inputs, ...bind(v).nodes, ...us]
  const values = [...c.inputs, ...bind(v).values, ...u.values]
  const subsets = [...wrt.keys()].map(i => [i])
  for (const subset of wrt.length > 1 ? [...subsets, [...wrt.keys()]] : subsets) {
    const given = inputs.map(x => (subset.includes(wrt.indexOf(x)) ? us[wrt.indexOf(x)] : null))
    const tangents = tangentsOf(outputs, inputs, given)
    tangents.forEach((t, i) => { if (t) expect([t.shape, t.dtype]).toEqual([outputs[i].shape, outputs[i].dtype]) })
    const forward = inner(tangents.map((t, i) => [t, v.cotangents[i]]), wrt[0])
    const backward = inner(subset.map(i => [grads[i], us[i]]), wrt[0])
    const [a, b] = run([forward, backward], nodes, values)
    close(a.data, b.data, 1e-9, `<v, Ju> and <Jᵀv, u> for inputs ${subset}`)
  }
}

/** Second derivatives: d <Jᵀ·v, u> against differences of it, with respect to the inputs. */
export function checkSecond(c: Case): void {
  const { inputs, outputs } = build(c)
  const wrt = floatInputs(inputs)
  if (wrt.length === 0 || !c.smooth) return
  const v = pairing(outputs, 59)
  const us = wrt.map((x, i) => placeholder(200 + i, x.shape, x.dtype))
  const grads = gradients(outputs, v.cotangents, wrt)
  const scalar = inner(grads.map((g, i) => [g, us[i]]), wrt[0])
  const second = gradients([scalar], [constantLike(scalar, 1)], wrt)
  const nodes = [...inputs, ...bind(v).nodes, ...us]
  const values = [...c.inputs, ...bind(v).values, ...wrt.map((x, i) => random(x.shape, 71 + i, -1, 1, x.dtype))]
  wrt.forEach((x, i) => {
    const g = run([orZero(second[i], x)], nodes, values)[0].data
    close(g, differences(scalar, nodes, values, x), 2e-5, `second derivative by input ${i}`)
  })
}

/** The stated gradient for a cotangent of ones. */
export function checkStatedGradient(c: Case): void {
  if (!c.gradient) return
  const { inputs, outputs } = build(c)
  const grads = gradients(outputs, outputs.map(y => constantLike(y, 1)), inputs)
  c.gradient.forEach((wanted, i) => {
    if (wanted === null) expect(grads[i]).toBe(null)
    else close(run([grads[i]!], inputs, c.inputs)[0].data, wanted, 1e-13, `gradient of input ${i}`)
  })
}

const examples = 3

/** The batch rule equals a loop, whichever inputs are batched. */
export function checkBatch(c: Case): void {
  const { batch } = recordOf(c.op)
  if (!batch) return
  const { inputs, outputs, node } = build(c)
  for (let mask = 1; mask < 2 ** inputs.length; mask++) {
    const batched = inputs.map((_, i) => (mask >> i & 1) === 1)
    const varied = Array.from({ length: examples }, (_, b) =>
      c.inputs.map((a, i) => (batched[i] ? c.vary(a, b, i) : a)))
    const wide = inputs.map((x, i) => (batched[i] ? placeholder(i, [examples, ...x.shape], x.dtype) : x))
    const values = c.inputs.map((a, i) => (batched[i] ? stack(varied.map(v => v[i])) : a))
    const rows = batch(wide, batched, node, examples, batchGraph)
    const together = run(rows, wide, values)
    const each = varied.map(v => run(outputs, inputs, v))
    outputs.forEach((y, k) => {
      expect([rows[k].shape, rows[k].dtype]).toEqual([[examples, ...y.shape], y.dtype])
      close(together[k].data, stack(each.map(e => e[k])).data, 1e-12, `batched ${batched}, output ${k}`)
    })
  }
}

function stack(parts: readonly NDArray[]): NDArray {
  const out = ndarray([parts.length, ...parts[0].shape], parts[0].dtype)
  parts.forEach((p, i) => out.data.set(p.data, i * p.data.length))
  return out
}
