/** @file A loop over the leading axis, as one node. */
import { apply, pick, placeholder } from '../../graph/build.ts'
import type { Node } from '../../graph/node.ts'
import { DTypeError, ShapeError, TraceError } from '../../util/errors.ts'
import { shapeText } from '../functions/promote.ts'
import { turns } from '../functions/random.ts'
import { source } from '../random.ts'
import { checkNoPromise, within } from '../scope.ts'
import { asTensor } from '../create.ts'
import type { Tensor } from '../tensor.ts'
import { formOf, mapTree, tensorsOf, withTensors, type Mapped } from '../tree.ts'
import { close, scope, turnDraw } from './body.ts'

export interface ScanOptions {
  /** The number of turns, where xs is null. */
  length?: number
  /** From the last slice to the first. */
  reverse?: boolean
}

const numbersToTensors = (tree: unknown): unknown => mapTree(tree, x => (typeof x === 'number' ? asTensor(x) : x))

/**
 * `[carry, y] = f(carry, x)` for each slice x of xs along axis 0, from the carry `init` on; gives the last carry and
 * the ys stacked. f is traced once. The carry keeps its shapes and dtypes.
 * @example const [last, sums] = scan((sum, x) => [sum.add(x), sum], zeros([]), xs)
 */
export function scan<C, X, Y>(
  f: (carry: C, x: X) => readonly [C, Y],
  init: C,
  xs: X,
  { length, reverse = false }: ScanOptions = {},
): [C, Mapped<Y, Tensor>] {
  const carryTree = numbersToTensors(init)
  const carries = tensorsOf(carryTree)
  const sequences = tensorsOf(xs)
  const turnsCount = lengthOf(sequences, length)
  const like = carries[0] ?? sequences[0]
  if (!like) throw new ShapeError('scan: there is no tensor in the carry nor in xs')
  let next = 0
  const stand = (shape: readonly number[], t: Tensor): Node => placeholder(next++, shape, t.dtype)
  const carryIn = carries.map(t => stand(t.shape, t))
  const slices = sequences.map(t => stand(t.shape.slice(1), t))
  const base = placeholder(next++, [2], 'uint32')
  const { draw, taken } = turnDraw(base)
  const traced = within(scope('scan', draw), () => {
    const tensors = (nodes: readonly Node[]): Tensor[] => nodes.map(n => like.make(n))
    const result: unknown = f(withTensors(carryTree, tensors(carryIn)) as C, withTensors(xs, tensors(slices)) as X)
    checkNoPromise('scan', result)
    if (!Array.isArray(result) || result.length !== 2) throw new TraceError('scan: the function must return [carry, y]')
    const carryOut = numbersToTensors(result[0])
    checkCarry(carryTree, carryOut)
    const out = numbersToTensors(result[1])
    return { out, nodes: [...tensorsOf(carryOut), ...tensorsOf(out)].map(t => t.node) }
  })
  // the loop's counters are one more sequence, if it draws at all
  const random = taken() > 0
  const inputs = [...carryIn, ...slices, ...(random ? [base] : [])]
  const counters = random ? [turns(source()(taken() * turnsCount).counter, taken(), turnsCount)] : []
  const { graph, captured } = close(traced.nodes, inputs)
  const attrs = {
    body: graph,
    carries: carries.length,
    sequences: slices.length + counters.length,
    length: turnsCount,
    reverse,
  }
  const node = apply(
    'scan',
    [...carries.map(t => t.node), ...sequences.map(t => t.node), ...counters, ...captured],
    attrs,
  )
  const outputs = traced.nodes.map((_, i) => like.make(node.outputs ? pick(node, i) : node))
  return [
    withTensors(carryTree, outputs.slice(0, carries.length)) as C,
    withTensors(traced.out, outputs.slice(carries.length)) as Mapped<Y, Tensor>,
  ]
}

function lengthOf(sequences: readonly Tensor[], length: number | undefined): number {
  const lengths = [...new Set([...sequences.map(t => t.shape[0]), ...(length === undefined ? [] : [length])])]
  if (lengths.length === 1 && lengths[0] !== undefined) return lengths[0]
  if (lengths.length === 0) throw new ShapeError('scan: xs holds no tensor: say how many turns with { length }')
  throw new ShapeError(
    `scan: the slices of xs are ${lengths.map(n => n ?? 'none (a 0-d tensor)').join(' and ')}: they must be as many`,
  )
}

function checkCarry(before: unknown, after: unknown): void {
  if (formOf(before) !== formOf(after))
    throw new ShapeError(`scan: the carry is ${formOf(before)}, the function gives ${formOf(after)}`)
  const old = tensorsOf(before)
  tensorsOf(after).forEach((t, i) => {
    if (t.shape.join() !== old[i].shape.join()) {
      throw new ShapeError(
        `scan: tensor ${i} of the carry has shape ${shapeText(old[i].shape)}, the function gives ${shapeText(t.shape)}`,
      )
    }
    if (t.dtype !== old[i].dtype)
      throw new DTypeError(`scan: tensor ${i} of the carry is ${old[i].dtype}, the function gives ${t.dtype}`)
  })
}
