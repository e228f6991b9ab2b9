/** @file Helpers of the gradient rules. */
import { add, constantLike } from '../../graph/build.ts'
import type { Aval, Node, Op } from '../../graph/node.ts'
import type { OpRecord } from '../record.ts'

type Rules<P extends Op> = Required<Pick<OpRecord<P>, 'vjp' | 'jvp'>>

/** a + b, where null is zero. */
export const sumOf = (a: Node | null, b: Node | null): Node | null => (a && b ? add(a, b) : a ?? b)

export const zerosLike = (a: Aval): Node => constantLike(a, 0)
export const orZeros = (tangent: Node | null, like: Aval): Node => tangent ?? zerosLike(like)

/** A primitive linear in its only input: `jvp` applies it to the tangent, `vjp` is its transpose. */
export const linear = <P extends Op>(
  forward: (tangent: Node, node: Node<P>) => Node, transpose: (cotangent: Node, node: Node<P>) => Node,
): Rules<P> => ({
  vjp: ([g], node) => [g && transpose(g, node)],
  jvp: ([t], node) => [t && forward(t, node)],
})

/** A primitive through which no gradient passes. */
export const flat = <P extends Op>(): Rules<P> => ({
  vjp: (_g, node) => node.inputs.map(() => null),
  jvp: () => [null],
})
