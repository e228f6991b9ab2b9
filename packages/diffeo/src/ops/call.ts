/** @file `call` (a named composite), `pick` (one output of several) and `barrier` (which nothing is moved across). */
import { apply, pick as pickNode, placeholder, reshape, sum } from '../graph/build.ts'
import { isFloat } from '../graph/dtype.ts'
import { type Aval, type Graph, type Node } from '../graph/node.ts'
import { checkInputs, inline } from '../graph/substitute.ts'
import { GradientError, ShapeError } from '../util/errors.ts'
import type { BatchWalk, OpRecord } from './record.ts'
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

/**
 * The gradient graph of the batched call. An input without a batch axis was used by every example, so its cotangents
 * are summed over them.
 */
function batchGradient(node: Node<'call'>, batched: readonly boolean[], size: number, walk: BatchWalk): Graph {
  const outs = node.attrs.body.outputs.map(() => true)
  const rule = walk(node.attrs.gradient!, [...batched, ...outs, ...outs], size)
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
  const { body, gradient } = node.attrs
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
    if (gradient) checkGradient(`call ${name}`, body, gradient)
    return body.outputs.map(aval)
  },

  evaluate: (inputs, node, walk) => walk(node.attrs.body, inputs),

  vjp(cotangents, node, walk) {
    const { body, gradient } = node.attrs
    if (gradient) return ruleGradient(cotangents, node, gradient)
    return inlineSome(walk(body.outputs, cotangents, body.inputs), body, node.inputs)
  },

  jvp(tangents, node, walk) {
    const { body, name, jvpAllowed } = node.attrs
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
    return picks(
      apply('call', inputs, gradient ? { ...attrs, gradient: batchGradient(node, batched, size, walk) } : attrs),
    )
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
