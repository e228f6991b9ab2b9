/** @file Checkpoints: a mapping whose inner values are computed again for the gradient instead of being kept. */
import { add, apply, cast, placeholder, reshape, slice } from '../graph/build.ts'
import { isFloat } from '../graph/dtype.ts'
import { sizeOf, type Graph, type Node } from '../graph/node.ts'
import { inline } from '../graph/substitute.ts'
import { picks } from '../ops/call.ts'
import { zerosLike } from '../ops/support/rules.ts'
import { gradients } from './vjp.ts'

let nextBarrier = 1

/** A value that is there only when all of `nodes` are. */
function tokenOf(nodes: readonly Node[]): Node | null {
  const full = nodes.filter(n => sizeOf(n.shape) > 0)
  if (full.length < 2) return full[0] ?? null
  return full
    .map(n =>
      cast(
        reshape(
          slice(
            n,
            n.shape.map(() => 0),
            n.shape.map(() => 1),
          ),
          [],
        ),
        'float32',
      ),
    )
    .reduce(add)
}

/**
 * The gradient of `body`, which computes the body anew from inputs that are held back until the cotangents are there:
 * so neither interning nor scheduling can take the values of the first pass for those of the second.
 */
function gradientOf(body: Graph): Graph {
  let next = 0
  const like = (a: Node): Node => placeholder(next++, a.shape, a.dtype)
  const inputs = body.inputs.map(like)
  const outputs = body.outputs.map(like)
  const cotangents = body.outputs.map(like)
  const token = tokenOf(cotangents.filter(g => isFloat(g.dtype)))
  const held = token && inputs.length > 0 ? picks(apply('barrier', [...inputs, token], { id: nextBarrier++ })) : inputs
  const again = inline(body, held)
  const found = gradients(
    again,
    again.map((y, i) => (isFloat(y.dtype) ? cotangents[i] : null)),
    held,
  )
  return { inputs: [...inputs, ...outputs, ...cotangents], outputs: found.map((g, i) => g ?? zerosLike(inputs[i])) }
}

/** The outputs of `graph` on `inputs`, as a checkpoint. Forward-mode derivatives and batches go through the body. */
export const checkpoint = (graph: Graph, inputs: readonly Node[]): Node[] =>
  picks(apply('call', inputs, { name: 'checkpoint', body: graph, gradient: gradientOf(graph) }))
