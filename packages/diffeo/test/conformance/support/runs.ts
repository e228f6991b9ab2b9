/** @file What is run of a case of the table: forward, both derivatives, batched; with what the interpreter gives. */
import '../../../src/ops/index.ts'
import { placeholder } from '../../../src/graph/build.ts'
import { isFloat } from '../../../src/graph/dtype.ts'
import type { Node } from '../../../src/graph/node.ts'
import type { NDArray } from '../../../src/ops/record.ts'
import { recordOf } from '../../../src/ops/index.ts'
import { ndarray } from '../../../src/ops/support/array.ts'
import { rounders } from '../../../src/ops/support/round.ts'
import { batchGraph, gradients, tangents } from '../../../src/transform/index.ts'
import { random, type Case } from '../../unit/ops/support/case.ts'
import { build } from '../../unit/ops/support/check.ts'
import { runReference, type Feeds } from './backends.ts'

export interface Run {
  readonly what: string
  readonly outputs: readonly Node[]
  readonly feeds: Feeds
}

const feed = (nodes: readonly Node[], values: readonly NDArray[]): Feeds => new Map(nodes.map((n, i) => [n, values[i]]))

export function forward(c: Case): Run {
  const { inputs, outputs } = build(c)
  return { what: 'forward', outputs, feeds: feed(inputs, c.inputs) }
}

/** Cotangents of the inputs and tangents of the outputs, in one program each. */
export function derivatives(c: Case): Run[] {
  const { inputs, outputs } = build(c)
  const wrt = inputs.filter(x => isFloat(x.dtype))
  if (wrt.length === 0 || !outputs.some(y => isFloat(y.dtype))) return []
  const given = new Map(feed(inputs, c.inputs))
  const stand = (like: Node, k: number): Node | null => {
    if (!isFloat(like.dtype)) return null
    const n = placeholder(k, like.shape, like.dtype)
    given.set(n, rounded(random(like.shape, k, -1, 1, like.dtype)))
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

const rounded = (a: NDArray): NDArray =>
  isFloat(a.dtype) ? { ...a, data: a.data.map(rounders[a.dtype]) } : a

function stack(parts: readonly NDArray[]): NDArray {
  const out = ndarray([parts.length, ...parts[0].shape], parts[0].dtype)
  parts.forEach((p, i) => out.data.set(p.data, i * p.data.length))
  return out
}

/** Outputs that the reference can compute: a gradient of nothing is a constant. */
const runs = new Map<Case, { run: Run; expected: Float64Array[] }[]>()
export function runsOf(c: Case): { run: Run; expected: Float64Array[] }[] {
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
