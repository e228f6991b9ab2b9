/** @file `call` (a named composite), `pick` (one output of several) and `barrier` (which nothing is moved across). */
import { apply, pick as pickNode, placeholder, reshape, sum } from '../graph/build.ts'
import { isFloat } from '../graph/dtype.ts'
import { type Aval, type Graph, type Node } from '../graph/node.ts'
import { checkInputs, inline } from '../graph/substitute.ts'
import { GradientError, ShapeError } from '../util/errors.ts'
import type { BatchWalk, GradientWalk, OpRecord } from './record.ts'
import { repeatFront } from './support/batch.ts'
import { show } from './support/check.ts'
import { zerosLike } from './support/rules.ts'

export { inline }

/** All outputs of a primitive with several. */
export const picks = (node: Node): Node[] =>
  (node.outputs ?? [node]).map((_, i) => (node.outputs ? pickNode(node, i) : node))

/** The value with a batch axis in front, repeated where it has none. */
const withBatch = (a: Node, batched: boolean, size: number): Node => (batched ? a : repeatFront(a, size))

const aval = ({ shape, dtype }: Aval): Aval => ({ shape, dtype })

/** The gradient graph must take (inputs…, outputs…, cotangents…) and give one cotangent an input. */
function checkGradient(name: string, body: Graph, gradient: Graph): void {
  checkInputs(`${name}: the gradient`, gradient, [...body.inputs, ...body.outputs, ...body.outputs])
  if (gradient.outputs.length !== body.inputs.length) {
    throw new ShapeError(
      `${name}: the gradient gives ${gradient.outputs.length} cotangents for ${body.inputs.length} inputs; `
        + 'it must give one an input',
    )
  }
  body.inputs.forEach((x, i) => {
    const g = gradient.outputs[i]
    if (isFloat(x.dtype) && (g.dtype !== x.dtype || g.shape.join() !== x.shape.join())) {
      throw new ShapeError(`${name}: the gradient of input ${i} is ${show(g)}, but the input is ${show(x)}`)
    }
  })
}

/** The gradient graph, written now if it was not yet. */
function ruleOf({ attrs: { name, body, gradient } }: Node<'call'>): Graph | undefined {
  if (typeof gradient !== 'function') return gradient
  const graph = gradient()
  checkGradient(`call ${name}`, body, graph)
  return graph
}

function once(write: () => Graph): () => Graph {
  let graph: Graph | undefined
  return () => (graph ??= write())
}

/** Nodes written in terms of the body's placeholders, in terms of the call's inputs. */
function inlineSome(nodes: readonly (Node | null)[], body: Graph, inputs: readonly Node[]): (Node | null)[] {
  const there = nodes.filter(n => n !== null)
  const out = inline({ inputs: body.inputs, outputs: there }, inputs)
  let next = 0
  return nodes.map(n => n && out[next++])
}

/** The gradient by the rule that came with the call. */
function ruleGradient(cotangents: readonly (Node | null)[], node: Node<'call'>, gradient: Graph): (Node | null)[] {
  const outputs = picks(node)
  const given = outputs.map((y, i) => cotangents[i] ?? zerosLike(y))
  const out = inline(gradient, [...node.inputs, ...outputs, ...given])
  return node.inputs.map((x, i) => (isFloat(x.dtype) ? out[i] : null))
}

/** Tangents by a rule that is linear in the cotangents g: what pulls the inputs' tangents back through it to g. */
function transposed(
  tangents: readonly (Node | null)[], node: Node<'call'>, gradient: Graph, back: GradientWalk,
): (Node | null)[] {
  const outputs = picks(node)
  const stands = outputs.map((y, i) => placeholder(i, y.shape, y.dtype))
  const found = back(inline(gradient, [...node.inputs, ...outputs, ...stands]), tangents, stands)
  // a linear rule's transpose does not depend on where it was taken: at 0
  const atZero = inline({ inputs: stands, outputs: found.filter(t => t !== null) }, outputs.map(zerosLike))
  let next = 0
  return found.map(t => t && atZero[next++])
}

/**
 * The gradient graph of the batched call. An input without a batch axis was used by every example, so its cotangents
 * are summed over them.
 */
function batchGradient(
  gradient: Graph, node: Node<'call'>, batched: readonly boolean[], size: number, walk: BatchWalk,
): Graph {
  const outs = node.attrs.body.outputs.map(() => true)
  const rule = walk(gradient, [...batched, ...outs, ...outs], size)
  const outputs = rule.graph.outputs.map((g, i) => {
    if (!isFloat(node.inputs[i].dtype)) return rule.graph.inputs[i]
    return batched[i] ? withBatch(g, rule.batched[i], size) : sum(withBatch(g, rule.batched[i], size), [0])
  })
  return { inputs: rule.graph.inputs, outputs }
}

