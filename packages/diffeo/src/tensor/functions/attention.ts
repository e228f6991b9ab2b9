/**
 * @file Attention as a composite, `softmax(q·kᵀ·scale + mask)·v`: the body is its meaning, and what kernels with the
 * same name compute without storing the weights. The gradient is a composite again. All inputs have one rank: q
 * `[…, T, E]`, k `[…, S, E]`, v `[…, S, F]`, then a mask `[…, T or 1, S or 1]` (bool: true takes part; float: added)
 * and a length `[…, 1, 1]` (int32), if the options say so; axes in front are of one size or 1.
 */
import * as g from '../../graph/build.ts'
import { isFloat } from '../../graph/dtype.ts'
import type { Graph, Node, Shape } from '../../graph/node.ts'
import { broadcastShape, broadcastTo } from './promote.ts'

/** `causal`: query i sees the keys up to i; with a length, the last query is at the last of `length` keys. */
export interface AttentionForm extends Readonly<Record<string, number | boolean>> {
  readonly scale: number
  readonly causal: boolean
  readonly mask: boolean
  readonly length: boolean
}

interface Inputs {
  readonly q: Node
  readonly k: Node
  readonly v: Node
  readonly mask: Node | null
  readonly length: Node | null
}

const named = ([q, k, v, ...rest]: readonly Node[], form: AttentionForm): Inputs => ({
  q, k, v, mask: form.mask ? rest[0] : null, length: form.length ? rest[form.mask ? 1 : 0] : null,
})

const minusInfinity = (like: Node): Node => g.constantLike(like, -Infinity)

/** The axes in front, of all inputs together. */
const batchOf = (inputs: readonly Node[]): Shape =>
  broadcastShape('attention', inputs.map(x => x.shape.slice(0, -2)))

/** a·b over the last axis of a and axis `inner` of b, for each batch. */
function product(a: Node, b: Node, inner: 1 | 2): Node {
  const r = a.shape.length
  const batch = a.shape.slice(0, -2).map((_, i) => [i, i] as const)
  return g.dot(a, b, [[r - 1, r - inner]], batch)
}
const turned = (a: Node): Node =>
  g.permute(a, a.shape.map((_, i) => (i < a.shape.length - 2 ? i : 2 * a.shape.length - 3 - i)))

/** Which scores count, or null for all of them. */
function allowed(inputs: Inputs, shape: Shape, form: AttentionForm): Node | null {
  const conditions: Node[] = []
  const r = shape.length
  const column = g.iota(r - 1, shape)
  const end = inputs.length && broadcastTo(inputs.length, shape)
  if (inputs.mask?.dtype === 'bool') conditions.push(broadcastTo(inputs.mask, shape))
  if (end) conditions.push(g.less(column, end))
  if (form.causal) {
    const row = g.iota(r - 2, shape)
    const first = end ? g.shift(end, -shape[r - 2]) : g.constantLike(row, 0)
    conditions.push(g.not(g.less(g.add(row, first), column)))
  }
  return conditions.length === 0 ? null : conditions.reduce((a, b) => g.binary('and', a, b))
}

interface Weights {
  /** exp(score − highest) */
  readonly raised: Node
  /** Their sum, 1 where no score counts. */
  readonly total: Node
  /** The highest score of a row, 0 where none counts. */
  readonly highest: Node
}

function weigh(inputs: Inputs, batch: Shape, form: AttentionForm): Weights {
  const [q, k] = [inputs.q, inputs.k].map(x => broadcastTo(x, [...batch, ...x.shape.slice(-2)]))
  let scores = g.scale(product(q, k, 1), form.scale)
  if (inputs.mask && isFloat(inputs.mask.dtype)) scores = g.add(scores, broadcastTo(inputs.mask, scores.shape))
  const counts = allowed(inputs, scores.shape, form)
  if (counts) scores = g.where(counts, scores, minusInfinity(scores))
  const last = [scores.shape.length - 1]
  const top = g.stopGradient(g.reduceKeep('max', scores, last))
  const highest = g.where(g.equal(top, minusInfinity(top)), g.constantLike(top, 0), top)
  const raised = g.unary('exp', g.sub(scores, g.expand(highest, scores.shape)))
  const sum = g.reduceKeep('add', raised, last)
  return { raised, highest, total: g.where(g.equal(sum, g.constantLike(sum, 0)), g.constantLike(sum, 1), sum) }
}

