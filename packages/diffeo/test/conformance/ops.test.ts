/** @file Every case of the table of primitives on every compiled backend, against the interpreter rounded to dtypes. */
import { describe, expect, test } from 'vitest'
import '../../src/ops/index.ts'
import { placeholder } from '../../src/graph/build.ts'
import { isFloat } from '../../src/graph/dtype.ts'
import type { Node } from '../../src/graph/node.ts'
import type { NDArray } from '../../src/ops/record.ts'
import { recordOf } from '../../src/ops/index.ts'
import { ndarray } from '../../src/ops/support/array.ts'
import { batchGraph, gradients, tangents } from '../../src/transform/index.ts'
import { cases } from '../unit/ops/cases/index.ts'
import { random, type Case } from '../unit/ops/support/case.ts'
import { build } from '../unit/ops/support/check.ts'
import { backends, runCompiled, runReference, worst, type Feeds } from './support/backends.ts'
import { extraCases } from './support/cases.ts'
import { narrowCase } from './support/narrow.ts'

interface Run {
  readonly what: string
  readonly outputs: readonly Node[]
  readonly feeds: Feeds
}

const table = [...cases, ...extraCases].map(narrowCase).filter(c => c !== null)

const feed = (nodes: readonly Node[], values: readonly NDArray[]): Feeds => new Map(nodes.map((n, i) => [n, values[i]]))

function forward(c: Case): Run {
  const { inputs, outputs } = build(c)
  return { what: 'forward', outputs, feeds: feed(inputs, c.inputs) }
}

/** Cotangents of the inputs and tangents of the outputs, in one program each. */
function derivatives(c: Case): Run[] {
  const { inputs, outputs } = build(c)
  const wrt = inputs.filter(x => isFloat(x.dtype))
  if (wrt.length === 0 || !outputs.some(y => isFloat(y.dtype))) return []
  const given = new Map(feed(inputs, c.inputs))
  const stand = (like: Node, k: number): Node | null => {
    if (!isFloat(like.dtype)) return null
    const n = placeholder(k, like.shape, like.dtype)
    given.set(n, narrowed(random(like.shape, k, -1, 1, 'float32')))
    return n
  }
  const grads = gradients(
    outputs,
    outputs.map((y, i) => stand(y, 100 + i)),
    wrt,
  )
  const rates = tangents(
    outputs,
    inputs,
    inputs.map((x, i) => stand(x, 200 + i)),
  )
  const runs: Run[] = []
  for (const [what, found] of [
    ['vjp', grads],
    ['jvp', rates],
  ] as const) {
    const there = found.filter(n => n !== null)
    if (there.length > 0) runs.push({ what, outputs: there, feeds: given })
  }
  return runs
}

const narrowed = (a: NDArray): NDArray => ({ ...a, data: a.data.map(Math.fround) })

const examples = 3

/** All inputs batched, and the first alone. */
function batched(c: Case): Run[] {
  const { batch } = recordOf(c.op)
  if (!batch || c.inputs.length === 0) return []
  const { inputs, node } = build(c)
  const masks = c.inputs.length > 1 ? [inputs.map(() => true), inputs.map((_, i) => i === 0)] : [[true]]
  return masks.map(mask => {
    const wide = inputs.map((x, i) => (mask[i] ? placeholder(i, [examples, ...x.shape], x.dtype) : x))
    const values = c.inputs.map((a, i) =>
      mask[i] ? stack(Array.from({ length: examples }, (_, b) => c.vary(a, b, i))) : a,
    )
    const outputs = batch(wide, mask, node, examples, batchGraph)
    return { what: `batched ${mask}`, outputs, feeds: feed(wide, values.map(rounded)) }
  })
}

const rounded = (a: NDArray): NDArray => (a.dtype === 'float32' ? narrowed(a) : a)

function stack(parts: readonly NDArray[]): NDArray {
  const out = ndarray([parts.length, ...parts[0].shape], parts[0].dtype)
  parts.forEach((p, i) => out.data.set(p.data, i * p.data.length))
  return out
}

/** Outputs that the reference can compute: a gradient of nothing is a constant. */
const runs = new Map<Case, { run: Run; expected: Float64Array[] }[]>()
function runsOf(c: Case): { run: Run; expected: Float64Array[] }[] {
  let known = runs.get(c)
  if (!known) {
    known = [forward(c), ...derivatives(c), ...batched(c)].map(run => ({
      run,
      expected: runReference(run.outputs, run.feeds),
    }))
    runs.set(c, known)
  }
  return known
}

describe.each(backends().map(b => [b.name, b] as const))('%s', (_name, backend) => {
  test.each(table.map((c, i) => [`${i} ${c.name}`, c] as const))('%s', (_case, c) => {
    for (const { run, expected } of runsOf(c)) {
      const got = runCompiled(run.outputs, run.feeds, backend)
      got.forEach((a, i) => {
        const off = worst(a, expected[i])
        if (!(off < 1))
          expect.fail(
            `${run.what}, output ${i}: off by ${off} tolerances: [${show(a)}] instead of [${show(expected[i])}]`,
          )
      })
    }
  })
})

const show = (a: Float64Array): string => `${Array.from(a.subarray(0, 40), v => (Object.is(v, -0) ? '-0' : v))}`