/** A composite with options, batched: the same one with an axis more in front, of size 1 where an input has none. */
function batchByName(
  inputs: readonly Node[], batched: readonly boolean[], node: Node<'call'>, size: number, walk: BatchWalk,
): Node[] {
  const { body } = node.attrs
  const gradient = ruleOf(node)
  /** The graph on inputs that all have the axis: it drops those of size 1. */
  const lifted = (graph: Graph, flags: readonly boolean[]): Graph => {
    const mapped = walk(graph, flags, size)
    const stands = graph.inputs.map((x, i) => placeholder(i, [flags[i] ? size : 1, ...x.shape], x.dtype))
    const given = stands.map((x, i) => (flags[i] ? x : reshape(x, x.shape.slice(1))))
    const outputs = mapped.graph.outputs.map((y, i) => withBatch(y, mapped.batched[i], size))
    return { inputs: stands, outputs: inline({ inputs: mapped.graph.inputs, outputs }, given) }
  }
  const outs = body.outputs.map(() => true)
  const rule = gradient && lifted(gradient, [...batched, ...outs, ...outs])
  const summed = rule && rule.outputs.map((g, i) =>
    batched[i] || !isFloat(g.dtype) ? g : reshape(sum(g, [0]), [1, ...g.shape.slice(1)]))
  const attrs = {
    ...node.attrs, body: lifted(body, batched),
    ...(rule && summed ? { gradient: { inputs: rule.inputs, outputs: summed } } : {}),
  }
  return picks(apply('call', inputs.map((x, i) => (batched[i] ? x : reshape(x, [1, ...x.shape]))), attrs))
}

export const call: OpRecord<'call'> = {
  infer(inputs, { name, body, gradient }) {
    checkInputs(`call ${name}`, body, inputs)
    if (typeof gradient === 'object') checkGradient(`call ${name}`, body, gradient)
    return body.outputs.map(aval)
  },

  evaluate: (inputs, node, walk) => walk(node.attrs.body, inputs),

  vjp(cotangents, node, walk) {
    const { body } = node.attrs
    const gradient = ruleOf(node)
    if (gradient) return ruleGradient(cotangents, node, gradient)
    return inlineSome(walk(body.outputs, cotangents, body.inputs), body, node.inputs)
  },

  jvp(tangents, node, walk, back) {
    const { body, name, jvpAllowed, linearGradient } = node.attrs
    const gradient = linearGradient ? ruleOf(node) : undefined
    if (gradient) return transposed(tangents, node, gradient, back)
    if (jvpAllowed === false) {
      throw new GradientError(
        `call ${name}: forward-mode derivatives were asked for, but it has a gradient rule for reverse mode alone; `
          + 'use grad or vjp',
      )
    }
    return inlineSome(walk(body.outputs, body.inputs, tangents), body, node.inputs)
  },

  batch(inputs, batched, node, size, walk) {
    if (node.attrs.options) return batchByName(inputs, batched, node, size, walk)
    const { name, body, gradient, ...rest } = node.attrs
    const mapped = walk(body, batched, size)
    const outputs = mapped.graph.outputs.map((y, i) => withBatch(y, mapped.batched[i], size))
    const attrs = { ...rest, name: `vmap(${name})`, body: { inputs: mapped.graph.inputs, outputs } }
    if (!gradient) return picks(apply('call', inputs, attrs))
    const rule = (): Graph => batchGradient(ruleOf(node)!, node, batched, size, walk)
    return picks(apply('call', inputs, { ...attrs, gradient: typeof gradient === 'function' ? once(rule) : rule() }))
  },
}

export const pick: OpRecord<'pick'> = {
  infer([x], { index }) {
    const { outputs } = x as Node
    if (!outputs) throw new ShapeError(`pick: ${(x as Node).op} has a single output; use it as it is`)
    if (!outputs[index])
      throw new ShapeError(`pick: output ${index} of ${(x as Node).op} was asked for, which has ${outputs.length}`)
    return aval(outputs[index])
  },
  // values with several outputs are taken apart by the walks, which ask no rule for it
}

export const barrier: OpRecord<'barrier'> = {
  infer(inputs) {
    if (inputs.length < 2)
      throw new ShapeError(
        `barrier: it takes the values to hold back and a token, but was given ${inputs.length} inputs`,
      )
    return inputs.slice(0, -1).map(aval)
  },
  evaluate: inputs => inputs.slice(0, -1),
  vjp: (cotangents, node) => [
    ...node.inputs.slice(0, -1).map((x, i) => (isFloat(x.dtype) ? cotangents[i] : null)),
    null,
  ],
  jvp: (tangents, node) => node.inputs.slice(0, -1).map((_, i) => tangents[i]),
  batch(inputs, batched, node, size) {
    const held = inputs.slice(0, -1).map((x, i) => withBatch(x, batched[i], size))
    return picks(apply('barrier', [...held, inputs[inputs.length - 1]], node.attrs))
  },
}
