/** @file Reverse mode: the cotangents of nodes, as nodes. */
import { add, sameShape } from '../graph/build.ts'
import { isFloat } from '../graph/dtype.ts'
import type { Node } from '../graph/node.ts'
import { gradientOf, inOrigin } from '../graph/origin.ts'
import { topological } from '../graph/walk.ts'
import { recordOf } from '../ops/index.ts'
import { GradientError, ShapeError } from '../util/errors.ts'
import { isPort, portIndex, portsOf, producer } from './ports.ts'

/** Cotangents gathered so far: for each producer, one an output. Sums are made in the order of arrival. */
class Cotangents {
  private readonly known = new Map<Node, (Node | null)[]>()

  of(node: Node): Node | null {
    return this.known.get(producer(node))?.[portIndex(node)] ?? null
  }
  all(node: Node): readonly (Node | null)[] | undefined {
    return this.known.get(node)
  }

  add(node: Node, g: Node): void {
    const source = producer(node)
    let slots = this.known.get(source)
    if (!slots) this.known.set(source, (slots = portsOf(source).map(() => null)))
    const i = portIndex(node)
    const before = slots[i]
    slots[i] = before ? add(before, g) : g
  }
}

/** The nodes through which a change of `wrt` reaches the outputs. */
function reaching(order: readonly Node[], wrt: readonly Node[]): Set<Node> {
  const reached = new Set(wrt)
  for (const node of order) {
    for (const x of node.inputs) {
      if (!reached.has(x)) continue
      reached.add(node)
      break
    }
  }
  return reached
}

function seed(
  found: Cotangents,
  outputs: readonly Node[],
  cotangents: readonly (Node | null)[],
  reached: ReadonlySet<Node>,
): void {
  if (outputs.length !== cotangents.length) {
    throw new GradientError(
      `gradients: ${outputs.length} outputs were given ${cotangents.length} cotangents; `
        + 'give one an output (null: zero)',
    )
  }
  outputs.forEach((y, i) => {
    const g = cotangents[i]
    if (!g || !reached.has(y) || !isFloat(y.dtype)) return
    checkCotangent(y, g, `output ${i}`)
    found.add(y, g)
  })
}

function checkCotangent(x: Node, g: Node, what: string): void {
  if (g.dtype === x.dtype && sameShape(g.shape, x.shape)) return
  throw new ShapeError(
    `gradients: the cotangent of ${what} is ${g.dtype}[${g.shape}], but its value is ${x.dtype}[${x.shape}] (${x.op})`,
  )
}

/** Applies the rule of `node`, and hands on what comes out. */
function pull(node: Node, found: Cotangents, reached: ReadonlySet<Node>): void {
  const given = found.all(node)
  if (!given || isPort(node) || !node.inputs.some(x => reached.has(x) && isFloat(x.dtype))) return
  const { vjp } = recordOf(node.op)
  if (!vjp) {
    throw new GradientError(
      `${node.op}: it has no reverse-mode gradient; cut it off with stopGradient, or give the function a gradient `
        + 'of its own with customGradient',
    )
  }
  const out = vjp(given, node, gradients)
  node.inputs.forEach((x, i) => {
    const g = out[i]
    if (!g || !reached.has(x) || !isFloat(x.dtype)) return
    checkCotangent(x, g, `input ${i} of ${node.op}`)
    found.add(x, g)
  })
}

/**
 * Cotangents of `wrt`, given those of `outputs` (null: zero). null where the outputs do not depend on a node, or it
 * is no float. What does not lead to `wrt` is not walked; `wrt` may be inner nodes, and may depend on one another.
 */
export function gradients(
  outputs: readonly Node[],
  cotangents: readonly (Node | null)[],
  wrt: readonly Node[],
): (Node | null)[] {
  const order = topological(outputs)
  const reached = reaching(order, wrt)
  const found = new Cotangents()
  seed(found, outputs, cotangents, reached)
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i]
    if (reached.has(node)) inOrigin(gradientOf(node.origin), () => pull(node, found, reached))
  }
  return wrt.map(x => found.of(x))
}