const normalized = ({ raised, total }: Weights): Node => g.mul(raised, g.expand(g.reciprocal(total), raised.shape))

/** The weights `[…, T, S]`: each row sums to 1, or to 0 where nothing counts. */
export const attentionWeights = (inputs: readonly Node[], form: AttentionForm): Node =>
  normalized(weigh(named(inputs, form), batchOf(inputs), form))

/** The output, and what each row's exponentials were taken against and their sum: `[…, T, 2]`. */
function body(inputs: readonly Node[], form: AttentionForm): Node[] {
  const batch = batchOf(inputs)
  const all = named(inputs, form)
  const weights = weigh(all, batch, form)
  const out = product(normalized(weights), broadcastTo(all.v, [...batch, ...all.v.shape.slice(-2)]), 2)
  return [out, g.concat([weights.highest, weights.total], out.shape.length - 1)]
}

interface Scores { readonly weights: Node; readonly gradient: Node }

/** The weights P and the gradient of the scores, P ∘ (dP − Σ P ∘ dP) with dP = dO·vᵀ. */
function scoreGradient(all: Inputs, cotangent: Node, batch: Shape, form: AttentionForm): Scores {
  const weights = normalized(weigh(all, batch, form))
  const inner = product(cotangent, broadcastTo(all.v, [...batch, ...all.v.shape.slice(-2)]), 1)
  const mean = g.reduceKeep('add', g.mul(weights, inner), [weights.shape.length - 1])
  return { weights, gradient: g.mul(weights, g.sub(inner, g.expand(mean, weights.shape))) }
}

/** Cotangents of q, k and v, each with all the axes in front. The outputs are for kernels. */
function backwardBody(inputs: readonly Node[], form: AttentionForm): Node[] {
  const given = inputs.slice(0, -3)
  const batch = batchOf(given)
  const all = named(given, form)
  const cotangent = inputs[inputs.length - 1]
  const [q, k] = [all.q, all.k].map(x => broadcastTo(x, [...batch, ...x.shape.slice(-2)]))
  const { weights, gradient } = scoreGradient(all, cotangent, batch, form)
  const scaled = g.scale(gradient, form.scale)
  return [product(scaled, k, 2), product(turned(scaled), q, 2), product(turned(weights), cotangent, 2)]
}

const stands = (nodes: readonly Node[]): Node[] => nodes.map((x, i) => g.placeholder(i, x.shape, x.dtype))

/** Summed over the axes along which the input was repeated. */
function sumTo(x: Node, shape: Shape): Node {
  const axes = shape.flatMap((d, i) => (d === 1 && x.shape[i] !== 1 ? [i] : []))
  return g.reduceKeep('add', x, axes)
}

/** Maps inputs, outputs and their cotangents to cotangents of the inputs. The sums have none: nobody sees them. */
function gradient(inputs: readonly Node[], outputs: readonly Node[], form: AttentionForm): Graph {
  const given = stands([...inputs, ...outputs, ...outputs])
  const n = inputs.length
  const own = given.slice(0, n)
  const [out, sums, cotangent] = given.slice(n)
  const parts = [...own, out, sums, cotangent]
  const placed = stands(parts)
  const graph = { inputs: placed, outputs: backwardBody(placed, form) }
  const call = g.apply('call', parts, { name: 'attention.backward', body: graph, options: form })
  const list = own.map((x, i) => {
    if (i < 3) return sumTo(g.pick(call, i), x.shape)
    return isFloat(x.dtype) ? maskGradient(own, cotangent, form) : x
  })
  return { inputs: given, outputs: list }
}

/** Of an additive mask: as large as the scores, so written as it is. */
function maskGradient(own: readonly Node[], cotangent: Node, form: AttentionForm): Node {
  const all = named(own, form)
  return sumTo(scoreGradient(all, cotangent, batchOf(own), form).gradient, (all.mask as Node).shape)
}

/** The output `[…, T, F]`. */
export function attention(inputs: readonly Node[], form: AttentionForm): Node {
  const placed = stands(inputs)
  const outputs = body(placed, form)
  const node = g.apply('call', inputs, {
    name: 'attention', body: { inputs: placed, outputs }, gradient: gradient(placed, outputs, form), options: form,
  })
  return g.pick(node, 0)
}
