/** @file Mappings with something of their own in the gradient: computed anew (checkpoint), or by the user's rule. */
import { apply, constantLike, pick, placeholder } from '../../graph/build.ts'
import type { Cell } from '../../graph/cell.ts'
import { executor } from '../../graph/executor.ts'
import type { Graph, Node } from '../../graph/node.ts'
import { checkpoint as checkpointGraph } from '../../transform/index.ts'
import { GradientError, ShapeError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import { shapeText } from '../functions/promote.ts'
import { source } from '../random.ts'
import { assignInScope, checkNoPromise, within, type CellState } from '../scope.ts'
import { Tensor } from '../tensor.ts'
import { tensorsOf, withTensors } from '../tree.ts'
import { close, isClosed, scope } from './body.ts'

interface Traced<R> { readonly out: R; readonly nodes: Node[]; readonly stands: Node[] }

/** Runs f on placeholders in the place of its tensors. */
function trace<R>(
  kind: 'checkpoint' | 'customGradient',
  f: (...args: any[]) => R,
  args: readonly unknown[],
  cells: Map<Cell, CellState> | null,
): Traced<R> {
  const given = tensorsOf(args)
  const stands = given.map((t, i) => placeholder(i, t.shape, t.dtype))
  return within(scope(kind, source(), cells), () => {
    const out = f(...(withTensors(args, given.map((t, i) => t.make(stands[i]))) as unknown[]))
    checkNoPromise(kind, out)
    return { out, nodes: tensorsOf(out).map(t => t.node), stands }
  })
}

/**
 * f, whose inner values are not kept for the gradient but computed again: less memory for more time. Random numbers are
 * the same both times. @example const block = checkpoint((x: Tensor) => layer.forward(x))
 */
export function checkpoint<F extends (...args: any[]) => any>(f: F): F {
  const wrapped = (...args: unknown[]): unknown => {
    const cells = new Map<Cell, CellState>()
    const { out, nodes, stands } = trace('checkpoint', f, args, cells)
    const given = tensorsOf(args)
    const assigned = [...cells].filter(([, state]) => state.assigned)
    const outputs = [...nodes, ...assigned.map(([, state]) => state.nodes[state.nodes.length - 1])]
    // random numbers are drawn again too, from their counters
    const { graph, captured } = close(outputs, stands, new Set(['randomBits']))
    const results = checkpointGraph(graph, [...given.map(t => t.node), ...captured])
    assignOutside(assigned.map(([cell], i) => [cell, results[nodes.length + i]]))
    const like = given[0] ?? tensorsOf(out)[0]
    return withTensors(out, nodes.map((_, i) => like.make(results[i])))
  }
  return wrapped as F
}

function assignOutside(pairs: readonly (readonly [Cell, Node])[]): void {
  if (pairs.length === 0) return
  if (pairs.filter(([cell, value]) => assignInScope(cell, value)).length > 0) return
  executor().realize([], pairs.map(([cell, value]) => ({ cell, value })))
}

/**
 * The gradient by a rule: cotangents of the outputs (as f gives them), and what f took and gave, to those of the
 * arguments.
 */
export type GradientRule<A extends readonly Tensor[], R> =
  (cotangent: R, context: { readonly inputs: A; readonly output: R }) => Tensor | readonly (Tensor | null)[]

export interface CustomGradientOptions {
  /**
   * The rule is made of ops that are linear in the cotangent, and takes nothing from outside. Then forward mode takes
   * its transpose, and it is not called before it is asked for: it may be written in terms of the function itself.
   */
  linear?: boolean
}

/**
 * f with a gradient of its own: `rule` gives one tensor an argument (null: zero). What f and the rule take from outside
 * gets no gradient. Forward mode (`jvp`, the second step of `hessian`) is that of f itself, or with `linear: true` the
 * transpose of the rule: then f is never differentiated.
 * @example const clip = customGradient((x: Tensor) => x, g => g.clamp(-1, 1))
 */
export function customGradient<A extends readonly Tensor[], R>(
  f: (...args: A) => R,
  rule: GradientRule<A, R>,
  options: CustomGradientOptions = {},
): (...args: A) => R {
  checkOptions('customGradient', options, { linear: true })
  return (...args) => {
    const body = trace('customGradient', f as (...args: any[]) => R, args, null)
    const like = args[0]
    if (!like) throw new GradientError('customGradient: the function needs a tensor argument')
    const graphs = options.linear ? writtenLater(rule, args, body) : writtenNow(rule, args, body)
    const node = apply('call', [...args.map(t => t.node), ...graphs.captured], {
      name: 'customGradient',
      ...graphs.attrs,
    })
    return withTensors(
      body.out,
      body.nodes.map((_, i) => like.make(node.outputs ? pick(node, i) : node)),
    ) as R
  }
}

interface Written {
  readonly captured: readonly Node[]
  readonly attrs: { readonly body: Graph; readonly gradient: Graph | (() => Graph); readonly linearGradient?: true }
}

function writtenNow<A extends readonly Tensor[], R>(rule: GradientRule<A, R>, args: A, body: Traced<R>): Written {
  const backward = traceRule(rule, args, body)
  const inner = close(body.nodes, body.stands)
  const outer = close(backward.outputs, backward.inputs)
  return {
    captured: [...inner.captured, ...outer.captured],
    attrs: joined(
      inner.graph,
      outer.graph,
      args.length,
      body.nodes.length,
      inner.captured.length,
      outer.captured.length,
    ),
  }
}

/** The rule is called when it is asked for, so it must be closed: what it takes from outside would be no input. */
function writtenLater<A extends readonly Tensor[], R>(rule: GradientRule<A, R>, args: A, body: Traced<R>): Written {
  const { graph: inner, captured } = close(body.nodes, body.stands)
  let gradient: Graph | undefined
  const write = (): Graph => {
    const graph = traceRule(rule, args, body)
    if (!isClosed(graph)) {
      throw new GradientError(
        'customGradient: a linear rule takes nothing from outside: make what it needs an argument, with gradient null',
      )
    }
    return joined(inner, graph, args.length, body.nodes.length, captured.length, 0).gradient
  }
  return { captured, attrs: { body: inner, gradient: () => (gradient ??= write()), linearGradient: true } }
}

function traceRule<A extends readonly Tensor[], R>(
  rule: GradientRule<A, R>,
  args: A,
  body: Traced<R>,
): { inputs: Node[]; outputs: Node[] } {
  const [like] = args
  let next = 0
  const stand = (n: { shape: readonly number[]; dtype: Node['dtype'] }): Node => placeholder(next++, n.shape, n.dtype)
  const [xs, ys, gs] = [args.map(stand), body.nodes.map(stand), body.nodes.map(stand)]
  return within(scope('customGradient', source()), () => {
    const tensors = (nodes: readonly Node[]): Tensor[] => nodes.map(n => like.make(n))
    const result = rule(withTensors(body.out, tensors(gs)) as R, {
      inputs: tensors(xs) as unknown as A, output: withTensors(body.out, tensors(ys)) as R,
    })
    const list: readonly (Tensor | null)[] = result instanceof Tensor ? [result] : result
    if (!Array.isArray(list) || list.length !== args.length) {
      throw new GradientError(`customGradient: the rule must give ${args.length} gradients, one an argument`)
    }
    const outputs = args.map((t, i) => {
      const found = list[i]
      if (!found) return constantLike(t, 0)
      if (found.shape.join() === t.shape.join()) return found.cast(t.dtype).node
      throw new ShapeError(
        `customGradient: the gradient of argument ${i} has shape ${shapeText(found.shape)}, the argument ${shapeText(t.shape)}`,
      )
    })
    return { inputs: [...xs, ...ys, ...gs], outputs }
  })
}

/** Body and gradient over the same inputs: the arguments, what the body captured, what the rule captured. */
function joined(
  body: Graph,
  rule: Graph,
  args: number,
  outs: number,
  inBody: number,
  inRule: number,
): { body: Graph; gradient: Graph } {
  const bodyExtra = body.inputs.slice(args)
  const ruleExtra = rule.inputs.slice(args + 2 * outs)
  const again = (nodes: readonly Node[]): Node[] => nodes.map(n => placeholder(0, n.shape, n.dtype))
  const zeros = [...bodyExtra, ...ruleExtra].map(n => constantLike(n, 0))
  if (bodyExtra.length !== inBody || ruleExtra.length !== inRule)
    throw new GradientError('customGradient: captured inputs do not match')
  return {
    body: { inputs: [...body.inputs.slice(0, args), ...bodyExtra, ...again(ruleExtra)], outputs: body.outputs },
    gradient: {
      inputs: [
        ...rule.inputs.slice(0, args),
        ...again(bodyExtra),
        ...ruleExtra,
        ...rule.inputs.slice(args, args + 2 * outs),
      ],
      outputs: [...rule.outputs, ...zeros],
    },
  }
}
