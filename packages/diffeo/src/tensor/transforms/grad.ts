/**
 * @file Derivatives of functions. The function runs on its real arguments, each behind a name of its own: what it takes
 * from outside is constant, values can be asked for, and derivatives nest.
 */
import { apply, constantLike } from '../../graph/build.ts'
import { isFloat } from '../../graph/dtype.ts'
import type { Node } from '../../graph/node.ts'
import {
  gradients as cotangents,
  hessian as hessianOf,
  jacobian as jacobianOf,
  tangents,
} from '../../transform/index.ts'
import { DTypeError, GradientError, ShapeError } from '../../util/errors.ts'
import { checkOptions, whatIs } from '../../util/options.ts'
import { shapeText } from '../functions/promote.ts'
import { checkNoPromise, transforming } from '../scope.ts'
import { Tensor } from '../tensor.ts'
import { formOf, mapTensors, mapTree, tensorsOf, withTensors, type Mapped } from '../tree.ts'
import { checkLoss, orZero } from './gradients.ts'

type Args = readonly any[]
/** The gradient of an argument: tensors for its tensors, all else as it was. */
export type Gradient<T> = Mapped<T, Tensor>
type Chosen<A extends Args, N> = N extends readonly number[]
  ? { [K in keyof N]: Gradient<A[N[K] & number]> }
  : N extends number ? Gradient<A[N]> : Gradient<A[0]>

/** The same value behind a node of its own, through which derivatives pass. */
const alias = (t: Tensor): Tensor => t.make(apply('reshape', [t.node], {}, { shape: t.shape }))

interface Run<R> {
  readonly out: R
  readonly inputs: Tensor[]
  /** Their nodes, whatever becomes of the tensors. */
  readonly nodes: Node[]
  readonly args: unknown[]
}

/** @throws GradientError where an argument that derivatives are wanted of is numbers, but no tensor */
function checkArgument(op: string, arg: unknown, i: number): void {
  if (tensorsOf(arg).length > 0) return
  let found: unknown
  mapTree(arg, x => { found ??= x })
  if (found === undefined) return
  const fix = typeof arg === 'number' ? `tensor(${arg})` : 'tensors'
  throw new GradientError(`${op}: argument ${i} is ${whatIs(arg)}: derivatives are by tensors: pass ${fix}`)
}

/** Arguments go to f one by one: an error in f where an array of them was passed is most often that. */
function call<A extends Args, R>(op: string, f: (...args: A) => R, args: A): R {
  try {
    return f(...args)
  } catch (error) {
    if (!(error instanceof TypeError) || args.length !== 1 || !Array.isArray(args[0])) throw error
    throw new GradientError(
      `${op}: f was called with one argument, an array, and failed: ${error.message}. Arguments are passed one by one: ${op}(f, x, y)`,
      { cause: error },
    )
  }
}

function run<A extends Args, R>(op: string, f: (...args: A) => R, args: A, argnums: readonly number[]): Run<R> {
  const inputs: Tensor[] = []
  const nodes: Node[] = []
  const renamed = args.map((arg: unknown, i) => {
    if (!argnums.includes(i)) return arg
    return mapTensors(arg, (t, path) => {
      if (!isFloat(t.dtype))
        throw new DTypeError(
          `${op}: argument ${i}${path} is ${t.dtype}: derivatives are of floats. Pass it as an argument that argnums leaves out; ` +
            'of a module, Object.fromEntries(module.namedParameters()) are the floats that are trained.',
        )
      const named = alias(t)
      inputs.push(named)
      nodes.push(named.node)
      return named
    })
  })
  for (const i of argnums) {
    if (!Number.isInteger(i) || i < 0 || i >= args.length)
      throw new GradientError(`${op}: argnums names argument ${i}, the call has ${args.length}`)
  }
  const out = transforming(() => call(op, f, renamed as unknown as A))
  checkNoPromise(op, out)
  return { out, inputs, nodes, args: argnums.map(i => args[i]) }
}

/** Splits a flat list of gradients over the chosen arguments. */
function share(args: readonly unknown[], found: readonly Tensor[]): unknown[] {
  let next = 0
  return args.map(arg => {
    const count = tensorsOf(arg).length
    return withTensors(arg, found.slice(next, (next += count)))
  })
}

function scalar(op: string, out: unknown): Tensor {
  if (!(out instanceof Tensor))
    throw new GradientError(
      `${op}: the function returned ${out === null ? 'null' : typeof out}, and must return a scalar tensor`,
    )
  checkLoss(op, out)
  return out
}

export interface GradOptions<N> { argnums?: N }

/**
 * f and its gradient in one: `[value, gradient]`. f takes trees and gives a scalar; the gradient has the form of
 * argument 0 (or of argument `argnums`, or is a tuple for several), with zeros where f does not depend on a tensor.
 * @example const [loss, grads] = valueAndGrad(lossOf)(params, x, y)
 */
