/** @file Gradients of what is already built. */
import { constant, constantLike } from '../../graph/build.ts'
import type { Cell } from '../../graph/cell.ts'
import { isFloat } from '../../graph/dtype.ts'
import { is, sizeOf, type Node } from '../../graph/node.ts'
import { topological } from '../../graph/walk.ts'
import { add } from '../../graph/build.ts'
import { gradients as cotangents } from '../../transform/index.ts'
import { DTypeError, GradientError, ShapeError } from '../../util/errors.ts'
import { whatIs } from '../../util/options.ts'
import { Changing } from '../cells.ts'
import { shapeText } from '../functions/promote.ts'
import { cutBetween } from '../history.ts'
import { nodesInScope } from '../scope.ts'
import { Tensor } from '../tensor.ts'

/** What stands for each tensor in a graph: of a parameter, every read of it. */
function nodesFor(outputs: readonly Node[], tensors: readonly Tensor[]): Node[][] {
  const reads = new Map<Cell, Set<Node>>()
  const wanted = tensors.some(t => t instanceof Changing)
  for (const n of wanted ? topological(outputs) : []) {
    if (!is(n, 'read')) continue
    const found = reads.get(n.attrs.cell) ?? new Set()
    reads.set(n.attrs.cell, found.add(n))
  }
  return tensors.map(t => {
    if (!(t instanceof Changing)) return [t.node]
    return [...new Set([...(reads.get(t.cell) ?? []), ...nodesInScope(t.cell)])]
  })
}

/** Gradients of outputs weighed by cotangents, for each tensor; null where there is no way. */
export function pull(
  op: string,
  outputs: readonly Node[],
  weights: readonly (Node | null)[],
  tensors: readonly Tensor[],
): (Node | null)[] {
  const nodes = nodesFor(outputs, tensors)
  const found = cotangents(outputs, weights, nodes.flat())
  let next = 0
  return nodes.map((list, k) => {
    const parts = list.map(() => found[next++]).filter(g => g !== null)
    // one way being cut of several would give a gradient that is silently wrong
    if (parts.length === 0 || !(tensors[k] instanceof Changing)) explainCut(op, outputs, list, tensors[k], k)
    return parts.length === 0 ? null : parts.reduce(add)
  })
}

function explainCut(op: string, outputs: readonly Node[], nodes: readonly Node[], t: Tensor, k: number): void {
  const why = cutBetween(outputs, nodes, t instanceof Changing ? t.cell : null)
  if (!why) return
  const name = t instanceof Changing && t.name ? `'${t.name}'` : `tensors[${k}], of shape ${shapeText(t.shape)}`
  throw new GradientError(`${op}: the way from the loss to ${name} was cut when ${why}. `
    + 'Take the gradient before that, or write the computation as a function and use grad(f).')
}

/** Throws unless it is a tensor that can be the loss of a gradient. */
export function checkLoss(op: string, loss: unknown): asserts loss is Tensor {
  if (!(loss instanceof Tensor)) {
    throw new GradientError(
      `${op}: the loss is ${whatIs(loss)}, and must be the tensor itself, which remembers how it was computed (not its item())`,
    )
  }
  if (sizeOf(loss.shape) !== 1) {
    throw new ShapeError(
      `${op}: the loss has shape ${shapeText(loss.shape)}, and must be one number: take its mean() or sum()`,
    )
  }
  if (!isFloat(loss.dtype)) throw new DTypeError(`${op}: the loss is ${loss.dtype}: gradients are of floats`)
}

/**
 * The gradients of a scalar with respect to tensors it was computed from, in their order; null where it does not depend
 * on one.
 * @throws GradientError where history was cut @example const [dw, db] = gradients(loss, [w, b])
 */
export function gradients(loss: Tensor, tensors: readonly Tensor[]): (Tensor | null)[] {
  checkLoss('gradients', loss)
  if (!Array.isArray(tensors) || !tensors.every(t => t instanceof Tensor)) {
    const found = Array.isArray(tensors) ? 'an array that holds something else' : whatIs(tensors)
    throw new GradientError(`gradients takes an array of tensors, as in gradients(loss, [w]): got ${found}`)
  }
  const node = loss.node
  const found = pull('gradients', [node], [constantLike(node, 1)], tensors)
  return found.map(g => g && loss.make(g))
}

/** Zeros in place of what has no gradient. */
export const orZero = (g: Node | null, like: Tensor): Node => g ?? constant(0, like.shape, like.dtype)
