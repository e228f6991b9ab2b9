/** @file Running products and first-order recurrences along an axis, as graphs: the gradients of products. */
import { add, apply, mul, pad } from '../../graph/build.ts'
import type { Node } from '../../graph/node.ts'

/** `a` moved along `axis` by `by` places (either sign), what comes in being `value`. */
export function shiftAlong(a: Node, axis: number, by: number, value: number): Node {
  const n = a.shape[axis]
  const d = Math.max(-n, Math.min(n, by))
  return pad(a, a.shape.map((_, i): [number, number] => (i === axis ? [d, -d] : [0, 0])), value)
}

/** out[i] = product of a[j] over all j before i (after i, if `reverse`). */
export const exclusiveProduct = (a: Node, axis: number, reverse: boolean): Node =>
  apply('cumulative', [shiftAlong(a, axis, reverse ? -1 : 1, 1)], { combine: 'mul', axis, reverse })

/**
 * S with S[i] = factor[i]·S[i∓1] + term[i], by doubling (Hillis and Steele 1986): a map x ↦ f·x + t followed by
 * another is one again. Exact where factors are 0, and made of primitives, so differentiable to any order.
 */
export function recurrence(factor: Node, term: Node, axis: number, reverse: boolean): Node {
  let f = factor
  let t = term
  for (let d = 1; d < factor.shape[axis]; d *= 2) {
    const by = reverse ? -d : d
    t = add(t, mul(f, shiftAlong(t, axis, by, 0)))
    f = mul(f, shiftAlong(f, axis, by, 0))
  }
  return t
}
