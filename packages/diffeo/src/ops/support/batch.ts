/** @file Helpers of the `batch` rules: the batch axis is axis 0. */
import { apply, expand, reshape } from '../../graph/build.ts'
import type { Node, Op, Shape } from '../../graph/node.ts'
import type { OpRecord } from '../record.ts'

type Batch<P extends Op> = NonNullable<OpRecord<P>['batch']>

/** `a` with a batch axis of size 1 in front. */
export const unsqueezeFront = (a: Node): Node => reshape(a, [1, ...a.shape])

/** `a` repeated along a new batch axis. */
export const repeatFront = (a: Node, size: number): Node => expand(unsqueezeFront(a), [size, ...a.shape])

/** Every input with a batch axis: those without are repeated. */
export const allBatched = (inputs: readonly Node[], batched: readonly boolean[], size: number): Node[] =>
  inputs.map((a, i) => (batched[i] ? a : repeatFront(a, size)))

/** The rule of all primitives that work element by element. */
export function batchElementwise<P extends Op>(
  inputs: readonly Node[], batched: readonly boolean[], node: Node<P>, size: number,
): readonly Node[] {
  return [apply(node.op, allBatched(inputs, batched, size), node.attrs, { dtype: node.dtype })]
}

/** The rule of a primitive with one input: build it anew on the batched input. */
export const batchUnary = <P extends Op>(rebuild: (a: Node, node: Node<P>, size: number) => Node): Batch<P> =>
  ([a], _batched, node, size) => [rebuild(a, node, size)]

export const afterBatch = (axes: readonly number[]): number[] => axes.map(a => a + 1)
export const withBatch = (size: number, shape: Shape): number[] => [size, ...shape]
