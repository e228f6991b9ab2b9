/** @file The same function on many examples at once. */
import { expand, placeholder, reshape } from '../../graph/build.ts'
import type { Node } from '../../graph/node.ts'
import { batchNodes, type Mapped as Batched } from '../../transform/index.ts'
import { ShapeError, TraceError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import { moveAxis } from '../functions/movement.ts'
import { axisOf, shapeText } from '../functions/promote.ts'
import { turns } from '../functions/random.ts'
import { source } from '../random.ts'
import { checkNoPromise, within } from '../scope.ts'
import { Tensor } from '../tensor.ts'
import { mapTensors, mapTree, mapTreeAt } from '../tree.ts'
import { scope, turnDraw } from './body.ts'

/** Which axis of an argument (of all its tensors) holds the examples; null: every example gets it whole. */
export type InAxes = number | null | readonly (number | null)[]
export interface VmapOptions { in?: InAxes; out?: number }

/**
 * f on many examples at once: written for one, it takes tensors with one axis more (axis 0, or `in` for each argument)
 * and gives results with one more (axis 0, or `out`). Random numbers are those a loop over the examples would draw.
 * @throws ShapeError if numbers of examples differ @example vmap((w, x) => w.dot(x), { in: [null, 0] })(w, xs)
 */
export function vmap<F extends (...args: any[]) => any>(
  f: F,
  options: VmapOptions = {},
): F {
  checkOptions('vmap', options, { in: true, out: true })
  const { in: inAxes = 0, out: outAxis = 0 } = options
  const mapped = (...args: unknown[]): unknown => {
    const batched = new Map<Node, Node>()
    const sizes = new Set<number>()
    const device: Tensor[] = []
    const single = args.map((arg, i) => {
      const axis = axisFor(inAxes, i, args.length)
      if (axis === null) return arg
      return mapTensors(arg, (t, path) => {
        const k = axisOf(`vmap: argument ${i}${path}`, axis, t.rank)
        const front = moveAxis(t.node, k, 0)
        sizes.add(front.shape[0])
        const stand = placeholder(batched.size, front.shape.slice(1), front.dtype)
        batched.set(stand, front)
        device.push(t)
        return stand
      })
    })
    const size = oneSize([...sizes])
    const base = placeholder(batched.size, [2], 'uint32')
    const { draw, taken } = turnDraw(base)
    const here = scope('vmap', draw)
    const { tree, nodes } = within(here, () => {
      const inside = single.map(arg => stands(arg, device[0]))
      const result = f(...inside)
      checkNoPromise('vmap', result)
      const collected: Node[] = []
      mapTreeAt(result, (x, path) => { if (x instanceof Tensor) collected.push(x.node); else checkLeaf(x, path) })
      return { tree: result as unknown, nodes: collected }
    })
    if (taken() > 0) batched.set(base, turns(source()(taken() * size).counter, taken(), size))
    const results = batchNodes(nodes, batched, size)
    let next = 0
    return mapTensors(tree, () => device[0].make(placeAxis(results[next++], size, outAxis)))
  }
  return mapped as F
}

/** Placeholders as tensors of the innermost scope. */
const stands = (arg: unknown, like: Tensor): unknown => mapNodes(arg, n => like.make(n))
function mapNodes(tree: unknown, f: (n: Node) => unknown): unknown {
  return mapTree(tree, x => (isNode(x) ? f(x) : x))
}
const isNode = (x: unknown): x is Node => typeof x === 'object' && x !== null && 'op' in x && 'attrs' in x

function axisFor(inAxes: InAxes, i: number, count: number): number | null {
  if (typeof inAxes === 'number' || inAxes === null) return inAxes
  if (inAxes.length !== count)
    throw new ShapeError(`vmap: in names ${inAxes.length} axes, the call has ${count} arguments`)
  return inAxes[i]
}

function oneSize(sizes: readonly number[]): number {
  if (sizes.length === 1) return sizes[0]
  if (sizes.length === 0) throw new ShapeError('vmap: no argument has an axis of examples: give a tensor, or set in')
  throw new ShapeError(`vmap: the arguments have ${sizes.join(' and ')} examples: they must have as many`)
}

function checkLeaf(x: unknown, path: string): void {
  if (x === null || typeof x === 'number') return
  throw new TraceError(`vmap: the result${path} is ${typeof x}, and must be made of tensors`)
}

function placeAxis({ node, batched }: Batched, size: number, axis: number): Node {
  const whole = batched ? node : expand(reshape(node, [1, ...node.shape]), [size, ...node.shape])
  return moveAxis(
    whole,
    0,
    axisOf(`vmap: out, of a result of shape ${shapeText(whole.shape)}`, axis, whole.shape.length),
  )
}