export function valueAndGrad<A extends Args, const N extends number | readonly number[] = 0>(
  f: (...args: A) => Tensor, options: GradOptions<N> = {},
): (...args: A) => [Tensor, Chosen<A, N>] {
  checkOptions('grad', options, { argnums: true })
  const { argnums } = options
  const list = (typeof argnums === 'object' ? argnums : [argnums ?? 0]) as readonly number[]
  return (...args) => {
    for (const i of list) checkArgument('grad', args[i], i)
    const { out, inputs, nodes, args: chosen } = run('grad', f, args, list)
    const loss = scalar('grad', out)
    const node = loss.node
    const found = cotangents([node], [constantLike(node, 1)], nodes)
    const trees = share(chosen, found.map((g, i) => loss.make(orZero(g, inputs[i]))))
    return [loss, (typeof argnums === 'object' ? trees : trees[0]) as Chosen<A, N>]
  }
}

/** The gradient of a function that gives a scalar. @example const df = grad(x => x.square().sum()); df(x) */
export function grad<A extends Args, const N extends number | readonly number[] = 0>(
  f: (...args: A) => Tensor, options: GradOptions<N> = {},
): (...args: A) => Chosen<A, N> {
  const both = valueAndGrad(f, options)
  return (...args) => both(...args)[1]
}

/** A cotangent or tangent tree beside what it belongs to: one node a tensor. */
function beside(op: string, tree: unknown, like: readonly Tensor[], form: unknown): Node[] {
  const given = tensorsOf(tree)
  if (formOf(tree) !== formOf(form))
    throw new ShapeError(`${op}: expected a tree of form ${formOf(form)}, got ${formOf(tree)}`)
  return given.map((t, i) => {
    if (t.shape.join() !== like[i].shape.join()) {
      throw new ShapeError(
        `${op}: tensor ${i} has shape ${shapeText(t.shape)}, and belongs to one of ${shapeText(like[i].shape)}`,
      )
    }
    return t.cast(like[i].dtype).node
  })
}

/**
 * The outputs of f, and the function that takes their cotangents back to the arguments (one tree an argument).
 * @example const [y, pullback] = vjp(f, x); const [dx] = pullback(onesLike(y))
 */
export function vjp<A extends Args, R>(
  f: (...args: A) => R,
  ...args: A
): [R, (cotangent: Mapped<R, Tensor>) => { [K in keyof A]: Gradient<A[K]> }] {
  const { out, inputs, nodes } = run(
    'vjp',
    f,
    args,
    args.map((_, i) => i),
  )
  const outputs = tensorsOf(out)
  // taken now: once the outputs were read they may be leaves
  const results = outputs.map(t => t.node)
  const pullback = (cotangent: unknown): unknown[] => {
    const weights = beside('vjp', cotangent, outputs, out)
    const found = cotangents(results, weights, nodes)
    return share(args, found.map((g, i) => inputs[i].make(orZero(g, inputs[i]))))
  }
  return [out, pullback as never]
}

/**
 * The outputs of f, and how they change as the arguments change by `given` (a tree for each).
 * @example const [y, dy] = jvp(f, [x], [onesLike(x)])
 */
export function jvp<A extends Args, R>(
  f: (...args: A) => R,
  args: readonly [...A],
  given: readonly [...{ [K in keyof A]: Gradient<A[K]> }],
): [R, Mapped<R, Tensor>] {
  for (const [what, list] of Object.entries({ arguments: args, tangents: given })) {
    if (!Array.isArray(list))
      throw new GradientError(`jvp: the ${what} are ${whatIs(list)}: they come in arrays, as in jvp(f, [x], [dx])`)
  }
  const { out, inputs, nodes } = run(
    'jvp',
    f,
    args as unknown as A,
    args.map((_, i) => i),
  )
  const outputs = tensorsOf(out)
  const directions = beside('jvp', given, inputs, args)
  const found = tangents(outputs.map(t => t.node), nodes, directions)
  return [out, withTensors(out, outputs.map((t, i) => t.make(orZero(found[i], t)))) as Mapped<R, Tensor>]
}

const one = (op: string, out: unknown): Tensor => {
  if (out instanceof Tensor) return out
  throw new GradientError(`${op}: the function must return one tensor`)
}

/** d f / d argument, shaped [...output, ...input]; the tree of them where the argument is a tree. */
export function jacobian<A extends Args, const N extends number | readonly number[] = 0>(
  f: (...args: A) => Tensor, options: GradOptions<N> = {},
): (...args: A) => Chosen<A, N> {
  checkOptions('jacobian', options, { argnums: true })
  const { argnums } = options
  const list = (typeof argnums === 'object' ? argnums : [argnums ?? 0]) as readonly number[]
  return (...args) => {
    for (const i of list) checkArgument('jacobian', args[i], i)
    const { out, nodes, args: chosen } = run('jacobian', f, args, list)
    const y = one('jacobian', out)
    const trees = share(chosen, jacobianOf(y.node, nodes).map(n => y.make(n)))
    return (typeof argnums === 'object' ? trees : trees[0]) as Chosen<A, N>
  }
}

/** d² f / d x², shaped [...x, ...x], of a function that gives a scalar; x is argument 0, a tensor. */
export function hessian<A extends readonly [Tensor, ...any[]]>(f: (...args: A) => Tensor): (...args: A) => Tensor {
  return (...args) => {
    if (!(args[0] instanceof Tensor))
      throw new GradientError(`hessian: argument 0 is ${whatIs(args[0])}, and must be a tensor`)
    const { out, nodes } = run('hessian', f, args, [0])
    const y = scalar('hessian', out)
    return y.make(hessianOf(y.node, nodes)[0][0])
  }
}
