/** @file Attention of tensors: shapes checked, axes in front made alike, heads that share keys set side by side. */
import * as g from '../../graph/build.ts'
import { isFloat, isInteger, type DType } from '../../graph/dtype.ts'
import { sizeOf, type Node, type Shape } from '../../graph/node.ts'
import { DeviceError, DTypeError, ShapeError } from '../../util/errors.ts'
import type { Tensor } from '../tensor.ts'
import { attention, attentionWeights, type AttentionForm } from './attention.ts'
import { asNode, broadcastShape, promoted, shapeText, type Operand } from './promote.ts'

export interface AttentionOptions {
  /** Bool: true where a query may look at a key. Float: added to the scores. Broadcasts to `[…, T, S]`. */
  mask?: Tensor | null
  /** Whether query i sees the keys up to i only; with `length`, the last query is at the last of those keys. */
  causal?: boolean
  /** What the products are multiplied by; 1/√E if not given. */
  scale?: number | null
  /** Whether fewer heads of keys and values serve several heads of queries each (axis −3). */
  groupedQueries?: boolean
  /** How many keys count, from the first on: a number or a tensor that broadcasts over the axes in front. */
  length?: number | Tensor | null
}

const name = 'scaledDotProductAttention'

interface Operands { readonly inputs: readonly Node[]; readonly form: AttentionForm; readonly out: Shape }

function check(q: Tensor, k: Tensor, v: Tensor): DType {
  for (const [label, x] of [['key', k], ['value', v]] as const) {
    if (x.device !== q.device)
      throw new DeviceError(`${name}: the query is on '${q.device}', the ${label} on '${x.device}': move one with to()`)
  }
  const all = `query ${shapeText(q.shape)}, key ${shapeText(k.shape)}, value ${shapeText(v.shape)}`
  if (Math.min(q.rank, k.rank, v.rank) < 2) throw new ShapeError(`${name}: expected […, length, size] of each: ${all}`)
  if (q.shape.at(-1) !== k.shape.at(-1))
    throw new ShapeError(`${name}: query and key differ in their last axis: ${all}`)
  if (k.shape.at(-2) !== v.shape.at(-2))
    throw new ShapeError(`${name}: there are not as many keys as values (axis −2): ${all}`)
  const dtype = promoted(promoted(q.dtype, k.dtype), v.dtype)
  if (!isFloat(dtype)) throw new DTypeError(`${name}: query, key and value are ${dtype}: write q.cast('float32')`)
  return dtype
}

/** With axes of size 1 in front. */
function lift(x: Node, rank: number): Node {
  return g.reshape(x, [...new Array<number>(Math.max(0, rank - x.shape.length)).fill(1), ...x.shape])
}

/** The axis of heads [.., groups · heads, ..] as two, or [.., 1, ..] as [.., 1, 1, ..]. */
function splitHeads(x: Node, heads: number, groups: number): Node {
  const { shape } = x
  const at = shape.length - 3
  const two = shape[at] === 1 ? [1, 1] : shape[at] === heads ? [heads, 1] : [heads, groups]
  return g.reshape(x, [...shape.slice(0, at), ...two, ...shape.slice(at + 1)])
}

/** How many heads of queries each head of keys serves. */
function groupsOf(q: Tensor, k: Tensor, v: Tensor): number {
  const [of, heads, values] = [q, k, v].map(x => x.shape.at(-3))
  if (of === undefined || heads === undefined || heads !== values || of % heads !== 0) {
    throw new ShapeError(
      `${name}: with groupedQueries axis −3 holds heads, and those of the query are a multiple of those of key and ` +
        `value: query ${shapeText(q.shape)}, key ${shapeText(k.shape)}, value ${shapeText(v.shape)}`,
    )
  }
  return of / heads
}

/** A mask in the composite's form: bool, or the dtype of the scores. */
function maskOf(mask: Tensor, scores: Shape, dtype: DType): Node {
  const fits = mask.rank <= scores.length && mask.shape.every((d, i) => {
    const want = scores[scores.length - mask.rank + i]
    return d === 1 || d === want
  })
  if (!fits)
    throw new ShapeError(`${name}: the mask ${shapeText(mask.shape)} does not broadcast to ${shapeText(scores)}`)
  if (mask.dtype !== 'bool' && !isFloat(mask.dtype))
    throw new DTypeError(`${name}: the mask is ${mask.dtype}: expected bool (true takes part) or a float (added)`)
  return mask.dtype === 'bool' ? mask.node : g.cast(mask.node, dtype)
}

function lengthOf(length: number | Tensor, batch: Shape): Node {
  const given: Operand = typeof length === 'number' ? length : length.weak ?? length.node
  const node = typeof given === 'object' && 'weak' in given ? given.as('int32') : asNode(given)
  if (node.shape.length > batch.length)
    throw new ShapeError(
      `${name}: length ${shapeText(node.shape)} has more axes than ${shapeText(batch)}, those in front`,
    )
  if (typeof length !== 'number' && !length.weak && !isInteger(node.dtype))
    throw new DTypeError(`${name}: length is ${node.dtype}: expected whole numbers, write length.cast('int32')`)
  return g.reshape(g.cast(node, 'int32'), [...node.shape, 1, 1])
}

function operands(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions): Operands {
  const dtype = check(q, k, v)
  const { mask = null, causal = false, length = null, groupedQueries = false } = options
  const groups = groupedQueries ? groupsOf(q, k, v) : 1
  const heads = (x: Shape): Shape => (groups === 1 ? x : [...x.slice(0, -1), (x.at(-1) as number) * groups])
  const batch = broadcastShape(name, [
    q.shape.slice(0, -2), heads(k.shape.slice(0, -2)), heads(v.shape.slice(0, -2)),
  ])
  const scores = [...batch, q.shape.at(-2) as number, k.shape.at(-2) as number]
  const nodes = [q, k, v].map(x => g.cast(x.node, dtype))
  if (mask) nodes.push(maskOf(mask, scores, dtype))
  if (length !== null) nodes.push(lengthOf(length, batch))
  const lifted = nodes.map(x => lift(x, scores.length))
  const inputs = groups === 1 ? lifted : lifted.map(x => splitHeads(x, k.shape.at(-3) as number, groups))
  const scale = options.scale ?? 1 / Math.sqrt(q.shape.at(-1) as number)
  const form = { scale, causal, mask: mask !== null, length: length !== null }
  return { inputs, form, out: [...batch, q.shape.at(-2) as number, v.shape.at(-1) as number] }
}

/** softmax(q·kᵀ·scale + mask)·v: `[…, T, E]`, `[…, S, E]`, `[…, S, F]` → `[…, T, F]`. */
export function attend(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions): Tensor {
  const { inputs, form, out } = operands(q, k, v, options)
  const empty = sizeOf(out) === 0 || inputs[1].shape.at(-2) === 0
  return q.make(empty ? g.constant(0, out, inputs[0].dtype) : g.reshape(attention(inputs, form), out))
}

/** The weights `[…, T, S]` alone, which attend() never stores. */
export function weightsOf(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions): Tensor {
  const { inputs, form, out } = operands(q, k, v, options)
  return q.make(g.reshape(attentionWeights(inputs, form), [
    ...out.slice(0, -1), k.shape.at(-2) as number,
  ]))
}
