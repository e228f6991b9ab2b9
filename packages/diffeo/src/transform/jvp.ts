/** @file Forward mode: the tangents of nodes, as nodes. */
import { sameShape } from '../graph/build.ts'
import { isFloat } from '../graph/dtype.ts'
import type { Node } from '../graph/node.ts'
import { topological } from '../graph/walk.ts'
import { recordOf } from '../ops/index.ts'
import { GradientError, ShapeError } from '../util/errors.ts'
import { isPort, portIndex, portsOf, producer } from './ports.ts'
import { gradients } from './vjp.ts'

type Tangents = Map<Node, readonly (Node | null)[]>

function tangentOf(known: Tangents, node: Node): Node | null {
  const own = known.get(node)
  if (own) return own[0]
  return isPort(node) ? (known.get(producer(node))?.[portIndex(node)] ?? null) : null
}

/** Applies the rule of `node` if one of its inputs has a tangent. */
function push(node: Node, known: Tangents): void {
  if (isPort(node) || known.has(node) || !portsOf(node).some(y => isFloat(y.dtype))) return
  const given = node.inputs.map(x => tangentOf(known, x))
  if (given.every(t => t === null)) return
  const { jvp } = recordOf(node.op)
  if (!jvp) {
    throw new GradientError(
      `${node.op}: it has no forward-mode derivative; cut it off with stopGradient, or use reverse mode (grad, vjp)`,
    )
  }
  const out = jvp(given, node, tangents, gradients)
  known.set(
    node,
    portsOf(node).map((y, i) => (isFloat(y.dtype) ? (out[i] ?? null) : null)),
  )
}

/** Tangents of `outputs`, given those of `inputs` (null: zero). `inputs` may be any nodes. */
export function tangents(
  outputs: readonly Node[],
  inputs: readonly Node[],
  given: readonly (Node | null)[],
): (Node | null)[] {
  if (inputs.length !== given.length) {
    throw new GradientError(
      `jvp: ${inputs.length} inputs were given ${given.length} tangents; give one an input (null: zero)`,
    )
  }
  const known: Tangents = new Map()
  inputs.forEach((x, i) => {
    const t = given[i]
    if (t && (t.dtype !== x.dtype || !sameShape(t.shape, x.shape))) {
      throw new ShapeError(
        `jvp: the tangent of input ${i} is ${t.dtype}[${t.shape}], but the input is ${x.dtype}[${x.shape}]`,
      )
    }
    // an input without a tangent is held fixed, whatever it is made of
    known.set(x, [t && isFloat(x.dtype) ? t : null])
  })
  const seeded = new Set(inputs)
  for (const node of topological(outputs, n => seeded.has(n))) push(node, known)
  return outputs.map(y => tangentOf(known, y))
}
